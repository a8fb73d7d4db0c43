use crate::error::check;
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

functions!(ReadbackFunctions {
    new = c"flc_cuda_readback_new": (c_int, usize, *mut *mut c_void) -> *mut c_char,
    start = c"flc_cuda_readback_start": (*mut c_void, *mut c_void) -> *mut c_char,
    is_ready = c"flc_cuda_readback_is_ready": (*mut c_void, *mut c_int) -> *mut c_char,
    wait = c"flc_cuda_readback_wait":
        (*mut c_void, *mut *const f32, *mut usize) -> *mut c_char,
    free = c"flc_cuda_readback_free": (*mut c_void),
});

impl CudaObject {
    /// A way to read up to `values` (at least 1) float32 from GPU `device` while the GPU goes on.
    pub fn readback(&self, device: i32, values: usize) -> Result<Readback, CudaObjectError> {
        let mut pointer = ptr::null_mut();
        // SAFETY: on success `pointer` is ours until `free`.
        check(unsafe { (self.readback.new)(device, values, &mut pointer) })?;
        Ok(Readback { pointer, functions: self.readback })
    }
}

/// A pinned buffer and the event that says when it is filled.
#[derive(Debug)]
pub struct Readback {
    pointer: *mut c_void,
    functions: ReadbackFunctions,
}

// SAFETY: buffer and event may be used by any thread, by one at a time: it is not Sync.
unsafe impl Send for Readback {}

impl Readback {
    /// Queues the copy of `tensor` on the current stream and returns at once. A copy under way is replaced by this one.
    ///
    /// # Errors
    /// The tensor is not float32, contiguous, on this GPU and at most as long as the buffer; or the stream is being captured.
    ///
    /// # Safety
    /// `tensor` must be a live `at::Tensor *`. It may be dropped right afterwards.
    pub unsafe fn start(&mut self, tensor: *mut c_void) -> Result<(), CudaObjectError> {
        // SAFETY: as the caller promises.
        check(unsafe { (self.functions.start)(self.pointer, tensor) })
    }

    /// Whether [`Readback::wait`] would return at once. False where nothing was started.
    pub fn is_ready(&self) -> Result<bool, CudaObjectError> {
        let mut ready = 0;
        // SAFETY: `ready` outlives the call.
        check(unsafe { (self.functions.is_ready)(self.pointer, &mut ready) })?;
        Ok(ready != 0)
    }

    /// The values of the last copy, in the tensor's order; waits for them. An error where nothing was started.
    pub fn wait(&self) -> Result<&[f32], CudaObjectError> {
        let (mut values, mut count) = (ptr::null(), 0);
        // SAFETY: both outlive the call.
        check(unsafe { (self.functions.wait)(self.pointer, &mut values, &mut count) })?;
        if count == 0 {
            return Ok(&[]);
        }
        // SAFETY: the buffer lives as long as `self`, and the next `start`, which changes it, takes `&mut self`.
        Ok(unsafe { std::slice::from_raw_parts(values, count) })
    }
}

impl Drop for Readback {
    fn drop(&mut self) {
        // SAFETY: freed once; the call waits for a copy under way.
        unsafe { (self.functions.free)(self.pointer) }
    }
}
