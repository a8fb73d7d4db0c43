//! Lesions in memory and the images that the network sees of them.

mod dihedral;
mod lesion_store;
mod patch_list;
mod sample;

pub use dihedral::{SYMMETRIES, dihedral_indices};
pub use lesion_store::{LesionStore, resize};
pub use patch_list::{Patch, PatchList};
pub use sample::{Sample, SampleRef};
