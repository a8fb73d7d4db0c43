use rayon::prelude::*;

use crate::ImagingError;
use crate::centred::{mean, minus};
use crate::product::products;
use crate::rows::{Rows, dot};

/// Points that one task handles: their products with some hundred centres stay in the second-level cache.
const BLOCK: usize = 512;

/// The index of the nearest centre of each point, the first of equals.
///
/// |x - c|^2 is compared as |c|^2 - 2 x . c, a matrix product; it loses digits where all points are far from the
/// origin.
pub fn nearest(points: Rows, centres: Rows, labels: &mut [u32]) {
    let norms: Vec<f32> =
        (0..centres.count()).map(|c| dot(centres.row(c), centres.row(c))).collect();
    labels.par_chunks_mut(BLOCK).enumerate().for_each_init(
        || vec![0.0; BLOCK * norms.len()],
        |scores, (block, labels)| {
            let scores = &mut scores[..labels.len() * norms.len()];
            products(-2.0, points.part(block * BLOCK, BLOCK), centres, scores);
            for (label, scores) in labels.iter_mut().zip(scores.chunks_exact_mut(norms.len())) {
                for (score, norm) in scores.iter_mut().zip(&norms) {
                    *score += norm;
                }
                *label = position_of_smallest(scores);
            }
        },
    );
}

/// The index of the smallest value, the first of equals.
fn position_of_smallest(values: &[f32]) -> u32 {
    // Two passes, because the processor does each of them eight values at a time.
    let smallest = values.iter().fold(f32::INFINITY, |least, &v| if v < least { v } else { least });
    values.iter().position(|&value| value == smallest).unwrap_or(0) as u32
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
    nearest(Rows::new(&points, dimensions), Rows::new(&centres, dimensions), &mut labels);
    Ok(labels)
}
