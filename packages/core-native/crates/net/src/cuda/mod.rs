//! What our CUDA object adds to libtorch on a GPU. Any of it may be missing; then libtorch does the work, and the reason is told.

mod batch_norm;
mod copies;
mod graph;
mod patch_kernel;
mod per_gpu;
mod self_check;
mod side_streams;

pub use batch_norm::{BatchNormKernel, batch_norm_kernel};
pub use copies::{Readback, Upload};
pub use graph::Graph;
pub use patch_kernel::{PatchKernel, patch_kernel};
pub use self_check::{check_batch_norm, check_patches};
pub use side_streams::SideStreams;

use crate::{NetError, loader};
use flc_torch_cuda::{CudaObject, CudaObjectError};
use std::ffi::c_void;
use std::path::Path;
use std::sync::OnceLock;
use tch::{Device, Tensor};

/// The begin of a run on a GPU: opens libflc_torch_cuda.so, once per process. CUDA must have been loaded (runtime::load_cuda).
pub fn open_object(path: Option<&Path>) {
    per_gpu::next_run();
    OBJECT.get_or_init(|| {
        let path = path.ok_or("the CUDA part was not built")?;
        CudaObject::open(path).map_err(|error| match error {
            CudaObjectError::Load(text) => loader::explain(&text).problem,
            other => other.to_string(),
        })
    });
}

static OBJECT: OnceLock<Result<CudaObject, String>> = OnceLock::new();

/// The opened object, or why there is none.
pub fn object() -> Result<&'static CudaObject, String> {
    match OBJECT.get() {
        Some(Ok(object)) => Ok(object),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err("the CUDA part was not opened".into()),
    }
}

/// As the object takes it; valid while the tensor lives.
fn pointer(tensor: &Tensor) -> *mut c_void {
    tensor.as_ptr().cast_mut().cast()
}

/// What libtorch does in the object's place on this device, and why. The first call compiles the kernels and checks each against libtorch,
/// which waits for the GPU: it must come before a capture.
pub fn fallbacks(device: Device) -> Vec<String> {
    let Device::Cuda(index) = device else { return Vec::new() };
    if let Err(reason) = object() {
        return vec![format!(
            "images are cut and batches normalized by libtorch, and copies wait for the GPU: {reason}"
        )];
    }
    let norms = batch_norm_kernel(index).err();
    let norms = norms.map(|why| format!("batches are normalized by libtorch: {why}"));
    patch_fallback(index).into_iter().chain(norms).collect()
}

/// The same for label maps, which have no batches to normalize and no steps to wait for.
pub fn inference_fallbacks(device: Device) -> Vec<String> {
    let Device::Cuda(index) = device else { return Vec::new() };
    if let Err(reason) = object() {
        return vec![format!("images are cut by libtorch, and no CUDA graph is used: {reason}")];
    }
    patch_fallback(index).into_iter().collect()
}

fn patch_fallback(index: usize) -> Option<String> {
    patch_kernel(index).err().map(|why| format!("images are cut by libtorch: {why}"))
}

/// What was made; where that failed `None`, with what happens `instead` among the notices. Nothing is told of an object that is missing
/// (`made` is `None`): `fallbacks` does.
fn or_notice<T>(
    made: Option<Result<T, CudaObjectError>>,
    instead: &str,
    notices: &mut Vec<String>,
) -> Option<T> {
    made?.map_err(|error| notices.push(format!("{instead}: {error}"))).ok()
}

/// As every message of libtorch: memory that runs out keeps its code.
impl From<CudaObjectError> for NetError {
    fn from(error: CudaObjectError) -> Self {
        Self::from_torch_message(&error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_told_with_what_happens_instead() {
        let mut notices = Vec::new();
        assert_eq!(or_notice(Some(Ok(3)), "never", &mut notices), Some(3));
        assert_eq!(or_notice(None::<Result<i32, _>>, "never", &mut notices), None);
        assert!(notices.is_empty());
        let failed = Err::<i32, _>(CudaObjectError::Call("no pinned memory".into()));
        assert_eq!(or_notice(Some(failed), "copies wait", &mut notices), None);
        assert_eq!(notices, ["copies wait: no pinned memory"]);
    }
}
