//! flc-binding
