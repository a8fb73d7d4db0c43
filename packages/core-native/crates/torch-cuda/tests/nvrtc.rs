//! The kernels compile for every GPU that libtorch supports; that needs NVIDIA's compiler, but no GPU.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use flc_torch_cuda::nvrtc::{self, Nvrtc};
use flc_torch_cuda::{BATCH_NORM_SOURCE, CudaObjectError, PATCH_KERNEL_SOURCE};
use std::ffi::CStr;
use std::path::Path;

/// Compute capabilities of libtorch 2.11's wheels (torch.cuda.get_arch_list) and those between them.
const WANTED: [i32; 7] = [75, 80, 86, 89, 90, 100, 120];

fn compiler() -> Option<Nvrtc> {
    match Nvrtc::open(&support::libtorch()) {
        Ok(nvrtc) => Some(nvrtc),
        Err(error) => support::skipped(&error.to_string()),
    }
}

/// `source` has the functions `entries` on each of the wanted architectures.
fn compiles(source: &CStr, entries: &[String]) {
    let Some(nvrtc) = compiler() else { return };
    let known = nvrtc.architectures().unwrap();
    let wanted: Vec<i32> = WANTED.into_iter().filter(|sm| known.contains(sm)).collect();
    assert!(wanted.len() >= 5, "of {WANTED:?} this NVRTC knows {wanted:?} only");
    for sm in wanted {
        let cubin = nvrtc.compile(source, &format!("sm_{sm}")).unwrap();
        assert_eq!(&cubin[..4], b"\x7fELF", "sm_{sm}");
        for entry in entries {
            let found = cubin.windows(entry.len()).any(|bytes| bytes == entry.as_bytes());
            assert!(found, "{entry} is not in the code for sm_{sm}");
        }
    }
}

#[test]
fn the_patch_kernel_compiles_for_every_supported_gpu() {
    let entries = ["float32", "bfloat16"].map(|kind| format!("flc_cut_patches_{kind}"));
    compiles(PATCH_KERNEL_SOURCE, &entries);
}

#[test]
fn the_batch_norm_kernels_compile_for_every_supported_gpu() {
    let typed = ["statistics", "normalize", "gradient_sums", "gradient_input"];
    let typed = typed.map(|name| [format!("{name}_float32"), format!("{name}_bfloat16")]);
    let others = ["finish", "gradient_finish"].map(String::from);
    let names = typed.into_iter().flatten().chain(others);
    let entries: Vec<String> = names.map(|name| format!("flc_batch_norm_{name}")).collect();
    compiles(BATCH_NORM_SOURCE, &entries);
}

#[test]
fn a_gpu_gets_code_of_its_own_major_version() {
    let Some(nvrtc) = compiler() else { return };
    assert_eq!(nvrtc.architecture_for(90).unwrap(), "sm_90");
    // Of a minor version that NVRTC has not heard of yet: the nearest below.
    assert_eq!(nvrtc.architecture_for(99).unwrap(), "sm_90");
    let error = nvrtc.architecture_for(35).unwrap_err().to_string();
    assert_eq!(error, "this NVRTC does not compile for GPUs of capability 3.5");
}

#[test]
fn what_does_not_compile_is_said_with_the_place() {
    let Some(_) = compiler() else { return };
    let error = nvrtc::compile(c"int x = y;", "sm_90", &support::libtorch()).unwrap_err();
    assert!(matches!(error, CudaObjectError::Compile(_)));
    let words = error.to_string();
    assert!(words.contains("kernel.cu(1)") && words.contains("\"y\" is undefined"), "{words}");
    let error = nvrtc::compile(PATCH_KERNEL_SOURCE, "sm_1", &support::libtorch()).unwrap_err();
    assert!(error.to_string().starts_with("kernel not compiled for sm_1"), "{error}");
}

#[test]
fn the_version_is_that_of_the_wheels() {
    let Some(_) = compiler() else { return };
    let version = nvrtc::version(&support::libtorch()).unwrap();
    assert!((12..=13).contains(&version.0));
    // The folder of the wheels does as well as libtorch's own.
    let wheels = support::libtorch().join("../../nvidia");
    assert_eq!(nvrtc::version(&wheels).unwrap(), version);
}

#[test]
fn a_missing_compiler_is_an_error_in_words() {
    // Another test of this process may have mapped it, which is as good.
    let Err(error) = nvrtc::version(Path::new("/nonexistent")) else { return };
    assert!(
        error.to_string().starts_with("no NVRTC to compile kernels: libnvrtc.so.13"),
        "{error}"
    );
}
