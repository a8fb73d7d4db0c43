use crate::failure::{BindingFailure, guarded};
use crate::work::Work;
use flc_net::NetError;
use flc_net::bench::{self, BenchCase, BenchTimes};
use flc_net::config::TrainConfig;
use flc_net::runtime;
use napi::bindgen_prelude::{Float32Array, Int32Array, Object};
use napi::{Either, Env, Result};
use napi_derive::napi;
use serde_json::Value;

/// A batch on which the benchmarks time the training step (`kind: "training"`) or the label map (`"labelMap"`).
#[napi(object, object_to_js = false)]
pub struct BindingBench {
    pub kind: String,
    pub config: Value,
    pub weights: String,
    /// [n, phases, patchSize, patchSize]
    pub patches: Float32Array,
    /// [rois, phases, ...roiSize]
    pub rois: Float32Array,
    pub roi_size: Vec<u32>,
    pub roi_of_patch: Int32Array,
    pub targets: Int32Array,
    pub repeats: u32,
}

#[napi(object, object_from_js = false)]
pub struct BindingBenchTimes {
    pub seconds: Vec<f64>,
    pub losses: Vec<f64>,
    pub logits: Float32Array,
}

type Resolver = Box<dyn FnOnce(Env) -> Result<Either<BindingBenchTimes, BindingFailure>> + Send>;

#[napi(ts_return_type = "Promise<BindingBenchTimes | BindingFailure>")]
pub fn run_bench(env: &Env, bench: BindingBench) -> Result<Object<'_>> {
    let (deferred, promise) = env.create_deferred::<_, Resolver>()?;
    let training = bench.kind == "training";
    let repeats = bench.repeats as usize;
    let case = guarded(|| convert(&bench));
    Work::of(env)?.spawn("flc-bench", move || {
        let times = case.and_then(|case| {
            guarded(|| {
                flc_torch_ext::install_caching_allocator(runtime::memory_limit(1));
                if training {
                    bench::training_steps(&case, repeats)
                } else {
                    bench::label_maps(&case, repeats)
                }
            })
        });
        flc_torch_ext::release_cached_memory();
        deferred.resolve(Box::new(move |_| Ok(to_binding(times))));
    })?;
    Ok(promise)
}

fn convert(bench: &BindingBench) -> std::result::Result<BenchCase, NetError> {
    let &[rows, columns] = bench.roi_size.as_slice() else {
        return Err(NetError::data("roiSize is not [rows, columns]", "Pass two numbers."));
    };
    Ok(BenchCase {
        config: TrainConfig::resolve(&bench.config)?,
        weights: bench.weights.clone().into(),
        patches: bench.patches.to_vec(),
        rois: bench.rois.to_vec(),
        roi_size: [i64::from(rows), i64::from(columns)],
        roi_of_patch: bench.roi_of_patch.iter().map(|&roi| i64::from(roi)).collect(),
        targets: bench.targets.iter().map(|&target| i64::from(target)).collect(),
    })
}

fn to_binding(
    times: std::result::Result<BenchTimes, BindingFailure>,
) -> Either<BindingBenchTimes, BindingFailure> {
    match times {
        Ok(BenchTimes { seconds, losses, logits }) => {
            Either::A(BindingBenchTimes { seconds, losses, logits: logits.into() })
        }
        Err(failure) => Either::B(failure),
    }
}
