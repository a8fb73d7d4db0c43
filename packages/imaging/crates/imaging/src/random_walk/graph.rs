use rayon::prelude::*;

use super::chunks::{CHUNK, chunked_sum};

/// The end of an edge as seen from its other node.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub to: u32,
    pub weight: f32,
}

/// A weighted undirected graph whose Laplacian, with leaks to ground, is the matrix of a linear system.
///
/// Row i reads `leak_i x_i + sum over links of w_ij (x_i - x_j)`. The leak is what a node is joined to voxels of known
/// value by. Keeping it apart, and summing differences, spares the cancellation that a stored diagonal would bring:
/// weights span ten decades.
#[derive(Debug, Default)]
pub struct Graph {
    /// `links[start[i]..start[i + 1]]` are those of node i.
    pub start: Vec<u32>,
    pub links: Vec<Link>,
    pub leak: Vec<f32>,
    /// Leak and weights summed, in float64 before rounding; 1 for a node without any.
    pub diagonal: Vec<f32>,
}

impl Graph {
    pub fn new(start: Vec<u32>, links: Vec<Link>, leak: Vec<f32>) -> Self {
        let mut graph = Self { start, links, leak, diagonal: Vec::new() };
        graph.diagonal = (0..graph.nodes())
            .into_par_iter()
            .with_min_len(CHUNK)
            .map(|i| {
                let sum = f64::from(graph.leak[i])
                    + graph.links(i).iter().map(|link| f64::from(link.weight)).sum::<f64>();
                if sum > 0.0 { sum as f32 } else { 1.0 }
            })
            .collect();
        graph
    }

    pub fn nodes(&self) -> usize {
        self.leak.len()
    }

    pub fn links(&self, node: usize) -> &[Link] {
        &self.links[self.start[node] as usize..self.start[node + 1] as usize]
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
        out.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, out)| {
            for (offset, value) in out.iter_mut().enumerate() {
                let i = chunk * CHUNK + offset;
                let here = x[i];
                let mut sum = f64::from(self.leak[i]) * here;
                for link in self.links(i) {
                    sum += f64::from(link.weight) * (here - x[link.to as usize]);
                }
                *value = sum;
            }
        });
        chunked_sum(x.len(), |i| x[i] * out[i])
    }
}
