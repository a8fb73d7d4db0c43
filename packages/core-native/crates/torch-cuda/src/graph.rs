//! CUDA graphs: the work of a whole step, recorded once and started by one call.

use crate::error::check;
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{c_char, c_int, c_void};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr;

functions!(GraphFunctions {
    begin = c"flc_cuda_graph_begin": (c_int, *mut *mut c_void) -> *mut c_char,
    end = c"flc_cuda_graph_end": (*mut c_void, *mut *mut c_void) -> *mut c_char,
    abandon = c"flc_cuda_graph_abandon": (*mut c_void),
    replay = c"flc_cuda_graph_replay": (*mut c_void) -> *mut c_char,
    free = c"flc_cuda_graph_free": (*mut c_void),
});

impl CudaObject {
    /// Waits for GPU `device`, makes a stream of its own the current one of this thread and begins to record what is queued on it: nothing
    /// is computed until [`Graph::replay`]. What is allocated meanwhile comes from a memory pool of the graph.
    ///
    /// Before it: run the same work a few times on a side stream ([`CudaObject::side_streams`]), so that cuDNN has chosen and lazy state
    /// exists; drop every tensor of these runs that still holds an autograd graph; [`CudaObject::release_cached_memory`], because memory
    /// kept for other tensors cannot be given back while a capture is under way. Inside it: no synchronization, no reading of values, no
    /// copy from memory that is not pinned.
    ///
    /// Recorded with `cudaStreamCaptureModeThreadLocal`: what other threads do (a readback, NCCL's watchdog) cannot spoil it, a
    /// forbidden call of this thread still does.
    ///
    /// # Errors
    /// No such GPU, or a capture is under way in this thread already.
    pub fn graph_begin(&self, device: i32) -> Result<Capture, CudaObjectError> {
        let mut pointer = ptr::null_mut();
        // SAFETY: on success `pointer` is ours until `end` or `abandon`.
        check(unsafe { (self.graph.begin)(device, &mut pointer) })?;
        Ok(Capture { pointer, functions: self.graph, thread: PhantomData })
    }
}

/// A recording under way in this thread. Dropped without [`Capture::end`], as an error half way does, it is thrown away and this thread's
/// stream restored.
#[derive(Debug)]
#[must_use = "dropping it throws the recording away"]
pub struct Capture {
    pointer: *mut c_void,
    functions: GraphFunctions,
    /// Current streams belong to threads, and a capture must end in the thread that began it.
    thread: PhantomData<*mut ()>,
}

impl Capture {
    /// Ends the recording, makes it ready to be replayed and restores this thread's stream, also on failure.
    ///
    /// # Errors
    /// Something that cannot be recorded was done meanwhile, side streams were not joined, or memory is short.
    pub fn end(self) -> Result<Graph, CudaObjectError> {
        let this = ManuallyDrop::new(self);
        let mut pointer = ptr::null_mut();
        // SAFETY: the call takes the capture over in every case; on success `pointer` is ours.
        check(unsafe { (this.functions.end)(this.pointer, &mut pointer) })?;
        Ok(Graph { pointer, functions: this.functions })
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // SAFETY: neither ended nor abandoned before.
        unsafe { (self.functions.abandon)(self.pointer) }
    }
}

/// A recorded piece of work with the memory that it computes in.
#[derive(Debug)]
pub struct Graph {
    pointer: *mut c_void,
    functions: GraphFunctions,
}

// SAFETY: a graph may be replayed and freed by any thread, by one at a time: it is not Sync.
unsafe impl Send for Graph {}

impl Graph {
    /// Queues the whole recording on the current stream of its GPU. It reads and writes the tensors it was recorded with; those made
    /// inside the recording are overwritten.
    pub fn replay(&self) -> Result<(), CudaObjectError> {
        // SAFETY: the graph is alive.
        check(unsafe { (self.functions.replay)(self.pointer) })
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: freed once; CUDA lets a replay under way come to its end.
        unsafe { (self.functions.free)(self.pointer) }
    }
}
