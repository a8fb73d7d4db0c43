use std::ffi::{CStr, c_char};

/// The number that `flc_cuda_interface` must return.
pub(crate) const INTERFACE: i32 = 4;

/// Every variant is a reason in words, fit to be shown beside the fallback that it leads to.
#[derive(Debug, thiserror::Error)]
pub enum CudaObjectError {
    #[error("{0}")]
    Load(String),
    #[error("built for interface {0}, this addon speaks {INTERFACE}: build again")]
    Interface(i32),
    /// Of NVRTC: not found, or it refused the source.
    #[error("{0}")]
    Compile(String),
    #[error("{0}")]
    Call(String),
}

/// Null is success; anything else is a message of boundary.h, of which the first line says what is wrong.
pub(crate) fn check(message: *mut c_char) -> Result<(), CudaObjectError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: a NUL-terminated string made by strdup, which is ours to free.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    unsafe { libc::free(message.cast()) };
    Err(CudaObjectError::Call(text.lines().next().unwrap_or_default().into()))
}
