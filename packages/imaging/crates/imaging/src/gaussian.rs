use crate::{ImagingError, Size};

/// The kernel ends at this many standard deviations, as in scipy.
const TRUNCATE: f64 = 4.0;
/// Voxels; a bound on the work and memory that one call may ask for.
const LARGEST_SIGMA: f64 = 4096.0;
/// Below this an axis is left alone, as in scipy.
const SMALLEST_SIGMA: f64 = 1e-15;
/// Columns filtered together: the accumulator stays in the first-level cache.
const BLOCK: usize = 1024;

/// Smooths with a Gaussian of standard deviation `sigma` voxels along x, y, z; edge values continue beyond the border.
///
/// Equals `scipy.ndimage.gaussian_filter(volume, sigma, mode='nearest', truncate=4.0)` on float32: sums are in
/// float64, each axis' result is rounded to float32, z comes first and x last.
pub fn gaussian_filter(data: &[f32], size: Size, sigma: &[f64]) -> Result<Vec<f32>, ImagingError> {
    size.check_length("data", data.len(), 1)?;
    let &[sigma_x, sigma_y, sigma_z] = sigma else { return Err(refuse(sigma)) };
    if !sigma.iter().all(|s| (0.0..=LARGEST_SIGMA).contains(s)) {
        return Err(refuse(sigma));
    }
    let plane = size.x * size.y;
    let mut volume = data.to_vec();
    let axes = [(sigma_z, size.z, plane), (sigma_y, size.y, size.x), (sigma_x, size.x, 1)];
    for (sigma, length, stride) in axes {
        if sigma <= SMALLEST_SIGMA {
            continue;
        }
        let kernel = half_kernel(sigma);
        volume = if stride == 1 {
            filter_rows(&volume, length, &kernel)
        } else {
            filter_columns(&volume, length, stride, &kernel)
        };
    }
    Ok(volume)
}

fn refuse(sigma: &[f64]) -> ImagingError {
    ImagingError::Parameter {
        what: "sigmaVoxels",
        expected: "three numbers from 0 to 4096",
        got: format!("{sigma:?}"),
    }
}

/// Weights at distance 0, 1, ... radius; with the mirrored half they sum to 1.
fn half_kernel(sigma: f64) -> Vec<f64> {
    let radius = (TRUNCATE * sigma + 0.5) as usize;
    let weights: Vec<f64> =
        (0..=radius).map(|i| (-0.5 / (sigma * sigma) * (i * i) as f64).exp()).collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.into_iter().map(|w| w / total).collect()
}

/// Filters along the fastest axis.
fn filter_rows(data: &[f32], length: usize, kernel: &[f64]) -> Vec<f32> {
    let radius = kernel.len() - 1;
    let mut out = vec![0.0; data.len()];
    let mut padded = vec![0.0; length + 2 * radius];
    let mut sums = vec![0.0; length];
    for (row, target) in data.chunks_exact(length).zip(out.chunks_exact_mut(length)) {
        padded[..radius].fill(f64::from(row[0]));
        padded[radius + length..].fill(f64::from(row[length - 1]));
        for (wide, &value) in padded[radius..].iter_mut().zip(row) {
            *wide = f64::from(value);
        }
        for (sum, &value) in sums.iter_mut().zip(&padded[radius..]) {
            *sum = value * kernel[0];
        }
        for distance in (1..=radius).rev() {
            let before = &padded[radius - distance..];
            let after = &padded[radius + distance..];
            for ((sum, &a), &b) in sums.iter_mut().zip(before).zip(after) {
                *sum += (a + b) * kernel[distance];
            }
        }
        store(&sums, target);
    }
    out
}

/// Filters along an axis whose neighbours are `stride` values apart.
fn filter_columns(data: &[f32], length: usize, stride: usize, kernel: &[f64]) -> Vec<f32> {
    let radius = kernel.len() - 1;
    let mut out = vec![0.0; data.len()];
    let mut sums = [0.0; BLOCK];
    let slab = length * stride;
    for (source, target) in data.chunks_exact(slab).zip(out.chunks_exact_mut(slab)) {
        for start in (0..stride).step_by(BLOCK) {
            let width = BLOCK.min(stride - start);
            let sums = &mut sums[..width];
            let columns = |index: usize| &source[index * stride + start..][..width];
            for index in 0..length {
                for (sum, &value) in sums.iter_mut().zip(columns(index)) {
                    *sum = f64::from(value) * kernel[0];
                }
                for distance in (1..=radius).rev() {
                    let before = columns(index.saturating_sub(distance));
                    let after = columns((index + distance).min(length - 1));
                    for ((sum, &a), &b) in sums.iter_mut().zip(before).zip(after) {
                        *sum += (f64::from(a) + f64::from(b)) * kernel[distance];
                    }
                }
                store(sums, &mut target[index * stride + start..][..width]);
            }
        }
    }
    out
}

fn store(sums: &[f64], target: &mut [f32]) {
    for (value, &sum) in target.iter_mut().zip(sums) {
        *value = sum as f32;
    }
}
