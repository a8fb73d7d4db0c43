//! flc-torch-cuda
