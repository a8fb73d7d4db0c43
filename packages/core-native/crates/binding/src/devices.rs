use crate::failure::{BindingFailure, outcome};
use flc_net::runtime;
use napi::Either;
use napi_derive::napi;
use serde_json::{Value, json};

/// What this process runs on. With `load_cuda` libtorch's CUDA library is loaded even where no driver is present.
#[napi]
pub fn runtime_report(load_cuda: bool) -> Either<Value, BindingFailure> {
    outcome(|| {
        let driver = runtime::nvidia_driver_present();
        let loaded = (driver || load_cuda).then(runtime::load_cuda);
        let ready = matches!(loaded, Some(Ok(())));
        // Without the library a query would make libtorch remember that there is no CUDA.
        let count = if ready && tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
        Ok(json!({
            "libtorch": runtime::libtorch_folder(),
            "cpu": { "cores": runtime::resolve_threads(0), "bf16": runtime::cpu_has_bf16() },
            "cuda": {
                "driver": driver,
                "loaded": ready,
                "reason": match loaded { Some(Err(reason)) => Some(reason), _ => None },
                "hasCudart": ready && tch::utils::has_cudart(),
                "devices": count,
            },
            "residentBytes": runtime::resident_memory(),
            "peakResidentBytes": runtime::peak_resident_memory(),
            "cachedBytes": flc_torch_ext::cached_memory(),
        }))
    })
}
