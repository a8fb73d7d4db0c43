//! Image processing of volumes, without Node and without libtorch.
//!
//! A volume is a slice of values with x fastest and a [`Size`] in voxels. Geometry (spacing, origin,
//! direction) is the caller's: everything here is in voxel units, but for the spacing of a random walk.

mod components;
mod error;
mod gaussian;
mod interpolation;
mod random_walk;
mod resample;
mod size;
mod threads;
mod warp;

pub use components::{Components, Connectivity, connected_components};
pub use error::ImagingError;
pub use gaussian::gaussian_filter;
pub use interpolation::Interpolation;
pub use random_walk::{RandomWalk, Segmentation, random_walk};
pub use resample::resample;
pub use size::Size;
pub use threads::with_threads;
pub use warp::warp;
