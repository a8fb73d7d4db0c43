use crate::interpolation::{mix, nearest, neighbours};
use crate::{ImagingError, Interpolation, Size};

/// Changes the number of voxels over the same extent, half-pixel centres (`align_corners = false`).
///
/// Voxel i of the new grid lies at `(i + 0.5) * old / new - 0.5` of the old one; beyond the outer centres the edge
/// value continues. Equals `torch.nn.functional.interpolate` with `mode='trilinear', align_corners=False`, or with
/// `mode='nearest-exact'`. There is no anti-aliasing: smooth first when the grid becomes much coarser.
pub fn resample(
    data: &[f32],
    size: Size,
    new_size: Size,
    interpolation: Interpolation,
) -> Result<Vec<f32>, ImagingError> {
    size.check_length("data", data.len(), 1)?;
    Ok(match interpolation {
        Interpolation::Linear => linear(data, size, new_size),
        Interpolation::Nearest => pick_nearest(data, size, new_size),
    })
}

fn positions(length: usize, new_length: usize) -> impl Iterator<Item = f64> {
    let scale = length as f64 / new_length as f64;
    (0..new_length).map(move |index| (index as f64 + 0.5) * scale - 0.5)
}

fn linear(data: &[f32], size: Size, new_size: Size) -> Vec<f32> {
    let table = |length, new_length| -> Vec<(usize, usize, f64)> {
        positions(length, new_length).map(|position| neighbours(position, length)).collect()
    };
    let xs = table(size.x, new_size.x);
    let ys = table(size.y, new_size.y);
    let row = |y: usize, z: usize| &data[(z * size.y + y) * size.x..][..size.x];
    let mut out = Vec::with_capacity(new_size.voxels());
    for (z0, z1, wz) in table(size.z, new_size.z) {
        for &(y0, y1, wy) in &ys {
            let rows = [row(y0, z0), row(y1, z0), row(y0, z1), row(y1, z1)];
            for &(x0, x1, wx) in &xs {
                let [a, b, c, d] = rows.map(|r| mix(f64::from(r[x0]), f64::from(r[x1]), wx));
                out.push(mix(mix(a, b, wy), mix(c, d, wy), wz) as f32);
            }
        }
    }
    out
}

fn pick_nearest(data: &[f32], size: Size, new_size: Size) -> Vec<f32> {
    let table = |length, new_length| -> Vec<usize> {
        positions(length, new_length).map(|position| nearest(position, length)).collect()
    };
    let xs = table(size.x, new_size.x);
    let ys = table(size.y, new_size.y);
    let mut out = Vec::with_capacity(new_size.voxels());
    for z in table(size.z, new_size.z) {
        for y in &ys {
            let row = &data[(z * size.y + y) * size.x..][..size.x];
            out.extend(xs.iter().map(|&x| row[x]));
        }
    }
    out
}
