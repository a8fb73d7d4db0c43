use rayon::prelude::*;

use super::chunks::{CHUNK, chunked_sum, lane_sum};
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

/// Flexible preconditioned conjugate gradients from the x that is given, on the unknowns that are not `fixed`: those stay 0.
///
/// Zeroing them before and after the preconditioner M leaves P M P, which is positive definite on the rest if M is on all.
/// Flexible, because the K-cycle is not a fixed matrix: the new direction is made orthogonal to the last one explicitly.
/// The preconditioner works in float32 on the residual scaled to 1, everything else in float64.
pub fn solve(
    graph: &Graph,
    preconditioner: &mut Preconditioner,
    fixed: &[u32],
    right: &[f64],
    x: &mut [f64],
    limits: &Limits,
) -> Result<Outcome, ImagingError> {
    let n = right.len();
    let zeros = || vec![0.0_f64; n];
    let (mut product, mut residual, mut direction, mut fresh) =
        (zeros(), zeros(), zeros(), zeros());
    let (mut scaled, mut z) = (vec![0.0_f32; n], vec![0.0_f32; n]);
    clear(x, fixed);
    let mut norm = true_residual(graph, fixed, right, x, &mut fresh, &mut residual);
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
        clear(&mut z, fixed);
        let beta = match energy {
            Some(energy) => -chunked_sum(n, |i| f64::from(z[i]) * product[i]) / energy,
            None => 0.0,
        };
        let along = advance(&mut direction, &z, beta, &residual);
        let curvature = graph.multiply_wide(&direction, &mut product);
        clear(&mut product, fixed);
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
        let alpha = along / curvature;
        change = alpha.abs() * step(x, alpha, &direction);
        iterations += 1;
        step(&mut residual, -alpha, &product);
        norm = norm_of(&residual);
        energy = Some(curvature);
        if norm <= limits.residual || iterations % RENEW == 0 {
            // What counts is the residual of x, not that of the recurrence.
            norm = true_residual(graph, fixed, right, x, &mut fresh, &mut residual);
        }
    }
    Ok(Outcome { iterations, residual: norm })
}

pub fn norm_of(values: &[f64]) -> f64 {
    chunked_sum(values.len(), |i| values[i] * values[i]).sqrt()
}

/// `right` minus the matrix times x, and its norm.
fn true_residual(
    graph: &Graph,
    fixed: &[u32],
    right: &[f64],
    x: &[f64],
    scratch: &mut [f64],
    residual: &mut [f64],
) -> f64 {
    graph.multiply_wide(x, scratch);
    residual.par_iter_mut().with_min_len(CHUNK).enumerate().for_each(|(i, residual)| {
        *residual = right[i] - scratch[i];
    });
    clear(residual, fixed);
    norm_of(residual)
}

/// Sets what stands at these places to 0.
pub fn clear<T: Default>(values: &mut [T], at: &[u32]) {
    for &i in at {
        values[i as usize] = T::default();
    }
}

fn scale(from: &[f64], factor: f64, to: &mut [f32]) {
    to.par_iter_mut().with_min_len(CHUNK).zip(from).for_each(|(to, from)| {
        *to = (from * factor) as f32;
    });
}

/// Makes the new direction; returns its product with the residual.
fn advance(direction: &mut [f64], z: &[f32], beta: f64, residual: &[f64]) -> f64 {
    let parts = direction.par_chunks_mut(CHUNK).zip(z.par_chunks(CHUNK));
    let products = parts.zip(residual.par_chunks(CHUNK)).map(|((direction, z), residual)| {
        for (direction, &z) in direction.iter_mut().zip(z) {
            *direction = f64::from(z) + beta * *direction;
        }
        lane_sum(0, direction.len(), |i| direction[i] * residual[i])
    });
    products.collect::<Vec<f64>>().iter().sum()
}

/// Moves x along the direction; returns the largest value of the direction.
fn step(x: &mut [f64], alpha: f64, direction: &[f64]) -> f64 {
    let largest = x.par_chunks_mut(CHUNK).zip(direction.par_chunks(CHUNK)).map(|(x, direction)| {
        let mut most = 0.0;
        for (x, direction) in x.iter_mut().zip(direction) {
            *x += alpha * direction;
            most = f64::max(most, direction.abs());
        }
        most
    });
    largest.reduce(|| 0.0, f64::max)
}
