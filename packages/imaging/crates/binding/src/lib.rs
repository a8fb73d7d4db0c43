//! flc-imaging-binding
