//! Node face of `flc-imaging`. Each function converts, calls, converts; errors return as values, so that their
//! facts arrive in TypeScript whole, and a panic becomes such a value too.

mod background;
pub mod cancellation;
mod outcome;
pub mod random_walk;
pub mod texture;
pub mod words;

use flc_imaging::{Connectivity, Interpolation, Size};
use napi::Either;
use napi::bindgen_prelude::{Float32Array, Int32Array};
use napi_derive::napi;

use crate::outcome::{BindingError, outcome};

#[napi(string_enum = "lowercase")]
pub enum BindingInterpolation {
    Linear,
    Nearest,
}

impl From<BindingInterpolation> for Interpolation {
    fn from(interpolation: BindingInterpolation) -> Self {
        match interpolation {
            BindingInterpolation::Linear => Self::Linear,
            BindingInterpolation::Nearest => Self::Nearest,
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct BindingComponents {
    pub labels: Int32Array,
    pub sizes: Int32Array,
}

#[napi]
pub fn gaussian_filter(
    data: &[f32],
    size: Vec<f64>,
    sigma_voxels: Vec<f64>,
) -> Either<Float32Array, BindingError> {
    outcome(|| {
        let size = Size::parse("size", &size)?;
        Ok(flc_imaging::gaussian_filter(data, size, &sigma_voxels)?.into())
    })
}

#[napi]
pub fn warp_volume(
    data: &[f32],
    size: Vec<f64>,
    field: &[f32],
    interpolation: BindingInterpolation,
    fill: f64,
) -> Either<Float32Array, BindingError> {
    outcome(|| {
        let size = Size::parse("size", &size)?;
        Ok(flc_imaging::warp(data, size, field, interpolation.into(), fill)?.into())
    })
}

#[napi]
pub fn resample_volume(
    data: &[f32],
    size: Vec<f64>,
    new_size: Vec<f64>,
    interpolation: BindingInterpolation,
) -> Either<Float32Array, BindingError> {
    outcome(|| {
        let size = Size::parse("size", &size)?;
        let new_size = Size::parse("newSize", &new_size)?;
        Ok(flc_imaging::resample(data, size, new_size, interpolation.into())?.into())
    })
}

#[napi]
pub fn connected_components(
    mask: &[u8],
    size: Vec<f64>,
    connectivity: f64,
) -> Either<BindingComponents, BindingError> {
    outcome(|| {
        let size = Size::parse("size", &size)?;
        let connectivity = Connectivity::parse(connectivity)?;
        let parts = flc_imaging::connected_components(mask, size, connectivity)?;
        Ok(BindingComponents { labels: parts.labels.into(), sizes: parts.sizes.into() })
    })
}

/// Panics on purpose: lets a test see that the process outlives a panic.
#[allow(clippy::panic, reason = "the panic is what this function is for")]
#[napi]
pub fn provoke_panic() -> Either<Float32Array, BindingError> {
    outcome(|| std::panic::panic_any("provoked"))
}
