//! flc-torch-ext
