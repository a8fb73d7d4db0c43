use std::f64::consts::TAU;

use super::Grid;
use crate::ImagingError;

/// Rotation-invariant uniform local binary patterns (Ojala, Pietikäinen and Mäenpää, IEEE Trans. Pattern Anal. Mach.
/// Intell. 24 (2002) 971-987): for each pixel the number of the `points` neighbours at distance `radius` that are not
/// darker, or `points + 1` where the sequence of comparisons changes more than twice.
///
/// Equals scikit-image's `local_binary_pattern(image, points, radius, 'uniform')`, whose conventions are these: neighbours
/// between pixels are interpolated linearly, pixels outside of the image are 0, and changes are counted from the first
/// neighbour to the last, not round the circle.
pub fn uniform_local_binary_pattern(
    image: &[f32],
    grid: Grid,
    points: usize,
    radius: f64,
) -> Result<Vec<u8>, ImagingError> {
    grid.check("image", image.len())?;
    if let Some(index) = image.iter().position(|value| !value.is_finite()) {
        return Err(ImagingError::NotFinite { what: "image", index });
    }
    if !((2..=64).contains(&points) && radius > 0.0 && radius <= 64.0) {
        return Err(ImagingError::Parameter {
            what: "points, radius",
            expected: "2 to 64 points at a distance above 0 and up to 64 pixels",
            got: format!("{points}, {radius}"),
        });
    }
    let neighbours = circle(points, radius);
    let mut patterns = Vec::with_capacity(image.len());
    for row in 0..grid.rows {
        for column in 0..grid.columns {
            let centre = f64::from(image[row * grid.columns + column]);
            let not_darker = neighbours.iter().map(|&(dr, dc)| {
                interpolate(image, grid, row as f64 + dr, column as f64 + dc) - centre >= 0.0
            });
            patterns.push(uniform_pattern(not_darker, points));
        }
    }
    Ok(patterns)
}

/// Offsets of the neighbours in rows and columns, rounded to five decimals as in scikit-image.
fn circle(points: usize, radius: f64) -> Vec<(f64, f64)> {
    let round = |value: f64| (value * 1e5).round_ties_even() / 1e5;
    (0..points)
        .map(|point| {
            let angle = TAU * point as f64 / points as f64;
            (round(-radius * angle.sin()), round(radius * angle.cos()))
        })
        .collect()
}

fn uniform_pattern(bits: impl Iterator<Item = bool>, points: usize) -> u8 {
    let (mut ones, mut changes, mut last) = (0, 0, None);
    for bit in bits {
        ones += u8::from(bit);
        changes += usize::from(last.is_some_and(|last| last != bit));
        last = Some(bit);
    }
    if changes <= 2 { ones } else { points as u8 + 1 }
}

fn interpolate(image: &[f32], grid: Grid, row: f64, column: f64) -> f64 {
    let (top, left) = (row.floor(), column.floor());
    let (down, right) = (row - top, column - left);
    let at = |row: f64, column: f64| pixel(image, grid, row, column);
    let above = (1.0 - right) * at(top, left) + right * at(top, column.ceil());
    let below = (1.0 - right) * at(row.ceil(), left) + right * at(row.ceil(), column.ceil());
    (1.0 - down) * above + down * below
}

fn pixel(image: &[f32], grid: Grid, row: f64, column: f64) -> f64 {
    let inside =
        row >= 0.0 && column >= 0.0 && row < grid.rows as f64 && column < grid.columns as f64;
    if inside { f64::from(image[row as usize * grid.columns + column as usize]) } else { 0.0 }
}
