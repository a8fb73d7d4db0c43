use crate::interpolation::{mix, nearest, neighbours};
use crate::{ImagingError, Interpolation, Size};

/// Values checked together.
const BLOCK: usize = 4096;

/// Pulls values through a displacement field: `out(p) = in(p + field(p))`, positions in voxels.
///
/// `field` holds three planes of `size.voxels()` values: displacement along x, then y, then z. A voxel reaches
/// half a voxel beyond its centre (as in ITK): within that the edge value counts, beyond it `fill`.
pub fn warp(
    data: &[f32],
    size: Size,
    field: &[f32],
    interpolation: Interpolation,
    fill: f64,
) -> Result<Vec<f32>, ImagingError> {
    size.check_length("data", data.len(), 1)?;
    size.check_length("field", field.len(), 3)?;
    if let Some(index) = first_not_finite(field) {
        return Err(ImagingError::NotFinite { what: "field", index });
    }
    if fill.is_nan() {
        return Err(ImagingError::Parameter {
            what: "fill",
            expected: "a number",
            got: fill.to_string(),
        });
    }
    let fill = fill as f32;
    Ok(match interpolation {
        Interpolation::Linear => pull(size, field, fill, |x, y, z| linear(data, size, x, y, z)),
        Interpolation::Nearest => pull(size, field, fill, |x, y, z| {
            data[(nearest(z, size.z) * size.y + nearest(y, size.y)) * size.x + nearest(x, size.x)]
        }),
    })
}

fn first_not_finite(values: &[f32]) -> Option<usize> {
    // Blocks without an early exit are checked at memory speed; mostly all values are finite.
    let suspect = values
        .chunks(BLOCK)
        .position(|block| !block.iter().fold(true, |finite, value| finite & value.is_finite()))?;
    let start = suspect * BLOCK;
    values[start..].iter().position(|value| !value.is_finite()).map(|offset| start + offset)
}

fn pull(size: Size, field: &[f32], fill: f32, sample: impl Fn(f64, f64, f64) -> f32) -> Vec<f32> {
    let voxels = size.voxels();
    let (dx, rest) = field.split_at(voxels);
    let (dy, dz) = rest.split_at(voxels);
    let inside = |position: f64, length: usize| position >= -0.5 && position < length as f64 - 0.5;
    let mut out = Vec::with_capacity(voxels);
    for z in 0..size.z {
        for y in 0..size.y {
            for x in 0..size.x {
                let voxel = out.len();
                let at_x = x as f64 + f64::from(dx[voxel]);
                let at_y = y as f64 + f64::from(dy[voxel]);
                let at_z = z as f64 + f64::from(dz[voxel]);
                let known = inside(at_x, size.x) && inside(at_y, size.y) && inside(at_z, size.z);
                out.push(if known { sample(at_x, at_y, at_z) } else { fill });
            }
        }
    }
    out
}

fn linear(data: &[f32], size: Size, x: f64, y: f64, z: f64) -> f32 {
    let (x0, x1, wx) = neighbours(x, size.x);
    let (y0, y1, wy) = neighbours(y, size.y);
    let (z0, z1, wz) = neighbours(z, size.z);
    let row = |y: usize, z: usize| {
        let start = (z * size.y + y) * size.x;
        mix(f64::from(data[start + x0]), f64::from(data[start + x1]), wx)
    };
    let plane = |z: usize| mix(row(y0, z), row(y1, z), wy);
    mix(plane(z0), plane(z1), wz) as f32
}
