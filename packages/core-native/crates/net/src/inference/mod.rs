//! Evaluation and label maps: batch norm folded into the convolutions, each lesion's global features computed once.

mod chunk;
mod folded;
mod packing;
mod predict;

pub use folded::{FoldedNetwork, FoldedPathway};
pub use packing::Packing;
pub use predict::Predictions;
