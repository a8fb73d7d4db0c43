use rayon::prelude::*;

use super::chunks::{CHUNK, chunked_sum};
use super::cycle::Preconditioner;
use super::graph::Graph;
use crate::ImagingError;

/// How far to go.
pub struct Limits<'a> {
    /// Largest residual, absolute (Euclidean norm).
    pub residual: f64,
    /// Once the residual is small enough, go on for as many iterations again while a step changes a value by more than this:
    /// voxels that are joined to the rest by next to nothing hardly show in the residual, wherever they stand.
    pub change: f64,
    pub iterations: usize,
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
}

/// How it went.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub iterations: usize,
    /// Of the solution, computed anew (Euclidean norm).
    pub residual: f64,
}

/// The residual is computed anew this often: the running one drifts by rounding.
const RENEW: usize = 50;

/// Flexible preconditioned conjugate gradients from the x that is given.
///
/// Flexible, because the K-cycle is not a fixed matrix: the new direction is made orthogonal to the last one explicitly.
/// The preconditioner works in float32 on the residual scaled to 1, everything else in float64.
pub fn solve(
    graph: &Graph,
    preconditioner: &mut Preconditioner,
    right: &[f64],
    x: &mut [f64],
    limits: &Limits,
) -> Result<Outcome, ImagingError> {
    let n = right.len();
    let zeros = || vec![0.0_f64; n];
    let (mut product, mut residual, mut direction, mut fresh) =
        (zeros(), zeros(), zeros(), zeros());
    let (mut scaled, mut z) = (vec![0.0_f32; n], vec![0.0_f32; n]);
    let mut norm = true_residual(graph, right, x, &mut fresh, &mut residual);
    let mut iterations = 0;
    // Of the last direction with its product.
    let mut energy = None;
    let mut change = f64::INFINITY;
    let mut small_since = None;
    loop {
        if norm <= limits.residual {
            let since: usize = *small_since.get_or_insert(iterations);
            if norm == 0.0 || change <= limits.change || iterations > 2 * since {
                break;
            }
        }
        if (limits.cancelled)() {
            return Err(ImagingError::Cancelled);
        }
        if iterations == limits.iterations {
            return Err(ImagingError::NotConverged {
                iterations,
                residual: norm / limits.residual,
            });
        }
        scale(&residual, 1.0 / norm, &mut scaled);
        preconditioner.apply(&scaled, &mut z);
        let beta = match energy {
            Some(energy) => -chunked_sum(n, |i| f64::from(z[i]) * product[i]) / energy,
            None => 0.0,
        };
        advance(&mut direction, &z, beta);
        let curvature = graph.multiply_wide(&direction, &mut product);
        if curvature.is_nan() || curvature <= 0.0 {
            // The direction is rounding alone.
            if norm <= limits.residual {
                break;
            }
            return Err(ImagingError::NotConverged {
                iterations,
                residual: norm / limits.residual,
            });
        }
        let alpha = chunked_sum(n, |i| direction[i] * residual[i]) / curvature;
        step(x, alpha, &direction);
        change = alpha.abs() * largest(&direction);
        iterations += 1;
        step(&mut residual, -alpha, &product);
        norm = norm_of(&residual);
        energy = Some(curvature);
        if norm <= limits.residual || iterations % RENEW == 0 {
            // What counts is the residual of x, not that of the recurrence.
            norm = true_residual(graph, right, x, &mut fresh, &mut residual);
        }
    }
    Ok(Outcome { iterations, residual: norm })
}

fn largest(values: &[f64]) -> f64 {
    let most = |values: &[f64]| values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    values.par_chunks(CHUNK).map(most).reduce(|| 0.0, f64::max)
}

pub fn norm_of(values: &[f64]) -> f64 {
    chunked_sum(values.len(), |i| values[i] * values[i]).sqrt()
}

/// `right` minus the matrix times x, and its norm.
fn true_residual(
    graph: &Graph,
    right: &[f64],
    x: &[f64],
    scratch: &mut [f64],
    residual: &mut [f64],
) -> f64 {
    graph.multiply_wide(x, scratch);
    residual.par_iter_mut().with_min_len(CHUNK).enumerate().for_each(|(i, residual)| {
        *residual = right[i] - scratch[i];
    });
    norm_of(residual)
}

fn scale(from: &[f64], factor: f64, to: &mut [f32]) {
    to.par_iter_mut().with_min_len(CHUNK).zip(from).for_each(|(to, from)| {
        *to = (from * factor) as f32;
    });
}

fn advance(direction: &mut [f64], z: &[f32], beta: f64) {
    direction.par_iter_mut().with_min_len(CHUNK).zip(z).for_each(|(direction, &z)| {
        *direction = f64::from(z) + beta * *direction;
    });
}

fn step(x: &mut [f64], alpha: f64, direction: &[f64]) {
    x.par_iter_mut().with_min_len(CHUNK).zip(direction).for_each(|(x, direction)| {
        *x += alpha * direction;
    });
}
