//! Where NVRTC lies.

use crate::CudaObjectError;
use crate::functions::Library;
use std::path::{Path, PathBuf};

/// NVRTC of the folder, else the one that is mapped, else the system's.
pub(super) fn library(libraries: &Path) -> Result<Library, CudaObjectError> {
    let system = ["libnvrtc.so.13", "libnvrtc.so.12"].map(PathBuf::from);
    let mut reason = String::new();
    for file in files_in(libraries).into_iter().chain(system) {
        open_builtins_beside(&file);
        match Library::open(&file) {
            Ok(library) => return Ok(library),
            // The first one is the one that was meant.
            Err(error) if reason.is_empty() => reason = error.to_string(),
            Err(_) => {}
        }
    }
    Err(CudaObjectError::Compile(format!("no NVRTC to compile kernels: {reason}")))
}

/// NVRTC opens its second part by a bare name when it compiles, which the loader finds only where it is mapped already: the wheels give
/// libnvrtc no run path.
fn open_builtins_beside(compiler: &Path) {
    let Some(folder) = compiler.parent().filter(|folder| folder.is_absolute()) else { return };
    for file in files_named(folder, |name| name.starts_with("libnvrtc-builtins.so.")) {
        // Whatever is wrong with it, NVRTC will say.
        let _ = Library::open(&file);
    }
}

/// NVRTC in the folders of the wheels of CUDA 13 and 12, and in those of other builds, which may put a hash into the name.
fn files_in(libraries: &Path) -> Vec<PathBuf> {
    let site = libraries.join("..").join("..").join("nvidia");
    let wheels = [libraries, &site]
        .map(|nvidia| [nvidia.join("cu13").join("lib"), nvidia.join("cuda_nvrtc").join("lib")]);
    let folders = std::iter::once(libraries.to_path_buf()).chain(wheels.into_iter().flatten());
    let is_compiler = |name: &str| {
        let other = name.contains("builtins") || name.contains(".alt.");
        name.starts_with("libnvrtc") && name.contains(".so.1") && !other
    };
    folders.flat_map(|folder| files_named(&folder, is_compiler)).collect()
}

fn files_named(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted))
        .collect()
}
