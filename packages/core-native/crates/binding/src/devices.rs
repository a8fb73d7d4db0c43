use crate::failure::{BindingFailure, outcome};
use flc_net::{cuda, runtime};
use napi::Either;
use napi_derive::napi;
use serde_json::{Value, json};
use std::path::Path;
use tch::Device;

/// What this process runs on. With `load_cuda` libtorch's CUDA library is loaded even where no driver is present. `cuda_object`: path of
/// libflc_torch_cuda.so, if it was built.
#[napi]
pub fn runtime_report(
    load_cuda: bool,
    cuda_object: Option<String>,
) -> Either<Value, BindingFailure> {
    outcome(|| {
        Ok(json!({
            "libtorch": runtime::libtorch_folder(),
            "cpu": { "cores": runtime::resolve_threads(0), "bf16": runtime::cpu_has_bf16() },
            "cuda": cuda(load_cuda, cuda_object.as_deref()),
            "residentBytes": runtime::resident_memory(),
            "peakResidentBytes": runtime::peak_resident_memory(),
            "cachedBytes": flc_torch_ext::cached_memory(),
        }))
    })
}

fn cuda(load_cuda: bool, object: Option<&str>) -> Value {
    let driver = runtime::nvidia_driver_present();
    let loaded = (driver || load_cuda).then(runtime::load_cuda);
    let ready = matches!(loaded, Some(Ok(())));
    let failure = loaded.and_then(Result::err);
    // Without the library a query would make libtorch remember that there is no CUDA.
    let count = if ready && tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
    if ready {
        // The object needs the library's symbols.
        cuda::open_object(object.map(Path::new));
    }
    json!({
        "driver": driver,
        "loaded": ready,
        "reason": failure.as_ref().map(|failure| &failure.problem),
        "remedy": failure.as_ref().map(|failure| &failure.remedy),
        "hasCudart": ready && tch::utils::has_cudart(),
        "devices": count,
        "gpus": (0..count as usize).map(gpu).collect::<Vec<_>>(),
        "object": match cuda::object() {
            Ok(object) => json!({ "loaded": true, "reason": Value::Null, "nccl": object.nccl_version().ok() }),
            Err(reason) => json!({ "loaded": false, "reason": match object {
                None => "the CUDA part was not built",
                Some(_) if !ready => "it needs libtorch's CUDA library, which is not loaded",
                Some(_) => reason.as_str(),
            } }),
        },
    })
}

/// What the GPU is, and what libtorch does there in place of our own code.
fn gpu(index: usize) -> Value {
    let mut facts = match cuda::object().map(|object| object.device(index as i32)) {
        Ok(Ok(device)) => json!(device),
        Ok(Err(error)) => json!({ "problem": error.to_string() }),
        // The fallbacks say so.
        Err(_) => json!({}),
    };
    facts["fallbacks"] = json!(cuda::fallbacks(Device::Cuda(index)));
    facts
}
