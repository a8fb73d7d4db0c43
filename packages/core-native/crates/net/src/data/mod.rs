//! Lesions in memory and the images that the network sees of them.

mod batch_plan;
mod dihedral;
mod lesion_store;
mod patch_list;
mod sample;
mod view;

pub use batch_plan::{BatchPlan, Layout, PlacedBatch};
pub use dihedral::{SYMMETRIES, dihedral_indices};
pub use lesion_store::{LesionStore, Look, resize};
pub use patch_list::{Patch, PatchList};
pub use sample::{Sample, SampleRef};
pub use view::NUMBERS_PER_IMAGE;
use view::View;
