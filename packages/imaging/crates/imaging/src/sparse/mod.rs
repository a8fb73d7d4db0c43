//! Sparse codes: a signal as the sum of few atoms of a dictionary, and dictionaries learned for that.

mod dictionary;
mod k_svd;
mod orthogonal_matching_pursuit;

pub use k_svd::{Dictionary, KSvd, k_svd};
pub use orthogonal_matching_pursuit::{Codes, orthogonal_matching_pursuit};
