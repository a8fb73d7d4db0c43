use std::ffi::{CStr, c_char};

/// A C++ exception, as its message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TorchExtError(pub String);

unsafe extern "C" {
    fn free(pointer: *mut std::ffi::c_void);
}

/// Null is success; anything else is a message that this side frees.
pub(crate) fn check(message: *mut c_char) -> Result<(), TorchExtError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: the shim returns a NUL-terminated string made by strdup.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    unsafe { free(message.cast()) };
    Err(TorchExtError(text))
}
