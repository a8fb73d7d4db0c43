//! The kernel that cuts, turns and resizes patches in one pass (cuda/cut_patches.cu), compiled for the GPU at hand.

use crate::error::check;
use crate::functions::functions;
use crate::nvrtc::kernel_text;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

/// CUDA C++, also valid C++ for the host (tests/host_kernel).
pub const PATCH_KERNEL_SOURCE: &CStr = kernel_text!("cut_patches.cu");

functions!(PatchKernelFunctions {
    load = c"flc_cuda_patch_kernel_load": (c_int, *const c_void, *mut *mut c_void) -> *mut c_char,
    cut = c"flc_cuda_patch_kernel_cut":
        (*mut c_void, *mut c_void, *mut c_void, i64, i64, *mut c_void) -> *mut c_char,
    free = c"flc_cuda_patch_kernel_free": (*mut c_void),
});

/// The kernel on one GPU, for float32 and bfloat16.
#[derive(Debug)]
pub struct PatchKernel {
    pointer: *mut c_void,
    functions: PatchKernelFunctions,
    architecture: String,
}

// SAFETY: a loaded module is not changed by launches, which any thread may do.
unsafe impl Send for PatchKernel {}
unsafe impl Sync for PatchKernel {}

impl PatchKernel {
    /// What it was compiled for, such as `sm_90`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }
}

impl Drop for PatchKernel {
    fn drop(&mut self) {
        // SAFETY: freed once.
        unsafe { (self.functions.free)(self.pointer) }
    }
}

impl CudaObject {
    /// Compiles the kernel for GPU `device` (a fraction of a second) and loads it. `nvidia_libraries`: where NVRTC lies, see
    /// [`Nvrtc::open`](crate::nvrtc::Nvrtc::open).
    ///
    /// # Errors
    /// NVRTC is missing or does not know the GPU, the driver refuses the code, or there is no such GPU.
    pub fn patch_kernel(
        &self,
        device: i32,
        nvidia_libraries: &Path,
    ) -> Result<PatchKernel, CudaObjectError> {
        let (cubin, architecture) =
            self.compile_for(device, nvidia_libraries, PATCH_KERNEL_SOURCE)?;
        let mut pointer = ptr::null_mut();
        let load = self.patch_kernel.load;
        // SAFETY: the driver copies the code; on success `pointer` is ours until `free`.
        check(unsafe { load(device, cubin.as_ptr().cast(), &mut pointer) })?;
        Ok(PatchKernel { pointer, functions: self.patch_kernel, architecture })
    }

    /// Queues on the current stream: each square of `plan` cut from all phases at the same place, turned and resized.
    ///
    /// - `pixels` float32 [any], all images one after the other, on the GPU.
    /// - `plan` int64 [n, 4] on the GPU; a row is the index in `pixels` of the square's first pixel in phase 0, pixels from one row to
    ///   the next, pixels from one phase to the next, and the symmetry 0..8 of dihedral.rs.
    /// - `side` of the squares in pixels, `input` that of the results.
    /// - `out` [phases, n, input, input], contiguous, float32 or bfloat16, on the GPU: `upsample_bilinear2d` without aligned corners of
    ///   the turned square.
    ///
    /// # Errors
    /// A tensor has another kind, shape, layout or device.
    ///
    /// # Safety
    /// The pointers must be live `at::Tensor *`, and every square of the plan must lie inside `pixels` in every phase: the GPU reads
    /// where the plan says. The tensors must not be written by other streams meanwhile.
    pub unsafe fn cut_patches(
        &self,
        kernel: &PatchKernel,
        pixels: *mut c_void,
        plan: *mut c_void,
        side: i64,
        input: i64,
        out: *mut c_void,
    ) -> Result<(), CudaObjectError> {
        let cut = kernel.functions.cut;
        // SAFETY: as the caller promises.
        check(unsafe { cut(kernel.pointer, pixels, plan, side, input, out) })
    }
}
