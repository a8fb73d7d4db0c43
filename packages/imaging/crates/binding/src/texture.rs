use flc_imaging::{Cooccurrence, Grid, ImagingError};
use napi::Either;
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::outcome::{BindingError, outcome};

#[napi]
pub fn grey_cooccurrence(
    image: &[u8],
    mask: &[u8],
    rows: u32,
    columns: u32,
    levels: u32,
    offsets: &[i32],
) -> Either<Uint32Array, BindingError> {
    outcome(|| {
        let grid = Grid { rows: rows as usize, columns: columns as usize };
        let (pairs, rest) = offsets.as_chunks::<2>();
        if !rest.is_empty() {
            let problem = "rows and columns come in pairs".to_owned();
            return Err(ImagingError::Content { what: "offsets", problem });
        }
        let offsets: Vec<(i32, i32)> = pairs.iter().map(|&[row, column]| (row, column)).collect();
        let levels = levels as usize;
        let slice = Cooccurrence { image, mask, grid, levels, offsets: &offsets };
        Ok(flc_imaging::cooccurrence(&slice)?.into())
    })
}

#[napi]
pub fn haralick_features(counts: &[u32], levels: u32) -> Either<Float64Array, BindingError> {
    outcome(|| Ok(flc_imaging::haralick(counts, levels as usize)?.into()))
}

#[napi]
pub fn uniform_local_binary_pattern(
    image: &[f32],
    rows: u32,
    columns: u32,
    points: u32,
    radius: f64,
) -> Either<Uint8Array, BindingError> {
    outcome(|| {
        let grid = Grid { rows: rows as usize, columns: columns as usize };
        let points = points as usize;
        Ok(flc_imaging::uniform_local_binary_pattern(image, grid, points, radius)?.into())
    })
}
