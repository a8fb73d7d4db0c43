use super::per_gpu::{Made, PerGpu};
use super::{pointer, self_check};
use crate::Result;
use flc_torch_cuda::CudaObject;
use tch::{Device, Tensor};

/// Cuts, turns and resizes images in one pass (crates/torch-cuda/cuda/cut_patches.cu).
#[derive(Debug)]
pub struct PatchKernel {
    object: &'static CudaObject,
    loaded: flc_torch_cuda::PatchKernel,
}

/// The kernel of GPU `index`, compiled and checked against libtorch at the first call, or why there is none.
pub fn patch_kernel(index: usize) -> Made<PatchKernel> {
    static KERNELS: PerGpu<PatchKernel> = PerGpu::new();
    KERNELS.get(index, |object, device, nvidia| {
        let loaded = object.patch_kernel(device, nvidia).map_err(|error| error.to_string())?;
        let kernel = PatchKernel { object, loaded };
        self_check::check_patches(Device::Cuda(index), |pixels, plan, side, input, out| {
            kernel.cut(pixels, plan, side, input, out)
        })?;
        Ok(kernel)
    })
}

impl PatchKernel {
    /// Larger ones need more blocks than CUDA launches.
    pub fn takes(side: i64, input: i64) -> bool {
        side <= 32768 && input <= 4095
    }

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
