use std::ffi::{CStr, CString, c_char};

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
    Err(TorchExtError(unsafe { take_text(message) }))
}

/// # Safety
/// `text` must be a NUL-terminated string made by strdup; it is freed.
pub(crate) unsafe fn take_text(text: *mut c_char) -> String {
    // SAFETY: as the caller promises.
    let owned = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    unsafe { free(text.cast()) };
    owned
}

pub(crate) fn c_string(text: &str) -> Result<CString, TorchExtError> {
    CString::new(text).map_err(|error| TorchExtError(error.to_string()))
}
