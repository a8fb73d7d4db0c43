//! Image processing of volumes, without Node and without libtorch.
//!
//! A volume is a slice of values with x fastest and a [`Size`] in voxels. Geometry (spacing, origin,
//! direction) is the caller's: everything here is in voxel units, but for the spacing of a random walk.

mod centred;
mod components;
mod error;
mod gaussian;
mod interpolation;
mod k_means;
mod nearest;
mod product;
mod random_walk;
mod resample;
mod rows;
mod size;
mod sparse;
mod texture;
mod threads;
mod warp;

pub use components::{Components, Connectivity, connected_components};
pub use error::ImagingError;
pub use gaussian::gaussian_filter;
pub use interpolation::Interpolation;
pub use k_means::{Clusters, KMeans, Start, k_means};
pub use nearest::nearest_words;
pub use random_walk::{RandomWalk, Segmentation, WalkSession, random_walk};
pub use resample::resample;
pub use size::Size;
pub use sparse::{Codes, Dictionary, KSvd, k_svd, orthogonal_matching_pursuit};
pub use texture::{
    Cooccurrence, Grid, HARALICK, cooccurrence, haralick, uniform_local_binary_pattern,
};
pub use threads::with_threads;
pub use warp::warp;
