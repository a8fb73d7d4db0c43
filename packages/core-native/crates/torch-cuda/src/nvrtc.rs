//! NVIDIA's compiler of CUDA C++ as a library, opened at run time. It needs no GPU.

mod find;

use crate::code_cache::{self, CodeCache};
use crate::functions::functions;
use crate::{CudaObject, CudaObjectError};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

type Program = *mut c_void;

// nvrtc.h; the same since CUDA 11.2.
functions!(NvrtcFunctions {
    version = c"nvrtcVersion": (*mut c_int, *mut c_int) -> c_int,
    architecture_count = c"nvrtcGetNumSupportedArchs": (*mut c_int) -> c_int,
    architectures = c"nvrtcGetSupportedArchs": (*mut c_int) -> c_int,
    create = c"nvrtcCreateProgram":
        (*mut Program, *const c_char, *const c_char, c_int, *const *const c_char, *const *const c_char) -> c_int,
    compile = c"nvrtcCompileProgram": (Program, c_int, *const *const c_char) -> c_int,
    cubin_size = c"nvrtcGetCUBINSize": (Program, *mut usize) -> c_int,
    cubin = c"nvrtcGetCUBIN": (Program, *mut c_char) -> c_int,
    log_size = c"nvrtcGetProgramLogSize": (Program, *mut usize) -> c_int,
    log = c"nvrtcGetProgramLog": (Program, *mut c_char) -> c_int,
    destroy = c"nvrtcDestroyProgram": (*mut Program) -> c_int,
    error_text = c"nvrtcGetErrorString": (c_int) -> *const c_char,
});

/// A file of cuda/ as a C string.
macro_rules! kernel_text {
    ($file:literal) => {
        match std::ffi::CStr::from_bytes_with_nul(
            concat!(include_str!(concat!("../cuda/", $file)), "\0").as_bytes(),
        ) {
            Ok(text) => text,
            Err(_) => c"",
        }
    };
}
pub(crate) use kernel_text;

/// What kernels include, by name and text.
const HEADERS: [(&CStr, &CStr); 2] = [
    (c"bfloat16.h", kernel_text!("bfloat16.h")),
    (c"batch_norm_arguments.h", kernel_text!("batch_norm_arguments.h")),
];

/// Machine code of `source` for `architecture`, such as `sm_90`. `libraries`: see [`Nvrtc::open`].
pub fn compile(
    source: &CStr,
    architecture: &str,
    libraries: &Path,
) -> Result<Vec<u8>, CudaObjectError> {
    Nvrtc::open(libraries)?.compile(source, architecture)
}

/// Major and minor version of the NVRTC that [`compile`] would use.
pub fn version(libraries: &Path) -> Result<(i32, i32), CudaObjectError> {
    Nvrtc::open(libraries)?.version()
}

/// The opened compiler; it stays mapped for the life of the process.
#[derive(Debug, Clone, Copy)]
pub struct Nvrtc {
    functions: NvrtcFunctions,
}

impl Nvrtc {
    /// `libraries`: site-packages/nvidia, torch/lib or a folder with libnvrtc.so.13 or .12; where it holds none, the one that is mapped,
    /// else the system's.
    pub fn open(libraries: &Path) -> Result<Self, CudaObjectError> {
        // SAFETY: the types are those of nvrtc.h.
        Ok(Self { functions: unsafe { NvrtcFunctions::of(find::library(libraries)?)? } })
    }

    /// Major and minor, such as (13, 0).
    pub fn version(&self) -> Result<(i32, i32), CudaObjectError> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: both outlive the call; so below.
        self.check(unsafe { (self.functions.version)(&mut major, &mut minor) })?;
        Ok((major, minor))
    }

    /// What it compiles for: compute capabilities in ascending order, 9.0 as 90.
    pub fn architectures(&self) -> Result<Vec<i32>, CudaObjectError> {
        let mut count = 0;
        self.check(unsafe { (self.functions.architecture_count)(&mut count) })?;
        let mut found = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: room for `count` numbers.
        self.check(unsafe { (self.functions.architectures)(found.as_mut_ptr()) })?;
        found.sort_unstable();
        Ok(found)
    }

    /// The best architecture for a GPU of `capability` (9.0 as 90): machine code runs on the same major version with an equal or higher
    /// minor one.
    pub fn architecture_for(&self, capability: i32) -> Result<String, CudaObjectError> {
        let known = self.architectures()?;
        let fits = |found: &&i32| **found <= capability && **found / 10 == capability / 10;
        let best = known.iter().filter(fits).max().ok_or_else(|| {
            let (major, minor) = (capability / 10, capability % 10);
            let words =
                format!("this NVRTC does not compile for GPUs of capability {major}.{minor}");
            CudaObjectError::Compile(words)
        })?;
        Ok(format!("sm_{best}"))
    }

    /// Machine code (cubin) of `source` for `architecture`.
    ///
    /// # Errors
    /// The compiler's messages, if it refuses the source or the architecture.
    pub fn compile(&self, source: &CStr, architecture: &str) -> Result<Vec<u8>, CudaObjectError> {
        let option = CString::new(format!("--gpu-architecture={architecture}"))
            .map_err(|error| CudaObjectError::Compile(error.to_string()))?;
        let options = [option.as_ptr(), c"--std=c++17".as_ptr()];
        let mut program = OpenProgram { handle: ptr::null_mut(), nvrtc: self };
        let (names, texts) =
            (HEADERS.map(|(name, _)| name.as_ptr()), HEADERS.map(|(_, text)| text.as_ptr()));
        // SAFETY: the strings outlive the calls; the buffers have the sizes that NVRTC asks for.
        unsafe {
            let (name, count) = (c"kernel.cu".as_ptr(), HEADERS.len() as c_int);
            let (f, texts, names) = (&self.functions, texts.as_ptr(), names.as_ptr());
            let program_of = &mut program.handle;
            self.check((f.create)(program_of, source.as_ptr(), name, count, texts, names))?;
            let status = (f.compile)(program.handle, options.len() as c_int, options.as_ptr());
            if status != 0 {
                let (words, log) = (self.words(status), program.log());
                let problem = format!("kernel not compiled for {architecture}: {words}\n{log}");
                return Err(CudaObjectError::Compile(problem.trim_end().into()));
            }
            let mut size = 0;
            self.check((f.cubin_size)(program.handle, &mut size))?;
            let mut cubin = vec![0_u8; size];
            self.check((f.cubin)(program.handle, cubin.as_mut_ptr().cast()))?;
            Ok(cubin)
        }
    }

    fn check(&self, status: c_int) -> Result<(), CudaObjectError> {
        if status == 0 { Ok(()) } else { Err(CudaObjectError::Compile(self.words(status))) }
    }

    fn words(&self, status: c_int) -> String {
        // SAFETY: a static string for every number.
        unsafe { CStr::from_ptr((self.functions.error_text)(status)) }
            .to_string_lossy()
            .into_owned()
    }
}

impl CudaObject {
    /// `source` for GPU `device`: its machine code and architecture.
    pub(crate) fn compile_for(
        &self,
        device: i32,
        libraries: &Path,
        source: &CStr,
    ) -> Result<(Vec<u8>, String), CudaObjectError> {
        let capability = self.capability(device)?;
        let nvrtc = Nvrtc::open(libraries)?;
        let architecture = nvrtc.architecture_for(capability)?;
        let compile = || nvrtc.compile(source, &architecture);
        let (major, minor) = nvrtc.version()?;
        let compiler = format!("{major}.{minor}");
        let code = match CodeCache::of_user() {
            Some(cache) => {
                let key = code_cache::key(source, &HEADERS, &compiler, &architecture);
                cache.get_or_make(&key, compile)?
            }
            None => compile()?,
        };
        Ok((code, architecture))
    }
}

/// Closed at the end, whichever way that comes.
struct OpenProgram<'a> {
    handle: Program,
    nvrtc: &'a Nvrtc,
}

impl OpenProgram<'_> {
    /// # Safety
    /// The program must have been created.
    unsafe fn log(&self) -> String {
        let mut size = 0;
        // SAFETY: `size` outlives the call, and the buffer has the size that NVRTC asks for.
        unsafe {
            if (self.nvrtc.functions.log_size)(self.handle, &mut size) != 0 {
                return String::new();
            }
            let mut text = vec![0_u8; size.max(1)];
            (self.nvrtc.functions.log)(self.handle, text.as_mut_ptr().cast());
            let text = CStr::from_bytes_until_nul(&text).unwrap_or_default();
            text.to_string_lossy().into_owned()
        }
    }
}

impl Drop for OpenProgram<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: created, and destroyed once.
            unsafe { (self.nvrtc.functions.destroy)(&mut self.handle) };
        }
    }
}
