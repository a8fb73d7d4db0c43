//! The K-cycle of Notay and Vassilevski, "Recursive Krylov-based multigrid cycles", Numer. Linear Algebra Appl. 15
//! (2008): on every coarse level up to two steps of flexible conjugate gradients, each preconditioned by the next level.
//! They find by themselves how far the correction of piecewise constant groups must be stretched.

use rayon::prelude::*;

use super::chunks::{CHUNK, chunked_sum};
use super::graph::Graph;
use super::hierarchy::{Bottom, Hierarchy};
use super::matching::NO_GROUP;

/// The second step is left out where the first brought the residual below this part.
const ENOUGH: f64 = 0.25;

/// Sweeps over a bottom that is not solved directly.
const BOTTOM_SWEEPS: usize = 8;

/// Vectors of one level, kept between cycles.
#[derive(Default)]
struct Work {
    residual: Vec<f32>,
    before: Vec<f32>,
    /// Of the next, coarser level.
    right: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    first_product: Vec<f32>,
    second_product: Vec<f32>,
}

/// A hierarchy with the memory to run cycles on it.
pub struct Preconditioner<'a> {
    hierarchy: &'a Hierarchy,
    work: Vec<Work>,
}

impl<'a> Preconditioner<'a> {
    pub fn new(hierarchy: &'a Hierarchy) -> Self {
        let coarser = |level: usize| match hierarchy.levels.get(level + 1) {
            Some(next) => next.graph.nodes(),
            None => hierarchy.bottom.nodes(),
        };
        let work = hierarchy.levels.iter().enumerate().map(|(i, level)| {
            let (fine, coarse) = (level.graph.nodes(), coarser(i));
            let zeros = |n: usize| vec![0.0_f32; n];
            Work {
                residual: zeros(fine),
                before: zeros(fine),
                right: zeros(coarse),
                first: zeros(coarse),
                second: zeros(coarse),
                first_product: zeros(coarse),
                second_product: zeros(coarse),
            }
        });
        Self { hierarchy, work: work.collect() }
    }

    /// Approximates the solution of the finest system.
    pub fn apply(&mut self, right: &[f32], x: &mut [f32]) {
        cycle(self.hierarchy, 0, &mut self.work, right, x);
    }
}

impl Bottom {
    fn nodes(&self) -> usize {
        match self {
            Self::Direct(factor, _) => factor.nodes(),
            Self::Smoothed(graph) => graph.nodes(),
        }
    }

    fn solve(&self, right: &[f32], x: &mut [f32]) {
        match self {
            Self::Direct(factor, _) => factor.solve(right, x),
            Self::Smoothed(graph) => {
                x.fill(0.0);
                let mut before = vec![0.0; x.len()];
                for _ in 0..BOTTOM_SWEEPS {
                    sweep(graph, right, x, &mut before, Direction::Forward);
                    sweep(graph, right, x, &mut before, Direction::Backward);
                }
            }
        }
    }
}

/// One cycle: smooth, correct on the coarser level, smooth in the reverse order.
fn cycle(hierarchy: &Hierarchy, depth: usize, work: &mut [Work], right: &[f32], x: &mut [f32]) {
    let (Some(level), Some((own, below))) = (hierarchy.levels.get(depth), work.split_first_mut())
    else {
        hierarchy.bottom.solve(right, x);
        return;
    };
    first_sweep(&level.graph, right, x, &mut own.before);
    residual_of_first_sweep(&level.graph, x, &mut own.residual);
    restrict(&level.group, &own.residual, &mut own.right);
    solve_coarse(hierarchy, depth + 1, own, below);
    x.par_iter_mut().with_min_len(CHUNK).zip(level.group.par_iter()).for_each(|(x, &group)| {
        if group != NO_GROUP {
            *x += own.first[group as usize];
        }
    });
    sweep(&level.graph, right, x, &mut own.before, Direction::Backward);
}

/// Up to two steps of flexible conjugate gradients on the coarser level; the result lands in `own.first`.
fn solve_coarse(hierarchy: &Hierarchy, depth: usize, own: &mut Work, below: &mut [Work]) {
    cycle(hierarchy, depth, below, &own.right, &mut own.first);
    let Some(level) = hierarchy.levels.get(depth) else { return };
    let graph = &level.graph;
    graph.multiply(&own.first, &mut own.first_product);
    let rho = dot(&own.first, &own.first_product);
    let alpha = dot(&own.first, &own.right);
    if rho.is_nan() || rho <= 0.0 {
        return;
    }
    let step = (alpha / rho) as f32;
    let before = dot(&own.right, &own.right);
    for (residual, product) in own.right.iter_mut().zip(&own.first_product) {
        *residual -= step * product;
    }
    if dot(&own.right, &own.right) <= ENOUGH * ENOUGH * before {
        own.first.iter_mut().for_each(|x| *x *= step);
        return;
    }
    cycle(hierarchy, depth, below, &own.right, &mut own.second);
    graph.multiply(&own.second, &mut own.second_product);
    let gamma = dot(&own.second, &own.first_product);
    let beta = dot(&own.second, &own.second_product);
    let alpha_second = dot(&own.second, &own.right);
    let rho_second = beta - gamma * gamma / rho;
    if rho_second.is_nan() || rho_second <= 0.0 {
        own.first.iter_mut().for_each(|x| *x *= step);
        return;
    }
    let of_first = (alpha / rho - gamma * alpha_second / (rho * rho_second)) as f32;
    let of_second = (alpha_second / rho_second) as f32;
    for (x, second) in own.first.iter_mut().zip(&own.second) {
        *x = of_first * *x + of_second * second;
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    chunked_sum(a.len(), |i| f64::from(a[i]) * f64::from(b[i]))
}

fn restrict(group: &[u32], fine: &[f32], coarse: &mut [f32]) {
    coarse.fill(0.0);
    for (&group, value) in group.iter().zip(fine) {
        if group != NO_GROUP {
            coarse[group as usize] += value;
        }
    }
}

/// A forward sweep from x = 0.
fn first_sweep(graph: &Graph, right: &[f32], x: &mut [f32], before: &mut [f32]) {
    for parity in [0, 1] {
        if parity == 1 {
            before.copy_from_slice(x);
        }
        let before = &*before;
        chunks_of(parity, graph, x).for_each(|(base, x)| {
            for offset in 0..x.len() {
                let i = base + offset;
                let [even, lower, ..] = graph.by_kind(i);
                let mut sum = right[i];
                for link in even {
                    sum += link.weight * before[link.to as usize];
                }
                for link in lower {
                    sum += link.weight * x[link.to as usize - base];
                }
                x[offset] = sum * graph.inverse[i];
            }
        });
    }
}

/// The right side minus the matrix times the x of [`first_sweep`]: rows hold but for what the sweep did not see.
fn residual_of_first_sweep(graph: &Graph, x: &[f32], residual: &mut [f32]) {
    residual.par_iter_mut().with_min_len(CHUNK).enumerate().for_each(|(i, residual)| {
        *residual = graph.not_seen(i).iter().map(|link| link.weight * x[link.to as usize]).sum();
    });
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Forward,
    Backward,
}

/// A sweep from the x that is given.
fn sweep(graph: &Graph, right: &[f32], x: &mut [f32], before: &mut [f32], direction: Direction) {
    let forward = direction == Direction::Forward;
    for parity in if forward { [0, 1] } else { [1, 0] } {
        before.copy_from_slice(x);
        let before = &*before;
        chunks_of(parity, graph, x).for_each(|(base, x)| {
            let count = x.len();
            for step in 0..count {
                let offset = if forward { step } else { count - 1 - step };
                let i = base + offset;
                let [even, lower, higher, far] = graph.by_kind(i);
                let mut sum = right[i];
                for link in even.iter().chain(far) {
                    sum += link.weight * before[link.to as usize];
                }
                for link in lower.iter().chain(higher) {
                    sum += link.weight * x[link.to as usize - base];
                }
                x[offset] = sum * graph.inverse[i];
            }
        });
    }
}

/// The even or the odd chunks of x with the number of their first node.
fn chunks_of<'a>(
    parity: usize,
    graph: &Graph,
    x: &'a mut [f32],
) -> impl ParallelIterator<Item = (usize, &'a mut [f32])> + use<'a> {
    let chunk = graph.chunk;
    let all = x.par_chunks_mut(chunk).enumerate();
    all.filter(move |(number, _)| number % 2 == parity).map(move |(number, x)| (number * chunk, x))
}
