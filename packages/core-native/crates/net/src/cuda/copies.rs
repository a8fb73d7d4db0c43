//! Copies between host and GPU that do not wait for each other.

use super::{object, or_notice, pointer};
use crate::Result;
use tch::{Kind, Tensor};

/// Whole numbers to the GPU.
#[derive(Debug)]
pub struct Upload(flc_torch_cuda::Upload);

impl Upload {
    /// For up to `values` at a time; `None` where a plain copy must do, and in `notices` why.
    pub fn new(index: usize, values: usize, notices: &mut Vec<String>) -> Option<Self> {
        let made = object().ok().map(|object| object.pinned_upload(index as i32, values));
        or_notice(made, "batches are copied while the GPU waits", notices).map(Self)
    }

    pub fn send(&mut self, values: &[i64], destination: &Tensor) -> Result<()> {
        // SAFETY: the tensor is alive.
        Ok(unsafe { self.0.send(values, pointer(destination)) }?)
    }
}

/// Numbers from the GPU.
#[derive(Debug)]
pub struct Readback(flc_torch_cuda::Readback);

impl Readback {
    /// For up to `values` at a time; `None` where a plain copy must do, and in `notices` why.
    pub fn new(index: usize, values: usize, notices: &mut Vec<String>) -> Option<Self> {
        let made = object().ok().map(|object| object.readback(index as i32, values));
        or_notice(made, "losses are read while the GPU waits", notices).map(Self)
    }

    /// Begins to read `values`, which may change afterwards.
    pub fn start(&mut self, values: &Tensor) -> Result<()> {
        let values = values.f_to_kind(Kind::Float)?.f_contiguous()?;
        // SAFETY: the tensor is alive, and may be dropped once the copy is queued.
        Ok(unsafe { self.0.start(pointer(&values)) }?)
    }

    /// Whether `wait` would return at once.
    pub fn is_ready(&self) -> Result<bool> {
        Ok(self.0.is_ready()?)
    }

    /// What the last copy brought.
    pub fn wait(&self) -> Result<Vec<f64>> {
        Ok(self.0.wait()?.iter().copied().map(f64::from).collect())
    }
}
