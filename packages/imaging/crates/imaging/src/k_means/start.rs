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
    let mut nearest = vec![Nearest { distance: f32::INFINITY, centre: 0 }; points.count()];
    let mut picked = (draws[0] * points.count() as f64) as usize;
    centres.extend_from_slice(points.row(picked));
    for draw in &draws[1..] {
        if cancelled() {
            return Err(ImagingError::Cancelled);
        }
        let sums = approach(points, Rows::new(&centres, points.dimensions()), &mut nearest);
        picked = pick(&nearest, &sums, *draw);
        centres.extend_from_slice(points.row(picked));
    }
    Ok(centres)
}

/// What a point knows of the centres picked so far.
#[derive(Clone, Copy)]
struct Nearest {
    /// Squared.
    distance: f32,
    centre: usize,
}

/// Lowers each point's distance to that from the last centre, and sums the distances of each block.
///
/// A point is nearer to its old centre if that is at most half as far from it as from the new one (triangle inequality;
/// Raff, IJCAI 2021): most points need not be looked at.
fn approach(points: Rows, centres: Rows, nearest: &mut [Nearest]) -> Vec<f64> {
    let last = centres.count() - 1;
    let new = centres.row(last);
    let apart: Vec<f32> =
        (0..centres.count()).map(|c| squared_distance(new, centres.row(c))).collect();
    let blocks = nearest.par_chunks_mut(BLOCK).enumerate();
    blocks
        .map(|(block, nearest)| {
            let mut sum = 0.0;
            for (i, nearest) in nearest.iter_mut().enumerate() {
                if last == 0 || apart[nearest.centre] < 4.0 * nearest.distance {
                    let distance = squared_distance(points.row(block * BLOCK + i), new);
                    if distance < nearest.distance {
                        *nearest = Nearest { distance, centre: last };
                    }
                }
                sum += f64::from(nearest.distance);
            }
            sum
        })
        .collect()
}

/// The point at which the running sum of distances passes `draw` times their total.
fn pick(nearest: &[Nearest], sums: &[f64], draw: f64) -> usize {
    let total: f64 = sums.iter().sum();
    if total == 0.0 {
        // Every point is a centre already: any of them does.
        return (draw * nearest.len() as f64) as usize;
    }
    let mut left = draw * total;
    for (block, sum) in sums.iter().enumerate() {
        if left < *sum {
            for (index, nearest) in nearest[block * BLOCK..].iter().enumerate().take(BLOCK) {
                left -= f64::from(nearest.distance);
                if left < 0.0 {
                    return block * BLOCK + index;
                }
            }
        } else {
            left -= sum;
        }
    }
    // Rounding used up the sum: the last point that may be picked.
    nearest.iter().rposition(|nearest| nearest.distance > 0.0).unwrap_or(0)
}
