//! Random walks for image segmentation (L. Grady, IEEE Trans. Pattern Anal. Mach. Intell. 28 (2006) 1768-1783).
//!
//! The probability that a walker from a voxel first meets a seed of a label is harmonic between the seeds: the solution
//! of one linear system for each label. It is solved by conjugate gradients preconditioned with an algebraic multigrid
//! on the graph of the voxels.

mod chunks;
mod conjugate_gradient;
mod cycle;
mod dense;
mod fixing;
mod graph;
mod hierarchy;
mod matching;
mod prepared;
mod problem;
mod segmentation;
mod session;
mod system;
mod weights;

pub use problem::RandomWalk;
pub use segmentation::{Segmentation, random_walk};
pub use session::WalkSession;
