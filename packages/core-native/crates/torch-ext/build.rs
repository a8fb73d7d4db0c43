//! Compiles the C++ shim against the headers of the one supported libtorch.
#![allow(
    clippy::exit,
    clippy::print_stdout,
    reason = "a build script speaks to cargo through stdout and its exit code"
)]
use std::path::{Path, PathBuf};

const TORCH_VERSION: &str = "2.11.0";

fn main() {
    let libtorch = match std::env::var("LIBTORCH") {
        Ok(folder) => PathBuf::from(folder),
        Err(_) => fail("LIBTORCH is not set: run `npm run setup`, which provides libtorch"),
    };
    check_version(&libtorch);
    let sources = ["cpp/fused_sgd.cpp", "cpp/convolution.cpp", "cpp/cpu_allocator.cpp"];
    let include = libtorch.join("include");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .warnings(false)
        .define("NDEBUG", None)
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .files(sources)
        .compile("flc_torch_ext");
    for source in sources {
        println!("cargo:rerun-if-changed={source}");
    }
    println!("cargo:rerun-if-changed=cpp/boundary.h");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
    // Dependents need it for the run path of their test executables.
    println!("cargo:lib={}", libtorch.join("lib").display());
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
