use rayon::prelude::*;

use crate::rows::{Rows, dot};

/// Points that a panel holds side by side: one register of AVX-512, two of AVX2.
pub const LANES: usize = 16;
/// Centres whose products with a panel are formed together: with AVX2 their sums fill twelve of sixteen registers.
pub const GROUP: usize = 6;

/// Points by panels of [`LANES`]: [panel, dimension, lane]. The last one is filled up with zeros.
pub struct Panels {
    data: Vec<[f32; LANES]>,
    dimensions: usize,
}

impl Panels {
    pub fn new(points: Rows) -> Self {
        let dimensions = points.dimensions();
        let mut data = vec![[0.0; LANES]; points.count().div_ceil(LANES) * dimensions];
        data.par_chunks_mut(dimensions).enumerate().for_each(|(panel, out)| {
            let rows = points.part(panel * LANES, LANES);
            for lane in 0..rows.count() {
                for (values, value) in out.iter_mut().zip(rows.row(lane)) {
                    values[lane] = *value;
                }
            }
        });
        Self { data, dimensions }
    }

    /// [dimension, lane]
    pub fn panel(&self, index: usize) -> &[[f32; LANES]] {
        &self.data[index * self.dimensions..][..self.dimensions]
    }
}

/// Centres by groups of [`GROUP`]: [group, dimension, centre], with their squared lengths. The last group is filled up
/// with centres at infinity.
pub struct Weights {
    data: Vec<[f32; GROUP]>,
    norms: Vec<[f32; GROUP]>,
    dimensions: usize,
}

impl Weights {
    pub fn new(centres: Rows) -> Self {
        let dimensions = centres.dimensions();
        let groups = centres.count().div_ceil(GROUP);
        let mut data = vec![[0.0; GROUP]; groups * dimensions];
        let mut norms = vec![[f32::INFINITY; GROUP]; groups];
        for index in 0..centres.count() {
            let (group, place) = (index / GROUP, index % GROUP);
            let centre = centres.row(index);
            norms[group][place] = dot(centre, centre);
            for (values, value) in data[group * dimensions..].iter_mut().zip(centre) {
                values[place] = *value;
            }
        }
        Self { data, norms, dimensions }
    }

    /// For each group: its squared lengths, and [dimension, centre].
    pub fn groups(&self) -> impl Iterator<Item = (&[f32; GROUP], &[[f32; GROUP]])> {
        self.norms.iter().zip(self.data.chunks_exact(self.dimensions))
    }
}
