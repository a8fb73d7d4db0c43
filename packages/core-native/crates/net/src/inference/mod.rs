//! Evaluation and label maps: batch norm folded into the convolutions, each lesion's global features computed once.

mod folded;
mod predict;

pub use folded::{FoldedNetwork, FoldedPathway};
pub use predict::{PATCHES_PER_CHUNK, Predictions};
