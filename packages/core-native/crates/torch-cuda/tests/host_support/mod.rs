//! Kernels compiled for the host.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::ffi::{CStr, CString, c_void};
use std::path::Path;
use std::process::Command;

pub struct HostKernel(*mut c_void);

impl HostKernel {
    pub fn function(&self, name: &CStr) -> *mut c_void {
        // SAFETY: a handle that is never closed, and a C string.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null());
        function
    }
}

/// tests/host/`name`.cpp, to a file of this process: tests run side by side.
pub fn compiled(name: &str) -> HostKernel {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/host/{name}.cpp"));
    let file = format!("libhost-{name}-{}.so", std::process::id());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "g++".into());
    let flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"];
    let status = Command::new(compiler).args(flags).arg(&target).arg(source).status().unwrap();
    assert!(status.success());
    let path = CString::new(target.to_str().unwrap()).unwrap();
    // SAFETY: a valid C string.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null());
    // Mapped, it needs no name.
    let _ = std::fs::remove_file(target);
    HostKernel(handle)
}

pub fn fixture(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}
