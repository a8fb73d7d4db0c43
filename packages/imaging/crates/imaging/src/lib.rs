//! flc-imaging
