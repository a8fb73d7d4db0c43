use super::{object, pointer};
use crate::{Result, runtime};
use flc_torch_cuda::CudaObject;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tch::Tensor;

/// Cuts, turns and resizes images in one pass (crates/torch-cuda/cuda/cut_patches.cu).
#[derive(Debug)]
pub struct PatchKernel {
    object: &'static CudaObject,
    loaded: flc_torch_cuda::PatchKernel,
}

type Compiled = std::result::Result<&'static PatchKernel, String>;

/// The kernel of GPU `index`, compiled at the first call and kept for the life of the process, or why there is none.
pub fn patch_kernel(index: usize) -> Compiled {
    static KERNELS: Mutex<BTreeMap<usize, Compiled>> = Mutex::new(BTreeMap::new());
    let mut kernels = KERNELS.lock().unwrap_or_else(PoisonError::into_inner);
    kernels.entry(index).or_insert_with(|| compile(index)).clone()
}

fn compile(index: usize) -> Compiled {
    let object = object()?;
    // A wheel's NVRTC lies beside torch, in site-packages/nvidia.
    let nvidia =
        runtime::libtorch_folder().and_then(|lib| Some(lib.parent()?.parent()?.join("nvidia")));
    let loaded = object.patch_kernel(index as i32, &nvidia.unwrap_or_else(|| PathBuf::from(".")));
    let loaded = loaded.map_err(|error| error.to_string())?;
    Ok(Box::leak(Box::new(PatchKernel { object, loaded })))
}

impl PatchKernel {
    /// See [`flc_torch_cuda::CudaObject::cut_patches`]. The plan must come from the store that holds the pixels.
    pub fn cut(
        &self,
        pixels: &Tensor,
        plan: &Tensor,
        side: i64,
        input: i64,
        out: &Tensor,
    ) -> Result<()> {
        // SAFETY: the tensors are alive and used on this thread's stream alone; a store's plans stay inside its pixels.
        Ok(unsafe {
            self.object.cut_patches(
                &self.loaded,
                pointer(pixels),
                pointer(plan),
                side,
                input,
                pointer(out),
            )
        }?)
    }
}
