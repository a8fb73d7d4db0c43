//! Opens `libflc_torch_cuda.so` (cpp/cuda_object.cpp) at run time. It must come after libtorch_cuda.so, whose symbols it needs; a host without
//! a GPU can open it too and finds no device.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::time::Duration;

const INTERFACE: c_int = 2;

#[derive(Debug, thiserror::Error)]
pub enum CudaObjectError {
    #[error("{0}")]
    Load(String),
    #[error("built for interface {0}, this addon speaks {INTERFACE}: build again")]
    Interface(i32),
    #[error("{0}")]
    Call(String),
}

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
struct RawDevice {
    name: [c_char; 256],
    major: c_int,
    minor: c_int,
    total_bytes: usize,
    free_bytes: usize,
}

/// The opened object; it stays mapped for the life of the process.
#[derive(Debug)]
pub struct CudaObject {
    device_count: unsafe extern "C" fn() -> c_int,
    nccl_version: unsafe extern "C" fn(*mut c_int) -> *mut c_char,
    device: unsafe extern "C" fn(c_int, *mut RawDevice) -> *mut c_char,
    release_cached_memory: unsafe extern "C" fn() -> *mut c_char,
    nccl_group: NcclGroup,
}

type NcclGroup =
    unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int, i64, *mut *mut c_void) -> *mut c_char;

impl CudaObject {
    pub fn open(path: &Path) -> Result<Self, CudaObjectError> {
        let name = CString::new(path.to_string_lossy().as_bytes())
            .map_err(|error| CudaObjectError::Load(error.to_string()))?;
        // SAFETY: a valid C string; the handle is never closed.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(CudaObjectError::Load(last_error()));
        }
        // SAFETY: the types are those of cpp/cuda_object.cpp, and the interface number guards them.
        unsafe {
            let interface: unsafe extern "C" fn() -> c_int = symbol(handle, c"flc_cuda_interface")?;
            let found = interface();
            if found != INTERFACE {
                return Err(CudaObjectError::Interface(found));
            }
            Ok(Self {
                device_count: symbol(handle, c"flc_cuda_device_count")?,
                nccl_version: symbol(handle, c"flc_cuda_nccl_version")?,
                device: symbol(handle, c"flc_cuda_device")?,
                release_cached_memory: symbol(handle, c"flc_cuda_release_cached_memory")?,
                nccl_group: symbol(handle, c"flc_cuda_nccl_group")?,
            })
        }
    }

    pub fn device_count(&self) -> i32 {
        // SAFETY: no arguments, never throws.
        unsafe { (self.device_count)() }
    }

    /// Such as 2.28.9.
    pub fn nccl_version(&self) -> Result<String, CudaObjectError> {
        let mut packed = 0;
        // SAFETY: `packed` outlives the call.
        check(unsafe { (self.nccl_version)(&mut packed) })?;
        Ok(format!("{}.{}.{}", packed / 10_000, packed / 100 % 100, packed % 100))
    }

    pub fn device(&self, index: i32) -> Result<CudaDevice, CudaObjectError> {
        let mut raw =
            RawDevice { name: [0; 256], major: 0, minor: 0, total_bytes: 0, free_bytes: 0 };
        // SAFETY: `raw` outlives the call; the name is NUL-terminated by snprintf.
        check(unsafe { (self.device)(index, &mut raw) })?;
        let name = unsafe { CStr::from_ptr(raw.name.as_ptr()) }.to_string_lossy().into_owned();
        Ok(CudaDevice {
            name,
            capability: format!("{}.{}", raw.major, raw.minor),
            total_bytes: raw.total_bytes as u64,
            free_bytes: raw.free_bytes as u64,
        })
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
        // SAFETY: as the caller promises; `group` outlives the call.
        check(unsafe { (self.nccl_group)(store, rank, size, device, timeout, &mut group) })?;
        Ok(group)
    }

    pub fn release_cached_memory(&self) -> Result<(), CudaObjectError> {
        // SAFETY: no arguments; exceptions become messages.
        check(unsafe { (self.release_cached_memory)() })
    }
}

/// # Safety
/// `F` must be the type of the function of that name.
unsafe fn symbol<F: Copy>(handle: *mut c_void, name: &CStr) -> Result<F, CudaObjectError> {
    // SAFETY: a live handle and a valid C string.
    let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
    if address.is_null() || size_of::<F>() != size_of::<*mut c_void>() {
        return Err(CudaObjectError::Load(format!("symbol {} is missing", name.to_string_lossy())));
    }
    // SAFETY: `F` is a function pointer, as the caller promises.
    Ok(unsafe { std::mem::transmute_copy(&address) })
}

fn check(message: *mut c_char) -> Result<(), CudaObjectError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: a NUL-terminated string made by strdup, which is ours to free.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    unsafe { libc::free(message.cast()) };
    Err(CudaObjectError::Call(text.lines().next().unwrap_or_default().into()))
}

fn last_error() -> String {
    // SAFETY: dlerror's string is valid until the next dl call of this thread.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            "unknown".into()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}
