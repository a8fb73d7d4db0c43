use super::conjugate_gradient::{Limits, Outcome, norm_of, solve};
use super::cycle::Preconditioner;
use super::hierarchy::Hierarchy;
use super::problem::RandomWalk;
use super::system::{System, build_system, unreached};
use super::weights::edge_weights;
use crate::ImagingError;

/// Times the tolerance: how much the last step may move a probability.
const CHANGE: f64 = 10.0;

/// A solved random walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// The most probable label of each voxel, the first of equals; 0 outside.
    pub labels: Vec<u8>,
    /// By label and then voxel, in [0, 1] and summing to 1; 0 outside.
    pub probabilities: Vec<f32>,
    /// Of the label that took most.
    pub iterations: usize,
    /// The largest over the labels, relative to the right side.
    pub residual: f64,
}

/// Solves a random walk. Equal input gives equal bits, whatever the number of threads.
pub fn random_walk(
    walk: &RandomWalk,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Segmentation, ImagingError> {
    walk.check()?;
    let weights = edge_weights(walk.images, walk.size, walk.spacing, walk.beta);
    let System { graph, voxels, right } =
        build_system(walk.seeds, walk.priors, walk.size, &weights, walk.labels);
    drop(weights);
    if let Some(row) = unreached(&graph) {
        let problem = format!("no seed reaches voxel {}", voxels[row]);
        return Err(ImagingError::Content { what: "seeds", problem });
    }
    let hierarchy = Hierarchy::build(graph, cancelled)?;
    let solved = solve_labels(walk, &hierarchy, &voxels, &right, cancelled)?;
    Ok(assemble(walk, &voxels, &solved))
}

struct Solved {
    /// By label, then unknown.
    probabilities: Vec<Vec<f64>>,
    iterations: usize,
    residual: f64,
}

/// All labels but one are solved for; that one is what is left to 1. It is the one with the largest right side, so that
/// its own relative residual is the smallest.
fn solve_labels(
    walk: &RandomWalk,
    hierarchy: &Hierarchy,
    voxels: &[u32],
    right: &[Vec<f64>],
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, ImagingError> {
    let norms: Vec<f64> = right.iter().map(|right| norm_of(right)).collect();
    let rest = (1..norms.len()).fold(0, |most, i| if norms[i] > norms[most] { i } else { most });
    // The residual of the rest is at most the sum of the others'.
    let share = walk.tolerance / (norms.len() - 1) as f64;
    let mut preconditioner = Preconditioner::new(hierarchy);
    let mut solved = Solved { probabilities: Vec::new(), iterations: 0, residual: 0.0 };
    let mut left = vec![1.0; voxels.len()];
    let mut left_residual = 0.0;
    for (label, right) in right.iter().enumerate() {
        if label == rest {
            solved.probabilities.push(Vec::new());
            continue;
        }
        let mut x = start(walk, label, voxels);
        let limits = Limits {
            residual: share * norms[label],
            change: CHANGE * walk.tolerance,
            iterations: walk.iterations,
            cancelled,
        };
        let Outcome { iterations, residual } =
            solve(hierarchy.finest(), &mut preconditioner, right, &mut x, &limits)?;
        solved.iterations = solved.iterations.max(iterations);
        left_residual += residual;
        if norms[label] > 0.0 {
            solved.residual = solved.residual.max(residual / norms[label]);
        }
        for (left, value) in left.iter_mut().zip(&mut x) {
            *value = value.clamp(0.0, 1.0);
            *left -= *value;
        }
        solved.probabilities.push(x);
    }
    if norms[rest] > 0.0 {
        solved.residual = solved.residual.max(left_residual / norms[rest]);
    }
    left.iter_mut().for_each(|left| *left = left.clamp(0.0, 1.0));
    solved.probabilities[rest] = left;
    Ok(solved)
}

/// The earlier probability of a label, or 0.
fn start(walk: &RandomWalk, label: usize, voxels: &[u32]) -> Vec<f64> {
    match walk.warm_start {
        Some(earlier) => {
            let earlier = &earlier[label * walk.size.voxels()..];
            voxels.iter().map(|&voxel| f64::from(earlier[voxel as usize])).collect()
        }
        None => vec![0.0; voxels.len()],
    }
}

fn assemble(walk: &RandomWalk, voxels: &[u32], solved: &Solved) -> Segmentation {
    let n = walk.size.voxels();
    let mut probabilities = vec![0.0_f32; walk.labels * n];
    let mut labels = vec![0_u8; n];
    for (voxel, &seed) in walk.seeds.iter().enumerate().filter(|(_, seed)| **seed > 0) {
        labels[voxel] = seed as u8;
        probabilities[(seed as usize - 1) * n + voxel] = 1.0;
    }
    for (row, &voxel) in voxels.iter().enumerate() {
        let (mut best, mut most) = (0, f64::NEG_INFINITY);
        for (label, of_label) in solved.probabilities.iter().enumerate() {
            let value = of_label[row];
            probabilities[label * n + voxel as usize] = value as f32;
            if value > most {
                (best, most) = (label, value);
            }
        }
        labels[voxel as usize] = best as u8 + 1;
    }
    Segmentation { labels, probabilities, iterations: solved.iterations, residual: solved.residual }
}
