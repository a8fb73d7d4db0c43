use rayon::prelude::*;

use super::chunks::{CHUNK, lane_sum};

/// The end of an edge as seen from its other node.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub to: u32,
    pub weight: f32,
}

/// Chunks of a graph that are swept side by side, half of them at a time: so many whatever the number of threads, so that
/// this does not change the result.
const CHUNKS: usize = 16;

/// Fewer keep too few threads busy.
const ENOUGH_CHUNKS: usize = 4;

/// Smaller chunks are not worth a task.
const LEAST_CHUNK: usize = 2048;

/// What a link leads to, for Gauss-Seidel sweeps on several threads: first all even chunks of nodes, then all odd ones.
///
/// On a grid whose chunks are no thinner than a slice, chunks of one parity do not touch, so this is Gauss-Seidel in
/// another order. What does touch sees values from before: with many such links, conjugate gradients need up to three
/// times as many iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// An even chunk, from an odd one.
    Even,
    /// A lower node of the same chunk.
    Before,
    /// A higher node of the same chunk.
    After,
    /// Any other chunk.
    Far,
}

/// A weighted undirected graph whose Laplacian, with leaks to ground, is the matrix of a linear system.
///
/// Row i reads `leak_i x_i + sum over links of w_ij (x_i - x_j)`. The leak is what a node is joined to voxels of known
/// value by. Keeping it apart, and summing differences, spares the cancellation that a stored diagonal would bring:
/// weights span ten decades.
#[derive(Debug, Default, Clone)]
pub struct Graph {
    /// `links[start[i]..start[i + 1]]` are those of node i, in the order of [`Kind`]: a sweep needs no branch to tell them
    /// apart.
    pub start: Vec<u32>,
    /// Where the second, third and fourth kind begin.
    splits: Vec<[u32; 3]>,
    /// Nodes that a sweep visits one after the other; see [`Kind`].
    pub chunk: usize,
    pub links: Vec<Link>,
    pub leak: Vec<f32>,
    /// Leak and weights summed, in float64 before rounding; 1 for a node without any.
    pub diagonal: Vec<f32>,
    /// 1 over the diagonal.
    pub inverse: Vec<f32>,
}

impl Graph {
    /// Of links in any order.
    pub fn new(start: Vec<u32>, mut links: Vec<Link>, leak: Vec<f32>) -> Self {
        let chunk = chunk_size(&start, &links);
        let splits = split_links(&start, &mut links, chunk);
        let mut graph = Self { start, splits, chunk, links, leak, ..Self::default() };
        graph.diagonal = (0..graph.nodes())
            .into_par_iter()
            .with_min_len(CHUNK)
            .map(|i| {
                let sum = graph.diagonal_of(i);
                if sum > 0.0 { sum as f32 } else { 1.0 }
            })
            .collect();
        graph.inverse = graph.diagonal.iter().map(|diagonal| 1.0 / diagonal).collect();
        graph
    }

    pub fn nodes(&self) -> usize {
        self.leak.len()
    }

    pub fn links(&self, node: usize) -> &[Link] {
        &self.links[self.start[node] as usize..self.start[node + 1] as usize]
    }

    /// Leak and weights summed.
    pub fn diagonal_of(&self, node: usize) -> f64 {
        let weights = self.links(node).iter().map(|link| f64::from(link.weight));
        f64::from(self.leak[node]) + weights.sum::<f64>()
    }

    /// Adds to the weight of a link, as its first node sees it; what should come to 0 may be off by rounding.
    pub fn change_link(&mut self, from: u32, to: u32, by: f32) {
        let own = self.start[from as usize] as usize..self.start[from as usize + 1] as usize;
        if let Some(link) = self.links[own].iter_mut().find(|link| link.to == to) {
            link.weight = (link.weight + by).max(0.0);
        }
    }

    /// Links by kind.
    #[inline]
    pub fn by_kind(&self, node: usize) -> [&[Link]; 4] {
        let [second, third, fourth] = self.splits[node].map(|at| at as usize);
        let (first, end) = (self.start[node] as usize, self.start[node + 1] as usize);
        let links = &self.links;
        [&links[first..second], &links[second..third], &links[third..fourth], &links[fourth..end]]
    }

    /// Links to what a forward sweep visits later or cannot see.
    #[inline]
    pub fn not_seen(&self, node: usize) -> &[Link] {
        &self.links[self.splits[node][1] as usize..self.start[node + 1] as usize]
    }

    /// The matrix times x.
    pub fn multiply(&self, x: &[f32], out: &mut [f32]) {
        out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
            for (offset, value) in out.iter_mut().enumerate() {
                let i = chunk * CHUNK + offset;
                let here = x[i];
                let mut sum = self.leak[i] * here;
                for link in self.links(i) {
                    sum += link.weight * (here - x[link.to as usize]);
                }
                *value = sum;
            }
        });
    }

    /// The matrix times x in float64; returns the product of the result with x.
    pub fn multiply_wide(&self, x: &[f64], out: &mut [f64]) -> f64 {
        let by_chunk = out.par_chunks_mut(CHUNK).enumerate().map(|(chunk, out)| {
            let base = chunk * CHUNK;
            for (offset, value) in out.iter_mut().enumerate() {
                let i = base + offset;
                let here = x[i];
                let mut sum = f64::from(self.leak[i]) * here;
                for link in self.links(i) {
                    sum += f64::from(link.weight) * (here - x[link.to as usize]);
                }
                *value = sum;
            }
            lane_sum(0, out.len(), |offset| x[base + offset] * out[offset])
        });
        by_chunk.collect::<Vec<f64>>().iter().sum()
    }
}

/// No thinner than links reach, where that leaves chunks enough.
fn chunk_size(start: &[u32], links: &[Link]) -> usize {
    let nodes = start.len() - 1;
    let reach_of = |(node, ends): (usize, &[u32])| {
        let own = &links[ends[0] as usize..ends[1] as usize];
        own.iter().map(|link| node.abs_diff(link.to as usize)).max().unwrap_or(0)
    };
    let reach = start.windows(2).enumerate().map(reach_of).max().unwrap_or(0);
    let even = nodes.div_ceil(CHUNKS).max(LEAST_CHUNK);
    if reach * ENOUGH_CHUNKS <= nodes { even.max(reach) } else { even }
}

/// Sorts the links of each node by kind; returns where the second, third and fourth begin.
fn split_links(start: &[u32], links: &mut [Link], chunk: usize) -> Vec<[u32; 3]> {
    let by_node = start.windows(2).enumerate().map(|(node, ends)| {
        let own = &mut links[ends[0] as usize..ends[1] as usize];
        let kind = |link: &Link| kind(node, link.to as usize, chunk);
        own.sort_by_key(kind);
        [Kind::Before, Kind::After, Kind::Far]
            .map(|from| ends[0] + own.partition_point(|link| kind(link) < from) as u32)
    });
    by_node.collect()
}

fn kind(node: usize, to: usize, chunk: usize) -> Kind {
    let (own, other) = (node / chunk, to / chunk);
    if own == other {
        if to < node { Kind::Before } else { Kind::After }
    } else if own % 2 == 1 && other % 2 == 0 {
        Kind::Even
    } else {
        Kind::Far
    }
}
