use crate::CudaObjectError;
use crate::batch_norm::BatchNormFunctions;
use crate::error::{INTERFACE, check};
use crate::functions::{Library, functions};
use crate::graph::GraphFunctions;
use crate::memory::MemoryFunctions;
use crate::patch_kernel::PatchKernelFunctions;
use crate::readback::ReadbackFunctions;
use crate::side_streams::SideStreamFunctions;
use crate::upload::UploadFunctions;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::time::Duration;

/// A GPU. Memory in bytes.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CudaDevice {
    pub name: String,
    /// Compute capability, such as 9.0.
    pub capability: String,
    pub total_bytes: u64,
    pub free_bytes: u64,
}

#[repr(C)]
pub(crate) struct RawDevice {
    name: [c_char; 256],
    major: c_int,
    minor: c_int,
    total_bytes: usize,
    free_bytes: usize,
}

functions!(DeviceFunctions {
    device_count = c"flc_cuda_device_count": () -> c_int,
    nccl_version = c"flc_cuda_nccl_version": (*mut c_int) -> *mut c_char,
    device = c"flc_cuda_device": (c_int, *mut RawDevice) -> *mut c_char,
    release_cached_memory = c"flc_cuda_release_cached_memory": () -> *mut c_char,
    nccl_group = c"flc_cuda_nccl_group":
        (*mut c_void, c_int, c_int, c_int, i64, *mut *mut c_void) -> *mut c_char,
});

/// The opened object, nothing but addresses of functions; it stays mapped for the life of the process.
#[derive(Debug, Clone, Copy)]
pub struct CudaObject {
    devices: DeviceFunctions,
    pub(crate) memory: MemoryFunctions,
    pub(crate) patch_kernel: PatchKernelFunctions,
    pub(crate) batch_norm: BatchNormFunctions,
    pub(crate) graph: GraphFunctions,
    pub(crate) side_streams: SideStreamFunctions,
    pub(crate) readback: ReadbackFunctions,
    pub(crate) upload: UploadFunctions,
}

impl CudaObject {
    /// Opens libflc_torch_cuda.so. libtorch_cuda.so must have been loaded before.
    pub fn open(path: &Path) -> Result<Self, CudaObjectError> {
        let library = Library::open(path)?;
        // SAFETY: the types are those of cpp/, and the interface number guards them.
        unsafe {
            let interface: unsafe extern "C" fn() -> c_int =
                library.symbol(c"flc_cuda_interface")?;
            let found = interface();
            if found != INTERFACE {
                return Err(CudaObjectError::Interface(found));
            }
            Ok(Self {
                devices: DeviceFunctions::of(library)?,
                memory: MemoryFunctions::of(library)?,
                patch_kernel: PatchKernelFunctions::of(library)?,
                batch_norm: BatchNormFunctions::of(library)?,
                graph: GraphFunctions::of(library)?,
                side_streams: SideStreamFunctions::of(library)?,
                readback: ReadbackFunctions::of(library)?,
                upload: UploadFunctions::of(library)?,
            })
        }
    }

    /// 0 where there is no driver or no device.
    pub fn device_count(&self) -> i32 {
        // SAFETY: no arguments, never throws.
        unsafe { (self.devices.device_count)() }
    }

    /// Such as 2.28.9.
    pub fn nccl_version(&self) -> Result<String, CudaObjectError> {
        let mut packed = 0;
        // SAFETY: `packed` outlives the call.
        check(unsafe { (self.devices.nccl_version)(&mut packed) })?;
        Ok(format!("{}.{}.{}", packed / 10_000, packed / 100 % 100, packed % 100))
    }

    /// What GPU `index` is. An index that does not exist is an error that lists those that do.
    pub fn device(&self, index: i32) -> Result<CudaDevice, CudaObjectError> {
        let raw = self.raw_device(index)?;
        // SAFETY: the name is NUL-terminated by snprintf.
        let name = unsafe { CStr::from_ptr(raw.name.as_ptr()) }.to_string_lossy().into_owned();
        Ok(CudaDevice {
            name,
            capability: format!("{}.{}", raw.major, raw.minor),
            total_bytes: raw.total_bytes as u64,
            free_bytes: raw.free_bytes as u64,
        })
    }

    /// Compute capability of GPU `index`, 9.0 as 90.
    pub(crate) fn capability(&self, index: i32) -> Result<i32, CudaObjectError> {
        self.raw_device(index).map(|raw| raw.major * 10 + raw.minor)
    }

    fn raw_device(&self, index: i32) -> Result<RawDevice, CudaObjectError> {
        let mut raw =
            RawDevice { name: [0; 256], major: 0, minor: 0, total_bytes: 0, free_bytes: 0 };
        // SAFETY: `raw` outlives the call.
        check(unsafe { (self.devices.device)(index, &mut raw) })?;
        Ok(raw)
    }

    /// An NCCL group of `size` processes on GPU `device`, as an owned `c10::intrusive_ptr<c10d::Backend>*`.
    ///
    /// # Safety
    /// `store` must be a live `c10::intrusive_ptr<c10d::Store>*` of the same libtorch.
    pub unsafe fn nccl_group(
        &self,
        store: *mut c_void,
        rank: usize,
        size: usize,
        device: usize,
        timeout: Duration,
    ) -> Result<*mut c_void, CudaObjectError> {
        let mut group = std::ptr::null_mut();
        let timeout = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        let (rank, size, device) = (rank as c_int, size as c_int, device as c_int);
        let make = self.devices.nccl_group;
        // SAFETY: as the caller promises; `group` outlives the call.
        check(unsafe { make(store, rank, size, device, timeout, &mut group) })?;
        Ok(group)
    }

    /// Gives the allocator's unused blocks back to the device.
    pub fn release_cached_memory(&self) -> Result<(), CudaObjectError> {
        // SAFETY: no arguments; exceptions become messages.
        check(unsafe { (self.devices.release_cached_memory)() })
    }
}
