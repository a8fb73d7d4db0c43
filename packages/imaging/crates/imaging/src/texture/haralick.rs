use crate::ImagingError;

/// Numbers that describe a matrix.
pub const HARALICK: usize = 7;

/// Texture features of co-occurrence counts, [matrix, feature].
///
/// Of the symmetric matrix p(i, j) = p(j, i), normalised to sum 1: angular second moment, contrast, correlation (1 where
/// all pixels are equal), homogeneity (inverse difference moment) and entropy (natural logarithm) of Haralick, Shanmugam
/// and Dinstein (IEEE Trans. Syst. Man Cybern. 3 (1973) 610-621), as scikit-image's `graycoprops` has them; cluster shade
/// and cluster prominence of Conners, Trivedi and Harlow (Comput. Vision Graph. 25 (1984) 273-310).
///
/// @param counts [matrix, levels, levels]; a matrix without any count is refused
pub fn haralick(counts: &[u32], levels: usize) -> Result<Vec<f64>, ImagingError> {
    if levels == 0 || levels > 256 || !counts.len().is_multiple_of(levels * levels) {
        let problem = format!("{} counts are no matrices of {levels} levels", counts.len());
        return Err(ImagingError::Content { what: "counts", problem });
    }
    let mut features = Vec::with_capacity(counts.len() / (levels * levels) * HARALICK);
    for (index, counts) in counts.chunks_exact(levels * levels).enumerate() {
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if total == 0 {
            let problem = format!("matrix {index} has no counts");
            return Err(ImagingError::Content { what: "counts", problem });
        }
        let share = |i: usize, j: usize| {
            let both = u64::from(counts[i * levels + j]) + u64::from(counts[j * levels + i]);
            both as f64 / (2 * total) as f64
        };
        features.extend(describe(levels, share));
    }
    Ok(features)
}

/// Row and column sums of a symmetric matrix are equal, so one mean and one variance describe both.
fn describe(levels: usize, share: impl Fn(usize, usize) -> f64) -> [f64; HARALICK] {
    let sum = |term: &dyn Fn(f64, f64, f64) -> f64| {
        let mut sum = 0.0;
        for i in 0..levels {
            for j in 0..levels {
                let p = share(i, j);
                if p > 0.0 {
                    sum += term(p, i as f64, j as f64);
                }
            }
        }
        sum
    };
    let mean = sum(&|p, i, _| p * i);
    let variance = sum(&|p, i, _| p * (i - mean).powi(2));
    let covariance = sum(&|p, i, j| p * (i - mean) * (j - mean));
    [
        sum(&|p, _, _| p * p),
        sum(&|p, i, j| p * (i - j).powi(2)),
        // The limit is scikit-image's, on the standard deviation.
        if variance.sqrt() < 1e-15 { 1.0 } else { covariance / variance },
        sum(&|p, i, j| p / (1.0 + (i - j).powi(2))),
        sum(&|p, _, _| -p * p.ln()),
        sum(&|p, i, j| p * (i + j - 2.0 * mean).powi(3)),
        sum(&|p, i, j| p * (i + j - 2.0 * mean).powi(4)),
    ]
}
