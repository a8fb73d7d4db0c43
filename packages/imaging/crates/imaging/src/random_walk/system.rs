use super::graph::{Graph, Link};
use super::weights::AxisWeights;
use crate::Size;

/// The linear system of the voxels without seed (Grady 2006, equation 8): one matrix, one right side for each label.
pub struct System {
    pub graph: Graph,
    /// Voxel of each unknown.
    pub voxels: Vec<u32>,
    /// By label, from 0: what each unknown gets from the seeds of the label.
    pub right: Vec<Vec<f64>>,
}

/// Drops edges to voxels outside, turns edges to seeds into leaks with a right side, and keeps the rest as links.
///
/// `seeds`: 0 unknown, 1.. a label, negative for voxels that are no part of the graph. A prior is an edge to a seed of its
/// own.
pub fn build_system(
    seeds: &[i32],
    priors: Option<&[f32]>,
    size: Size,
    weights: &[AxisWeights; 3],
    labels: usize,
) -> System {
    let mut unknown = vec![u32::MAX; seeds.len()];
    let mut voxels = Vec::new();
    for (i, &seed) in seeds.iter().enumerate() {
        if seed == 0 {
            unknown[i] = voxels.len() as u32;
            voxels.push(i as u32);
        }
    }
    let count = voxels.len();
    let mut start = Vec::with_capacity(count + 1);
    let mut links = Vec::with_capacity(6 * count);
    let mut leak = vec![0.0_f32; count];
    let mut right = vec![vec![0.0; count]; labels];
    start.push(0);
    let strides = [1, size.x, size.x * size.y];
    for (row, &voxel) in voxels.iter().enumerate() {
        let voxel = voxel as usize;
        let mut join = |to: usize, weight: f32| {
            // At the border of the volume the weight is 0.
            if weight <= 0.0 {
                return;
            }
            let seed = seeds[to];
            if seed == 0 {
                links.push(Link { to: unknown[to], weight });
            } else if seed > 0 {
                leak[row] += weight;
                right[seed as usize - 1][row] += f64::from(weight);
            }
        };
        for (stride, weights) in strides.into_iter().zip(weights).rev() {
            if let Some(to) = voxel.checked_sub(stride) {
                join(to, weights[to]);
            }
        }
        for (stride, weights) in strides.into_iter().zip(weights) {
            if voxel + stride < seeds.len() {
                join(voxel + stride, weights[voxel]);
            }
        }
        for (label, right) in right.iter_mut().enumerate() {
            let prior = priors.map_or(0.0, |priors| priors[label * seeds.len() + voxel]);
            leak[row] += prior;
            right[row] += f64::from(prior);
        }
        start.push(links.len() as u32);
    }
    System { graph: Graph::new(start, links, leak), voxels, right }
}

/// An unknown that no seed reaches, if there is one.
pub fn unreached(graph: &Graph) -> Option<usize> {
    let mut reached: Vec<bool> = graph.leak.iter().map(|&leak| leak > 0.0).collect();
    let mut open: Vec<u32> =
        (0..graph.nodes() as u32).filter(|&node| reached[node as usize]).collect();
    while let Some(node) = open.pop() {
        for link in graph.links(node as usize) {
            if !std::mem::replace(&mut reached[link.to as usize], true) {
                open.push(link.to);
            }
        }
    }
    reached.iter().position(|reached| !reached)
}
