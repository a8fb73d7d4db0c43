use rayon::prelude::*;

use super::chunks::{CHUNK, chunked_sum};
use crate::Size;

/// Added to every weight, so that no voxel is cut off; as in scikit-image.
const LEAST_WEIGHT: f64 = 1e-10;

/// Weights of the edges along one axis: entry i joins voxel i to the next one along it; 0 at the border.
pub type AxisWeights = Vec<f32>;

/// How strongly neighbours are joined: `exp(-beta g / (10 s sqrt(c))) + 1e-10` (Grady 2006, equation 1, as scikit-image
/// normalises it), where g is the sum over the images of the squared difference per unit of length, s the standard
/// deviation of all values of all images together and c the number of images.
pub fn edge_weights(images: &[&[f32]], size: Size, spacing: &[f64], beta: f64) -> [AxisWeights; 3] {
    let deviation = standard_deviation(images);
    // Equal values everywhere: every difference is 0, whatever it is divided by.
    let factor = if deviation > 0.0 {
        -beta / (10.0 * deviation * (images.len() as f64).sqrt())
    } else {
        0.0
    };
    let strides = [1, size.x, size.x * size.y];
    let lengths = [size.x, size.y, size.z];
    [0, 1, 2].map(|axis| {
        let (stride, length) = (strides[axis], lengths[axis]);
        let per_axis = factor / (spacing[axis] * spacing[axis]);
        let mut weights = vec![0.0_f32; size.voxels()];
        weights.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, weights)| {
            for (offset, weight) in weights.iter_mut().enumerate() {
                let i = chunk * CHUNK + offset;
                if i / stride % length + 1 == length {
                    continue;
                }
                let squared: f64 = images
                    .iter()
                    .map(|image| (f64::from(image[i + stride]) - f64::from(image[i])).powi(2))
                    .sum();
                *weight = ((per_axis * squared).exp() + LEAST_WEIGHT) as f32;
            }
        });
        weights
    })
}

/// Of all values together, n in the denominator.
fn standard_deviation(images: &[&[f32]]) -> f64 {
    let count: usize = images.iter().map(|image| image.len()).sum();
    let total = |term: &(dyn Fn(f32) -> f64 + Sync)| -> f64 {
        images.iter().map(|image| chunked_sum(image.len(), |i| term(image[i]))).sum()
    };
    let mean = total(&|v| f64::from(v)) / count as f64;
    (total(&|v| (f64::from(v) - mean).powi(2)) / count as f64).sqrt()
}
