//! On a machine without a GPU the object opens, and every call says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]

mod support;

use flc_torch_cuda::CudaObjectError;

#[test]
fn every_call_is_an_error_in_words() {
    let Some(object) = support::object() else { return };
    if object.device_count() > 0 {
        eprintln!("skipped: this machine has a GPU");
        return;
    }
    let refused = |what: &str, error: Option<CudaObjectError>| {
        let words = error.unwrap_or_else(|| panic!("{what} did not fail")).to_string();
        assert!(words.contains("NVIDIA driver") || words.contains("GPU"), "{what}: {words}");
        assert!(!words.contains('\n') && words.len() < 300, "{what}: {words}");
    };
    refused("device", object.device(0).err());
    refused("memory", object.memory(0).err());
    refused("reset_peak_memory", object.reset_peak_memory(0).err());
    refused("patch_kernel", object.patch_kernel(0, &support::libtorch()).err());
    refused("batch_norm_kernel", object.batch_norm_kernel(0, &support::libtorch()).err());
    refused("graph_begin", object.graph_begin(0).err());
    refused("side_streams", object.side_streams(0, 3).err());
    refused("readback", object.readback(0, 1).err());
    refused("pinned_upload", object.pinned_upload(0, 1).err());
    assert_eq!(object.readback(0, 0).unwrap_err().to_string(), "a readback of no values");
    assert_eq!(object.pinned_upload(0, 0).unwrap_err().to_string(), "an upload of no values");
}

#[test]
fn an_object_that_is_not_there_is_named() {
    let missing = std::path::Path::new("/nonexistent/libflc_torch_cuda.so");
    let error = flc_torch_cuda::CudaObject::open(missing).unwrap_err();
    assert!(error.to_string().contains("libflc_torch_cuda.so"), "{error}");
}
