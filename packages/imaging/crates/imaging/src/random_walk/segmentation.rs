use super::conjugate_gradient::{Limits, Outcome, norm_of, solve};
use super::cycle::Preconditioner;
use super::prepared::{Added, Prepared};
use super::problem::RandomWalk;
use super::session::WalkSession;
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
    /// Whether what was prepared for fewer seeds served again.
    pub reused: bool,
}

/// Solves a random walk, from the probabilities of an earlier solution if there is one. Equal input gives equal bits, whatever
/// the number of threads. What seeds mean: [`WalkSession::solve`].
pub fn random_walk(
    walk: &RandomWalk,
    seeds: &[i32],
    warm_start: Option<&[f32]>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Segmentation, ImagingError> {
    let mut session = WalkSession::new(walk)?;
    if let Some(start) = warm_start {
        session.start_from(start)?;
    }
    session.solve(seeds, cancelled)
}

/// When a solution is one; see [`RandomWalk`].
pub struct Accuracy {
    pub tolerance: f64,
    pub iterations: usize,
}

pub struct Solved {
    /// By label, then unknown.
    probabilities: Vec<Vec<f64>>,
    iterations: usize,
    residual: f64,
}

/// All labels but one are solved for; that one is what is left to 1. It is the one with the largest right side, so that
/// its own relative residual is the smallest.
pub fn solve_labels(
    prepared: &Prepared,
    added: &Added,
    start: Option<&[f32]>,
    accuracy: &Accuracy,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Solved, ImagingError> {
    let Prepared { hierarchy, voxels, .. } = prepared;
    let right = prepared.rights(added);
    let norms: Vec<f64> = right.iter().map(|right| norm_of(right)).collect();
    let rest = (1..norms.len()).fold(0, |most, i| if norms[i] > norms[most] { i } else { most });
    // The residual of the rest is at most the sum of the others'.
    let share = accuracy.tolerance / (norms.len() - 1) as f64;
    let mut preconditioner = Preconditioner::new(hierarchy);
    let mut solved = Solved { probabilities: Vec::new(), iterations: 0, residual: 0.0 };
    let mut left = vec![1.0; voxels.len()];
    let mut left_residual = 0.0;
    for (label, right) in right.iter().enumerate() {
        if label == rest {
            solved.probabilities.push(Vec::new());
            continue;
        }
        // Nothing to solve where the right side is 0, wherever one starts.
        let mut x = start_of(label, start.filter(|_| norms[label] > 0.0), prepared);
        let limits = Limits {
            residual: share * norms[label],
            change: CHANGE * accuracy.tolerance,
            iterations: accuracy.iterations,
            cancelled,
        };
        let Outcome { iterations, residual } =
            solve(hierarchy.finest(), &mut preconditioner, &added.rows, right, &mut x, &limits)?;
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

/// The earlier probabilities of a label at the unknowns, or 0.
fn start_of(label: usize, earlier: Option<&[f32]>, prepared: &Prepared) -> Vec<f64> {
    let Some(earlier) = earlier else { return vec![0.0; prepared.voxels.len()] };
    let earlier = &earlier[label * prepared.image_voxels()..];
    prepared.voxels.iter().map(|&voxel| f64::from(earlier[voxel as usize])).collect()
}

/// Joins what was solved for and the seeds. Rows that became seeds count as seeds.
pub fn assemble(seeds: &[i32], labels: usize, voxels: &[u32], solved: &Solved) -> Segmentation {
    let n = seeds.len();
    let mut probabilities = vec![0.0_f32; labels * n];
    let mut most_probable = vec![0_u8; n];
    for (voxel, &seed) in seeds.iter().enumerate().filter(|(_, seed)| **seed > 0) {
        most_probable[voxel] = seed as u8;
        probabilities[(seed as usize - 1) * n + voxel] = 1.0;
    }
    for (row, &voxel) in voxels.iter().enumerate() {
        let voxel = voxel as usize;
        if seeds[voxel] != 0 {
            continue;
        }
        let (mut best, mut most) = (0, f64::NEG_INFINITY);
        for (label, of_label) in solved.probabilities.iter().enumerate() {
            let value = of_label[row];
            probabilities[label * n + voxel] = value as f32;
            if value > most {
                (best, most) = (label, value);
            }
        }
        most_probable[voxel] = best as u8 + 1;
    }
    let (iterations, residual) = (solved.iterations, solved.residual);
    Segmentation { labels: most_probable, probabilities, iterations, residual, reused: true }
}
