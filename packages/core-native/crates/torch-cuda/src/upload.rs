use crate::error::check;
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

functions!(UploadFunctions {
    new = c"flc_cuda_upload_new": (c_int, usize, *mut *mut c_void) -> *mut c_char,
    send = c"flc_cuda_upload_send": (*mut c_void, *const i64, usize, *mut c_void) -> *mut c_char,
    free = c"flc_cuda_upload_free": (*mut c_void),
});

impl CudaObject {
    /// A way to write up to `values` (at least 1) int64 at a time to GPU `device` without waiting for the GPU.
    pub fn pinned_upload(&self, device: i32, values: usize) -> Result<Upload, CudaObjectError> {
        let mut pointer = ptr::null_mut();
        // SAFETY: on success `pointer` is ours until `free`.
        check(unsafe { (self.upload.new)(device, values, &mut pointer) })?;
        Ok(Upload { pointer, functions: self.upload })
    }
}

/// A ring of 4 pinned buffers, each with the event that says when it may be written again: the host waits only where it is 4 copies ahead.
#[derive(Debug)]
pub struct Upload {
    pointer: *mut c_void,
    functions: UploadFunctions,
}

// SAFETY: buffers and events may be used by any thread, by one at a time: it is not Sync.
unsafe impl Send for Upload {}

impl Upload {
    /// Queues on the current stream the copy of `values` to the beginning of `destination`; `values` may change right afterwards.
    ///
    /// # Errors
    /// More values than the buffers hold; a destination that is not int64, contiguous, on this GPU and long enough; a stream that is
    /// being captured.
    ///
    /// # Safety
    /// `destination` must be a live `at::Tensor *`.
    pub unsafe fn send(
        &mut self,
        values: &[i64],
        destination: *mut c_void,
    ) -> Result<(), CudaObjectError> {
        let send = self.functions.send;
        // SAFETY: as the caller promises; the values are copied before the call returns.
        check(unsafe { send(self.pointer, values.as_ptr(), values.len(), destination) })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // SAFETY: freed once; the call waits for copies under way.
        unsafe { (self.functions.free)(self.pointer) }
    }
}
