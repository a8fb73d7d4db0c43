//! Training-mode batch norm, residual addition and ReLU as one differentiable operation (cuda/batch_norm_relu.cu), compiled for the GPU at
//! hand.

use crate::error::check;
use crate::functions::functions;
use crate::nvrtc::kernel_text;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

/// CUDA C++, also valid C++ for the host (tests/host_batch_norm).
pub const BATCH_NORM_SOURCE: &CStr = kernel_text!("batch_norm_relu.cu");

functions!(BatchNormFunctions {
    load = c"flc_cuda_batch_norm_load": (c_int, *const c_void, *mut *mut c_void) -> *mut c_char,
    relu = c"flc_cuda_batch_norm_relu":
        (*mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, *mut c_void, f64, f64,
         *mut *mut c_void, *mut *mut c_void) -> *mut c_char,
    free = c"flc_cuda_batch_norm_free": (*mut c_void),
});

/// The kernels on one GPU, for float32 and bfloat16 data. Autograd graphs that wait for their backward pass keep them loaded.
#[derive(Debug)]
pub struct BatchNormKernel {
    pointer: *mut c_void,
    functions: BatchNormFunctions,
    architecture: String,
}

// SAFETY: a loaded module is not changed by launches, which any thread may do.
unsafe impl Send for BatchNormKernel {}
unsafe impl Sync for BatchNormKernel {}

impl BatchNormKernel {
    /// Channel counts are multiples of this.
    pub const CHANNELS: i64 = 8;
    pub const MOST_CHANNELS: i64 = 1024;

    /// What it was compiled for, such as `sm_90`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }
}

impl Drop for BatchNormKernel {
    fn drop(&mut self) {
        // SAFETY: freed once.
        unsafe { (self.functions.free)(self.pointer) }
    }
}

/// Each an `at::Tensor *`: float32 [channels], contiguous, on the GPU.
#[derive(Debug, Clone, Copy)]
pub struct BatchNormPointers {
    pub weight: *mut c_void,
    pub bias: *mut c_void,
    pub running_mean: *mut c_void,
    pub running_var: *mut c_void,
}

impl CudaObject {
    /// Compiles the kernels for GPU `device` (about a second) and loads them. `nvidia_libraries`: where NVRTC lies, see
    /// [`Nvrtc::open`](crate::nvrtc::Nvrtc::open).
    ///
    /// # Errors
    /// NVRTC is missing or does not know the GPU, the driver refuses the code, or there is no such GPU.
    pub fn batch_norm_kernel(
        &self,
        device: i32,
        nvidia_libraries: &Path,
    ) -> Result<BatchNormKernel, CudaObjectError> {
        let (cubin, architecture) =
            self.compile_for(device, nvidia_libraries, BATCH_NORM_SOURCE)?;
        let mut pointer = ptr::null_mut();
        let load = self.batch_norm.load;
        // SAFETY: the driver copies the code; on success `pointer` is ours until `free`.
        check(unsafe { load(device, cubin.as_ptr().cast(), &mut pointer) })?;
        Ok(BatchNormKernel { pointer, functions: self.batch_norm, architecture })
    }

    /// Queues `relu(batch_norm(input) [+ residual])` on the current stream, differentiable, and moves the running statistics as libtorch
    /// does. Three kernels forward, three backward; no waiting and no memory but libtorch's, so that a capture can hold both. Sums are
    /// taken in an order that depends on the shape alone.
    ///
    /// `input` and `residual` (may be null): [n, channels, h, w] float32 or bfloat16; other memory than channels-last is copied.
    /// The result comes twice, on one memory, for two readers with a gradient each; neither may be changed in place. Both are owned
    /// `at::Tensor *`.
    ///
    /// # Errors
    /// A tensor has another kind, shape or device, or channels are not a multiple of [`BatchNormKernel::CHANNELS`] up to
    /// [`BatchNormKernel::MOST_CHANNELS`].
    ///
    /// # Safety
    /// The pointers must be live `at::Tensor *`, not written by other streams meanwhile.
    pub unsafe fn batch_norm_relu(
        &self,
        kernel: &BatchNormKernel,
        input: *mut c_void,
        residual: *mut c_void,
        bn: BatchNormPointers,
        momentum: f64,
        epsilon: f64,
    ) -> Result<[*mut c_void; 2], CudaObjectError> {
        let [mut out, mut around] = [ptr::null_mut(); 2];
        let relu = kernel.functions.relu;
        let BatchNormPointers { weight, bias, running_mean, running_var } = bn;
        // SAFETY: as the caller promises; on success both results are the caller's.
        check(unsafe {
            relu(
                kernel.pointer,
                input,
                residual,
                weight,
                bias,
                running_mean,
                running_var,
                momentum,
                epsilon,
                &mut out,
                &mut around,
            )
        })?;
        Ok([out, around])
    }
}
