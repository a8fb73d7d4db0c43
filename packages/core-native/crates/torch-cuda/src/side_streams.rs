//! Streams for pieces of work that do not need each other and may run side by side.

use crate::error::check;
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

functions!(SideStreamFunctions {
    new = c"flc_cuda_side_streams_new": (c_int, usize, *mut *mut c_void) -> *mut c_char,
    fork = c"flc_cuda_side_streams_fork": (*mut c_void) -> *mut c_char,
    enter = c"flc_cuda_side_streams_enter": (*mut c_void, usize, *mut i64) -> *mut c_char,
    leave = c"flc_cuda_side_streams_leave": (*mut c_void, i64),
    join = c"flc_cuda_side_streams_join": (*mut c_void) -> *mut c_char,
    keep = c"flc_cuda_side_streams_keep": (*mut c_void, usize, *mut c_void) -> *mut c_char,
    free = c"flc_cuda_side_streams_free": (*mut c_void),
});

impl CudaObject {
    /// `count` (1 to 32) streams of GPU `device`, the same ones for every fork.
    pub fn side_streams(&self, device: i32, count: usize) -> Result<SideStreams, CudaObjectError> {
        let mut pointer = ptr::null_mut();
        // SAFETY: on success `pointer` is ours until `free`.
        check(unsafe { (self.side_streams.new)(device, count, &mut pointer) })?;
        Ok(SideStreams { pointer, functions: self.side_streams, count })
    }
}

/// `fork`, then for each `i` the work of `enter(i)`, then `join`. Also inside a capture, where the branches become branches of the graph.
///
/// Memory: what one stream allocated and another uses must live until `join`, else the allocator gives it away while it is read;
/// [`SideStreams::keep`] lifts that for one tensor.
#[derive(Debug)]
pub struct SideStreams {
    pointer: *mut c_void,
    functions: SideStreamFunctions,
    count: usize,
}

// SAFETY: streams and events may be used by any thread, by one at a time: it is not Sync.
unsafe impl Send for SideStreams {}

impl SideStreams {
    pub fn count(&self) -> usize {
        self.count
    }

    /// Makes every side stream wait for what is queued on the current stream.
    pub fn fork(&self) -> Result<(), CudaObjectError> {
        // SAFETY: the streams are alive; so below.
        check(unsafe { (self.functions.fork)(self.pointer) })
    }

    /// Makes side stream `index` the current one of this thread until the guard is dropped.
    pub fn enter(&self, index: usize) -> Result<SideGuard<'_>, CudaObjectError> {
        let mut previous = 0;
        // SAFETY: `previous` outlives the call.
        check(unsafe { (self.functions.enter)(self.pointer, index, &mut previous) })?;
        Ok(SideGuard { streams: self, previous, thread: PhantomData })
    }

    /// Makes the current stream wait for what is queued on every side stream.
    pub fn join(&self) -> Result<(), CudaObjectError> {
        check(unsafe { (self.functions.join)(self.pointer) })
    }

    /// Lets the memory of `tensor` be given away only after what side stream `index` has queued by then (`Tensor.record_stream`).
    ///
    /// # Safety
    /// `tensor` must be a live `at::Tensor *`.
    pub unsafe fn keep(&self, index: usize, tensor: *mut c_void) -> Result<(), CudaObjectError> {
        // SAFETY: as the caller promises.
        check(unsafe { (self.functions.keep)(self.pointer, index, tensor) })
    }
}

impl Drop for SideStreams {
    fn drop(&mut self) {
        // SAFETY: freed once.
        unsafe { (self.functions.free)(self.pointer) }
    }
}

/// While it lives, this thread queues its work on one side stream.
#[derive(Debug)]
#[must_use = "dropping it goes back to the stream before"]
pub struct SideGuard<'a> {
    streams: &'a SideStreams,
    previous: i64,
    /// Current streams belong to threads.
    thread: PhantomData<*mut ()>,
}

impl Drop for SideGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: `previous` is what `enter` of this thread gave.
        unsafe { (self.streams.functions.leave)(self.streams.pointer, self.previous) }
    }
}
