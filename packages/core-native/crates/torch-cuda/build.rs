//! Test executables find libtorch by a run path; nothing else of this crate is linked to it.
#![allow(clippy::print_stdout, reason = "a build script speaks to cargo through stdout")]

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if let Ok(libtorch) = std::env::var("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
}
