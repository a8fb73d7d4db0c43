//! flc-net
