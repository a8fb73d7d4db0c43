//! Test executables find libtorch by a run path; the addon needs none, since JavaScript loads libtorch before it.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo through stdout")]

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if let Ok(lib) = std::env::var("DEP_FLC_TORCH_EXT_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    }
}
