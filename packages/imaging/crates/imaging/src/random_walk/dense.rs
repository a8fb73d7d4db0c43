use super::graph::Graph;

/// The Cholesky factor of a small system.
#[derive(Clone)]
pub struct Cholesky {
    nodes: usize,
    /// Lower triangle, row by row.
    factor: Vec<f64>,
}

impl Cholesky {
    /// None if the matrix is not positive definite to float64, as where nothing leaks.
    pub fn factor(graph: &Graph) -> Option<Self> {
        let nodes = graph.nodes();
        let mut a = vec![0.0; nodes * nodes];
        for i in 0..nodes {
            let mut diagonal = f64::from(graph.leak[i]);
            for link in graph.links(i) {
                a[i * nodes + link.to as usize] -= f64::from(link.weight);
                diagonal += f64::from(link.weight);
            }
            // A node that nothing holds has the value 0.
            a[i * nodes + i] = if diagonal > 0.0 { diagonal } else { 1.0 };
        }
        for j in 0..nodes {
            let (above, rest) = a.split_at_mut(j * nodes);
            let (row, below) = rest.split_at_mut(nodes);
            let _ = above;
            let pivot = row[j] - row[..j].iter().map(|v| v * v).sum::<f64>();
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            row[j] = pivot.sqrt();
            for other in below.chunks_exact_mut(nodes) {
                let sum: f64 = other[..j].iter().zip(&row[..j]).map(|(a, b)| a * b).sum();
                other[j] = (other[j] - sum) / row[j];
            }
        }
        Some(Self { nodes, factor: a })
    }

    pub fn nodes(&self) -> usize {
        self.nodes
    }

    pub fn solve(&self, right: &[f32], x: &mut [f32]) {
        let n = self.nodes;
        let mut y: Vec<f64> = right.iter().map(|&v| f64::from(v)).collect();
        for i in 0..n {
            let row = &self.factor[i * n..][..i];
            let sum: f64 = row.iter().zip(&y).map(|(a, b)| a * b).sum();
            y[i] = (y[i] - sum) / self.factor[i * n + i];
        }
        for i in (0..n).rev() {
            y[i] /= self.factor[i * n + i];
            let value = y[i];
            for (j, target) in y[..i].iter_mut().enumerate() {
                *target -= self.factor[i * n + j] * value;
            }
        }
        for (target, &value) in x.iter_mut().zip(&y) {
            *target = value as f32;
        }
    }
}
