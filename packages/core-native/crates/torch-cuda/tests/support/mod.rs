//! What the tests need from outside: libtorch, the CUDA wheels beside it and the built object.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]

use flc_torch_cuda::CudaObject;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// torch/lib, from which NVRTC is found too.
pub fn libtorch() -> PathBuf {
    Path::new(env!("LIBTORCH")).join("lib")
}

/// Says why a test has nothing to do. Where the CUDA wheels were asked for, as in CI, it has.
pub fn skipped<T>(reason: &str) -> Option<T> {
    assert!(std::env::var_os("FLC_CUDA").is_none(), "FLC_CUDA is set, but {reason}");
    eprintln!("skipped: {reason}");
    None
}

/// The object that build.mjs made; FLC_CUDA_OBJECT names another one.
pub fn object_file() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../native/libflc_torch_cuda.so");
    let file = std::env::var_os("FLC_CUDA_OBJECT").map_or(built, PathBuf::from);
    if file.exists() {
        return Some(file);
    }
    skipped("libflc_torch_cuda.so was not built (`npm run build`)")
}

pub fn object() -> Option<CudaObject> {
    static OPENED: OnceLock<Option<CudaObject>> = OnceLock::new();
    *OPENED.get_or_init(|| {
        let file = object_file()?;
        load_globally(&libtorch().join("libtorch_cuda.so"));
        Some(CudaObject::open(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    })
}

/// The object, where this machine has a GPU for it.
pub fn object_with_gpu() -> Option<CudaObject> {
    // Without a driver libtorch_cuda.so need not be loaded.
    let driver = ["/dev/nvidiactl", "/proc/driver/nvidia/version"].map(Path::new);
    let driver = driver.iter().any(|sign| sign.exists());
    let found = driver.then(object).flatten().filter(|object| object.device_count() > 0);
    if found.is_none() {
        eprintln!("skipped: this machine has no GPU");
    }
    found
}

/// Before libtorch is asked for CUDA, whose absence it remembers.
fn load_globally(library: &Path) {
    let name = CString::new(library.to_string_lossy().as_bytes()).expect("a path");
    // SAFETY: a valid C string; the library stays mapped.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    assert!(!handle.is_null(), "{} does not load", library.display());
}
