//! Compiles the C++ shim against the headers of the one supported libtorch.
#![allow(
    clippy::exit,
    clippy::print_stdout,
    reason = "a build script speaks to cargo through stdout and its exit code"
)]
use std::path::{Path, PathBuf};

const TORCH_VERSION: &str = "2.11.0";
const SOURCES: [&str; 9] = [
    "cpp/batch_norm_relu.cpp",
    "cpp/fused_sgd.cpp",
    "cpp/convolution.cpp",
    "cpp/cpu_allocator.cpp",
    "cpp/math_modes.cpp",
    "cpp/pad_shortcut.cpp",
    "cpp/process_store.cpp",
    "cpp/process_group.cpp",
    "cpp/winograd_convolution.cpp",
];

fn main() {
    let libtorch = match std::env::var("LIBTORCH") {
        Ok(folder) => PathBuf::from(folder),
        Err(_) => fail("LIBTORCH is not set: run `npm run setup`, which provides libtorch"),
    };
    check_version(&libtorch);
    compile_kernels();
    let include = libtorch.join("include");
    shim()
        // at::parallel_for is a template over OpenMP; libgomp is the copy that libtorch has loaded.
        .flag("-fopenmp")
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .include("cpp/gloo-declarations")
        .define("USE_DISTRIBUTED", None)
        .define("USE_C10D_GLOO", None)
        .files(SOURCES)
        .compile("flc_torch_ext");
    println!("cargo:rerun-if-changed=cpp");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
    println!("cargo:rustc-link-lib=gomp");
    // Dependents need it for the run path of their test executables.
    println!("cargo:lib={}", libtorch.join("lib").display());
}

fn shim() -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").opt_level(3).warnings(false).define("NDEBUG", None);
    build
}

const AVX2: &[&str] = &["-mavx2", "-mfma"];
const AVX512: &[&str] =
    &["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mfma", "-mprefer-vector-width=512"];

/// The same loops for each instruction set; the shim chooses when it runs.
fn compile_kernels() {
    let batch_norm = "cpp/batch_norm_kernels.cpp";
    compile_for(batch_norm, "avx512", AVX512);
    compile_for(batch_norm, "avx2", AVX2);
    compile_for(batch_norm, "baseline", &[]);
    let winograd = "cpp/winograd_kernels.cpp";
    compile_for(winograd, "avx512_bf16", &[AVX512, &["-mavx512bf16"]].concat());
    compile_for(winograd, "avx512", AVX512);
    compile_for(winograd, "avx2", AVX2);
}

fn compile_for(file: &str, set: &str, flags: &[&str]) {
    let mut build = shim();
    build.define("FLC_ISA", set).flag("-fno-math-errno").flag("-fno-trapping-math");
    flags.iter().for_each(|flag| {
        build.flag(flag);
    });
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    build.file(file).compile(&format!("flc_{stem}_{set}"));
}

/// A wheel has no `build-version` file, so torch-sys checks nothing: read `version.py`.
fn check_version(libtorch: &Path) {
    let file = libtorch.join("version.py");
    println!("cargo:rerun-if-changed={}", file.display());
    let text = std::fs::read_to_string(&file)
        .or_else(|_| std::fs::read_to_string(libtorch.join("build-version")))
        .unwrap_or_else(|error| fail(&format!("{}: {error}", file.display())));
    if !text.contains(TORCH_VERSION) {
        fail(&format!("{} is not torch {TORCH_VERSION}", libtorch.display()));
    }
}

fn fail(message: &str) -> ! {
    println!("cargo::error={message}");
    std::process::exit(1)
}
