use rayon::prelude::*;

use crate::ImagingError;
use crate::rows::{Rows, squared_distance};

/// Points that one task handles.
const BLOCK: usize = 2048;

/// Picks vectors as first centres: each with a probability proportional to its squared distance from those picked before.
pub fn k_means_plus_plus(
    points: Rows,
    draws: &[f64],
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f32>, ImagingError> {
    let mut centres = Vec::with_capacity(draws.len() * points.dimensions());
    let mut distances = vec![f32::INFINITY; points.count()];
    let mut picked = (draws[0] * points.count() as f64) as usize;
    centres.extend_from_slice(points.row(picked));
    for draw in &draws[1..] {
        if cancelled() {
            return Err(ImagingError::Cancelled);
        }
        let sums = approach(points, points.row(picked), &mut distances);
        picked = pick(&distances, &sums, *draw);
        centres.extend_from_slice(points.row(picked));
    }
    Ok(centres)
}

/// Lowers each point's distance to that from a new centre, and sums the distances of each block.
fn approach(points: Rows, centre: &[f32], distances: &mut [f32]) -> Vec<f64> {
    let blocks = distances.par_chunks_mut(BLOCK).enumerate();
    blocks
        .map(|(block, distances)| {
            let rows = points.part(block * BLOCK, BLOCK).data().chunks_exact(points.dimensions());
            let mut sum = 0.0;
            for (distance, row) in distances.iter_mut().zip(rows) {
                *distance = distance.min(squared_distance(row, centre));
                sum += f64::from(*distance);
            }
            sum
        })
        .collect()
}

/// The point at which the running sum of distances passes `draw` times their total.
fn pick(distances: &[f32], sums: &[f64], draw: f64) -> usize {
    let total: f64 = sums.iter().sum();
    if total == 0.0 {
        // Every point is a centre already: any of them does.
        return (draw * distances.len() as f64) as usize;
    }
    let mut left = draw * total;
    for (block, sum) in sums.iter().enumerate() {
        if left < *sum {
            for (index, distance) in distances[block * BLOCK..].iter().enumerate().take(BLOCK) {
                left -= f64::from(*distance);
                if left < 0.0 {
                    return block * BLOCK + index;
                }
            }
        } else {
            left -= sum;
        }
    }
    // Rounding used up the sum: the last point that may be picked.
    distances.iter().rposition(|distance| *distance > 0.0).unwrap_or(0)
}
