use rayon::prelude::*;

use crate::rows::Rows;

/// Vectors that are summed one after the other; fixed, so that the sum does not depend on the threads.
const BLOCK: usize = 4096;

/// The mean of vectors, summed in float64.
pub fn mean(rows: Rows) -> Vec<f64> {
    let blocks: Vec<Vec<f64>> = (0..rows.count().div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let mut sum = vec![0.0; rows.dimensions()];
            add_rows(&mut sum, rows.part(block * BLOCK, BLOCK).data());
            sum
        })
        .collect();
    let mut sum = vec![0.0; rows.dimensions()];
    for block in blocks {
        for (total, value) in sum.iter_mut().zip(block) {
            *total += value;
        }
    }
    sum.into_iter().map(|value| value / rows.count() as f64).collect()
}

fn add_rows(sum: &mut [f64], data: &[f32]) {
    for row in data.chunks_exact(sum.len()) {
        for (total, &value) in sum.iter_mut().zip(row) {
            *total += f64::from(value);
        }
    }
}

/// Each vector less `shift`: differences stay, and squares lose fewer digits near the origin.
pub fn minus(rows: Rows, shift: &[f64]) -> Vec<f32> {
    let mut out = rows.data().to_vec();
    out.par_chunks_mut(rows.dimensions()).for_each(|row| {
        for (value, shift) in row.iter_mut().zip(shift) {
            *value = (f64::from(*value) - shift) as f32;
        }
    });
    out
}
