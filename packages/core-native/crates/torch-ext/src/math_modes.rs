use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;

unsafe extern "C" {
    fn flc_set_gpu_math(tf32: bool) -> *mut c_char;
}

/// Whether GPUs may round factors of float32 products to TensorFloat-32; for the whole process. cuDNN looks for its fastest algorithms.
pub fn set_gpu_math(tf32: bool) -> Result<(), TorchExtError> {
    // SAFETY: sets globals of libtorch; exceptions become messages.
    check(unsafe { flc_set_gpu_math(tf32) })
}
