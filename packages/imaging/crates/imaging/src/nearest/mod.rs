//! The nearest of many centres for each of many points: what k-means spends its time on.
//!
//! |x - c|^2 is compared as |c|^2 - 2 x . c. This is a matrix product, but both factors are laid out for it once and its
//! values are compared where they come about, in registers: they never go to memory.

mod kernel;
mod layout;

use rayon::prelude::*;

use self::kernel::nearest_of_panel;
use self::layout::LANES;
pub use self::layout::{Panels, Weights};
use crate::ImagingError;
use crate::centred::{mean, minus};
use crate::rows::Rows;

/// Panels that one task handles.
const PANELS_PER_TASK: usize = 32;

/// The index of the nearest centre of each point, the first of equals. Points far from the origin lose digits.
pub fn nearest(points: &Panels, centres: Rows, labels: &mut [u32]) {
    let weights = Weights::new(centres);
    labels.par_chunks_mut(PANELS_PER_TASK * LANES).enumerate().for_each(|(task, labels)| {
        for (i, labels) in labels.chunks_mut(LANES).enumerate() {
            let found = nearest_of_panel(points.panel(task * PANELS_PER_TASK + i), &weights);
            labels.copy_from_slice(&found[..labels.len()]);
        }
    });
}

/// The nearest word of each vector: `centres` as [words, dimensions], the first of equals.
pub fn nearest_words(
    data: &[f32],
    centres: &[f32],
    dimensions: usize,
) -> Result<Vec<u32>, ImagingError> {
    let points = Rows::parse("data", data, dimensions)?;
    let centres = Rows::parse("centres", centres, dimensions)?;
    // Distances stay, and their squares keep more digits.
    let shift = mean(centres);
    let centres = minus(centres, &shift);
    let points = minus(points, &shift);
    let mut labels = vec![0; points.len() / dimensions];
    let panels = Panels::new(Rows::new(&points, dimensions));
    nearest(&panels, Rows::new(&centres, dimensions), &mut labels);
    Ok(labels)
}
