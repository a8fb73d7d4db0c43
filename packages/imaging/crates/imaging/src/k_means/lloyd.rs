use rayon::prelude::*;

use super::update::move_centres;
use super::{Clusters, KMeans};
use crate::ImagingError;
use crate::nearest::{Panels, nearest};
use crate::rows::{Rows, squared_distance};

/// Values that one task sums; fixed, for an order of summation that does not depend on the threads.
const BLOCK: usize = 4096;

/// Turns between nearest centres and means until neither changes.
pub fn lloyd(
    points: Rows,
    mut centres: Vec<f32>,
    problem: &KMeans,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Clusters, ImagingError> {
    let dimensions = points.dimensions();
    let tolerance = problem.tolerance * mean_variance(points);
    let panels = Panels::new(points);
    let mut labels = vec![0_u32; points.count()];
    let mut before = vec![u32::MAX; points.count()];
    let mut iterations = 0;
    let mut same_labels = false;
    while iterations < problem.max_iterations {
        if cancelled() {
            return Err(ImagingError::Cancelled);
        }
        iterations += 1;
        nearest(&panels, Rows::new(&centres, dimensions), &mut labels);
        let moved = move_centres(points, &labels, Rows::new(&centres, dimensions));
        let shift: f64 = centres
            .chunks_exact(dimensions)
            .zip(moved.chunks_exact(dimensions))
            .map(|(from, to)| f64::from(squared_distance(from, to)))
            .sum();
        centres = moved;
        same_labels = labels == before;
        if same_labels || shift <= tolerance {
            break;
        }
        std::mem::swap(&mut labels, &mut before);
    }
    if !same_labels {
        // The centres have moved since the labels were found.
        nearest(&panels, Rows::new(&centres, dimensions), &mut labels);
    }
    let inertia = inertia(points, &labels, Rows::new(&centres, dimensions));
    Ok(Clusters { centres, labels, inertia, iterations })
}

/// The mean over dimensions of the variance; the points have mean 0.
fn mean_variance(points: Rows) -> f64 {
    let squares = |values: &[f32]| values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
    let blocks: Vec<f64> = points.data().par_chunks(BLOCK).map(squares).collect();
    blocks.iter().sum::<f64>() / points.data().len() as f64
}

fn inertia(points: Rows, labels: &[u32], centres: Rows) -> f64 {
    let blocks: Vec<f64> = labels
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(block, labels)| {
            let first = block * BLOCK;
            let distance = |(i, label): (usize, &u32)| {
                f64::from(squared_distance(points.row(first + i), centres.row(*label as usize)))
            };
            labels.iter().enumerate().map(distance).sum()
        })
        .collect();
    blocks.iter().sum()
}
