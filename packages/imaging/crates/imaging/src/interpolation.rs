/// How a value between voxel centres is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Weighted mean of the two nearest voxels along each axis.
    Linear,
    /// The voxel whose centre is nearest; half-way goes to the higher index. For label maps.
    Nearest,
}

/// The two voxels around a position along one axis of `length` voxels, and the weight of the second.
///
/// A position beyond the outer centres takes the edge voxel's value.
pub(crate) fn neighbours(position: f64, length: usize) -> (usize, usize, f64) {
    let clamped = position.clamp(0.0, (length - 1) as f64);
    let lower = clamped as usize;
    (lower, (lower + 1).min(length - 1), clamped - lower as f64)
}

/// The voxel whose centre is nearest to a position of at least -0.5 along an axis of `length` voxels.
pub(crate) fn nearest(position: f64, length: usize) -> usize {
    ((position + 0.5) as usize).min(length - 1)
}

/// `a` at weight 0, `b` at weight 1. This form is exact for `a == b`.
pub(crate) fn mix(a: f64, b: f64, weight: f64) -> f64 {
    a + (b - a) * weight
}
