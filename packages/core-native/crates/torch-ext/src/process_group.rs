use crate::boundary::{TorchExtError, c_string, check};
use crate::process_store::{ProcessStore, milliseconds};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::time::Duration;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_gloo_group(
        store: *mut c_void,
        rank: c_int,
        size: c_int,
        timeout_ms: i64,
        host: *const c_char,
        out: *mut *mut c_void,
    ) -> *mut c_char;
    fn flc_group_close(group: *mut c_void);
    fn flc_group_all_reduce(group: *mut c_void, tensor: *const C_tensor) -> *mut c_char;
    fn flc_group_broadcast(group: *mut c_void, tensor: *const C_tensor, root: c_int)
    -> *mut c_char;
    fn flc_group_barrier(group: *mut c_void) -> *mut c_char;
}

/// Processes that call the same operations in the same order (c10d). An operation fails for all of them when one is gone, at once where
/// its connection breaks, else after the group's timeout.
#[derive(Debug)]
pub struct ProcessGroup {
    pointer: *mut c_void,
}

// SAFETY: used by one thread at a time, which c10d allows to be any.
unsafe impl Send for ProcessGroup {}

impl ProcessGroup {
    /// A Gloo group, for tensors on the CPU. Waits for all processes. `host`: the address that this process shows to the others; empty
    /// for what `GLOO_SOCKET_IFNAME` or the machine's name give.
    pub fn gloo(
        store: &ProcessStore,
        rank: usize,
        size: usize,
        timeout: Duration,
        host: &str,
    ) -> Result<Self, TorchExtError> {
        let host = c_string(host)?;
        let mut pointer = ptr::null_mut();
        // SAFETY: the store is open and the string outlives the call; on success `pointer` is ours.
        check(unsafe {
            flc_gloo_group(
                store.as_ptr(),
                rank as c_int,
                size as c_int,
                milliseconds(timeout),
                host.as_ptr(),
                &mut pointer,
            )
        })?;
        Ok(Self { pointer })
    }

    /// # Safety
    /// `pointer` must be an owned `c10::intrusive_ptr<c10d::Backend>*` of the same libtorch.
    pub unsafe fn from_raw(pointer: *mut c_void) -> Self {
        Self { pointer }
    }

    /// The sum over all processes, in place. `tensor` must be contiguous.
    pub fn all_reduce(&self, tensor: &Tensor) -> Result<(), TorchExtError> {
        // SAFETY: the group is open; the operation is over when the call returns.
        check(unsafe { flc_group_all_reduce(self.pointer, tensor.as_ptr()) })
    }

    /// The values of process `root`, in place. `tensor` must be contiguous.
    pub fn broadcast(&self, tensor: &Tensor, root: usize) -> Result<(), TorchExtError> {
        // SAFETY: as above.
        check(unsafe { flc_group_broadcast(self.pointer, tensor.as_ptr(), root as c_int) })
    }

    /// Returns when every process is here.
    pub fn barrier(&self) -> Result<(), TorchExtError> {
        // SAFETY: as above.
        check(unsafe { flc_group_barrier(self.pointer) })
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // SAFETY: closed once.
        unsafe { flc_group_close(self.pointer) }
    }
}
