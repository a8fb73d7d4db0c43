use crate::error::check;
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{c_char, c_int};

/// What libtorch's allocator holds on one GPU, in bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryUse {
    /// In living tensors.
    pub allocated_bytes: u64,
    /// The most in living tensors since the start or the last reset.
    pub peak_allocated_bytes: u64,
    /// Taken from the device, for tensors or kept for later ones.
    pub reserved_bytes: u64,
    pub peak_reserved_bytes: u64,
}

functions!(MemoryFunctions {
    read = c"flc_cuda_memory": (c_int, *mut MemoryUse) -> *mut c_char,
    reset_peak = c"flc_cuda_memory_reset_peak": (c_int) -> *mut c_char,
});

impl CudaObject {
    /// Memory of GPU `device` in the hands of this process's allocator.
    pub fn memory(&self, device: i32) -> Result<MemoryUse, CudaObjectError> {
        let mut memory = MemoryUse::default();
        // SAFETY: `memory` outlives the call and has the layout of FlcCudaMemory.
        check(unsafe { (self.memory.read)(device, &mut memory) })?;
        Ok(memory)
    }

    /// Lets both peaks of GPU `device` begin anew.
    pub fn reset_peak_memory(&self, device: i32) -> Result<(), CudaObjectError> {
        // SAFETY: a number only.
        check(unsafe { (self.memory.reset_peak)(device) })
    }
}
