//! Libraries that are opened at run time, and in words what the loader says where that fails.

use std::ffi::{CStr, CString};
use std::fmt;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure {
    pub problem: String,
    pub remedy: String,
}

impl fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.problem, self.remedy)
    }
}

/// `dlopen` by absolute path with global symbols; the library stays mapped for the life of the process.
pub fn open(path: &Path) -> Result<(), LoadFailure> {
    let name =
        CString::new(path.to_string_lossy().as_bytes()).map_err(|e| explain(&e.to_string()))?;
    // SAFETY: a valid C string.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if !handle.is_null() {
        return Ok(());
    }
    // SAFETY: dlerror returns a string that is valid until the next dl call of this thread.
    let reason = unsafe {
        let text = libc::dlerror();
        if text.is_null() { "unknown".into() } else { CStr::from_ptr(text).to_string_lossy() }
    };
    Err(explain(&reason))
}

/// How the symbols of a library begin, what people call it, and its file. The first that fits is meant.
const LIBRARIES: [(&str, &str, &str); 14] = [
    ("nccl", "NCCL", "libnccl.so"),
    ("cudnn", "cuDNN", "libcudnn.so"),
    ("cublas", "cuBLAS", "libcublas.so"),
    ("cufft", "cuFFT", "libcufft.so"),
    ("curand", "cuRAND", "libcurand.so"),
    ("cusolver", "cuSOLVER", "libcusolver.so"),
    ("cusparse", "cuSPARSE", "libcusparse.so"),
    ("cupti", "CUPTI", "libcupti.so"),
    ("cuFile", "cuFile", "libcufile.so"),
    ("nvrtc", "NVRTC", "libnvrtc.so"),
    ("nvJitLink", "nvJitLink", "libnvJitLink.so"),
    ("nvshmem", "NVSHMEM", "libnvshmem_host.so"),
    ("cuda", "the CUDA runtime", "libcudart.so"),
    ("cu", "the NVIDIA driver", "libcuda.so"),
];

/// `text`: of dlerror, such as `/some/folder/libtorch_cuda.so: undefined symbol: ncclRecv`. Folders are left out of the words, which go into
/// logs: they may hold names.
pub fn explain(text: &str) -> LoadFailure {
    let text = without_folders(text);
    let (file, reason) = text.split_once(": ").unwrap_or(("", &text));
    if let Some(symbol) = reason.strip_prefix("undefined symbol: ") {
        return misfit(&library_of(symbol), file, reason);
    }
    if let Some((reason, by)) = reason.split_once(" (required by ")
        && reason.starts_with("version ")
    {
        return misfit(file, by.trim_end_matches(')'), reason);
    }
    let remedy = if reason.starts_with("cannot open shared object file") {
        "Fetch the CUDA libraries by `flc-native setup --cuda yes`."
    } else {
        "Run `flc-native doctor`."
    };
    let problem = format!("a CUDA library does not load: {text}");
    LoadFailure { problem, remedy: remedy.into() }
}

fn library_of(symbol: &str) -> String {
    let symbol = symbol.trim_start_matches('_');
    let found = LIBRARIES.into_iter().find(|(prefix, ..)| symbol.starts_with(prefix));
    found.map_or("a part of libtorch".into(), |(_, name, file)| format!("{name} ({file})"))
}

/// A library that was found, but has not what `by` wants of it.
fn misfit(library: &str, by: &str, reason: &str) -> LoadFailure {
    LoadFailure {
        problem: format!("{library} is probably of another version than {by} wants: {reason}"),
        remedy: "Take other copies out of LD_LIBRARY_PATH. If there are none, remove the torch that `flc-native doctor` names and run `flc-native setup --cuda yes`.".into(),
    }
}

fn without_folders(text: &str) -> String {
    let bare = |word: &str| match word.rsplit_once('/') {
        // Not the slash of a word such as I/O.
        Some((folder, file)) if folder.is_empty() || folder.contains('/') => {
            let quoted = if folder.starts_with(['(', '`', '\'']) { &folder[..1] } else { "" };
            format!("{quoted}{file}")
        }
        _ => word.to_string(),
    };
    text.split(' ').map(bare).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_symbol_names_the_library_that_does_not_fit() {
        for (symbol, library) in [
            ("ncclRecv", "NCCL (libnccl.so)"),
            ("cudnnGetVersion, version libcudnn.so.9", "cuDNN (libcudnn.so)"),
            ("cublasLtMatmul, version libcublasLt.so.13", "cuBLAS (libcublas.so)"),
            ("cusparseLtInit", "cuSPARSE (libcusparse.so)"),
            ("__nvJitLinkCreate_13_0", "nvJitLink (libnvJitLink.so)"),
            ("cudaGraphAddNode", "the CUDA runtime (libcudart.so)"),
            ("cuMemCreate", "the NVIDIA driver (libcuda.so)"),
            ("_ZN3c104cuda14ExchangeDeviceEa", "a part of libtorch"),
        ] {
            let failure = explain(&format!(
                "/home/jo/torch/lib/libtorch_cuda.so: undefined symbol: {symbol}"
            ));
            let expected = format!(
                "{library} is probably of another version than libtorch_cuda.so wants: undefined symbol: {symbol}"
            );
            assert_eq!(failure.problem, expected);
            assert!(failure.remedy.contains("LD_LIBRARY_PATH"), "{failure}");
            assert!(failure.remedy.contains("flc-native setup --cuda yes"), "{failure}");
        }
    }

    #[test]
    fn what_is_missing_or_too_old_is_named_without_its_folder() {
        let missing =
            explain("libnccl.so.2: cannot open shared object file: No such file or directory");
        assert_eq!(
            missing.to_string(),
            "a CUDA library does not load: libnccl.so.2: cannot open shared object file: No such file or directory. Fetch the CUDA libraries by `flc-native setup --cuda yes`."
        );
        let old = explain(
            "/opt/cuda/libcudart.so.13: version `libcudart.so.13' not found (required by /home/jo/lib/libtorch_cuda.so)",
        );
        assert_eq!(
            old.problem,
            "libcudart.so.13 is probably of another version than libtorch_cuda.so wants: version `libcudart.so.13' not found"
        );
        let other = explain("/home/jo/lib/libtorch_cuda.so: file too short");
        assert!(other.problem.ends_with(": libtorch_cuda.so: file too short"), "{other}");
        assert!(other.remedy.contains("doctor"), "{other}");
    }
}
