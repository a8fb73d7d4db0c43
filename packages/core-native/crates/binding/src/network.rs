use crate::cancellation::BindingCancellation;
use crate::failure::{BindingFailure, guarded};
use crate::network_thread::{self, Facts, LoadRequest, PredictRequest};
use crate::samples::{BindingSample, OwnedSample};
use crate::work::Work;
use flc_net::NetError;
use flc_net::config::Precision;
use flc_net::inference::Predictions;
use napi::bindgen_prelude::{Float32Array, Int32Array, Object, Uint8Array};
use napi::{Either, Env, Result};
use napi_derive::napi;
use serde_json::Value;
use std::sync::mpsc::Sender;

type Resolver<T> = Box<dyn FnOnce(Env) -> Result<Either<T, BindingFailure>> + Send>;

#[napi(string_enum = "lowercase")]
pub enum BindingPrecision {
    Float32,
    Tf32,
    Bf16,
    Float64,
}

impl From<BindingPrecision> for Precision {
    fn from(precision: BindingPrecision) -> Self {
        match precision {
            BindingPrecision::Float32 => Self::Float32,
            BindingPrecision::Tf32 => Self::Tf32,
            BindingPrecision::Bf16 => Self::Bf16,
            BindingPrecision::Float64 => Self::Float64,
        }
    }
}

#[napi(object, object_to_js = false)]
pub struct BindingLoadOptions {
    pub model_dir: String,
    pub device: String,
    pub threads: u32,
    pub precision: BindingPrecision,
    /// Absent: as suits the device.
    pub patches_at_once: Option<u32>,
    /// Path of libflc_torch_cuda.so, if it was built.
    pub cuda_object: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct BindingPredictions {
    pub classes: Uint8Array,
    /// [n, classes]
    pub probabilities: Float32Array,
    /// Patches that were computed at once in the end, where memory did not hold as many as intended.
    pub reduced_to: Option<u32>,
    /// What is done otherwise than it should be, and why; each once.
    pub notices: Option<Vec<String>>,
}

/// A loaded network. Its tensors live on a thread of their own; `close` lets them go.
#[napi]
pub struct BindingNetwork {
    requests: Option<Sender<PredictRequest>>,
    config: Value,
    patches_at_once: u32,
}

#[napi(ts_return_type = "Promise<BindingNetwork | BindingFailure>")]
pub fn load_network(env: &Env, options: BindingLoadOptions) -> Result<Object<'_>> {
    let (deferred, promise) = env.create_deferred::<_, Resolver<BindingNetwork>>()?;
    let request = LoadRequest {
        model_dir: options.model_dir.into(),
        device: options.device,
        threads: i64::from(options.threads),
        precision: options.precision.into(),
        patches_at_once: options.patches_at_once.map(|patches| patches as usize),
        cuda_object: options.cuda_object.map(Into::into),
    };
    network_thread::spawn(request, Work::of(env)?.begin(), move |outcome| {
        deferred.resolve(Box::new(move |_| {
            Ok(match outcome {
                Ok((requests, Facts { config, patches_at_once })) => {
                    let config = serde_json::to_value(config)?;
                    let patches_at_once = patches_at_once as u32;
                    Either::A(BindingNetwork { requests: Some(requests), config, patches_at_once })
                }
                Err(failure) => Either::B(failure),
            })
        }));
    })?;
    Ok(promise)
}

#[napi]
impl BindingNetwork {
    /// The architecture, as in network.json.
    #[napi(getter)]
    pub fn config(&self) -> Value {
        self.config.clone()
    }

    /// Patches that share a batch.
    #[napi(getter)]
    pub fn patches_at_once(&self) -> u32 {
        self.patches_at_once
    }

    #[napi(ts_return_type = "Promise<BindingPredictions | BindingFailure>")]
    pub fn predict<'env>(
        &self,
        env: &'env Env,
        samples: Vec<BindingSample>,
        patches: Int32Array,
        cancellation: &BindingCancellation,
    ) -> Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred::<_, Resolver<BindingPredictions>>()?;
        let reply = move |outcome: std::result::Result<Predictions, BindingFailure>| {
            deferred.resolve(Box::new(move |_| {
                Ok(match outcome {
                    Ok(predictions) => Either::A(BindingPredictions {
                        classes: predictions.classes.into(),
                        probabilities: predictions.probabilities.into(),
                        reduced_to: predictions.reduced_to.map(|patches| patches as u32),
                        notices: Some(predictions.notices).filter(|notices| !notices.is_empty()),
                    }),
                    Err(failure) => Either::B(failure),
                })
            }));
        };
        let patches = patches.to_vec();
        let work = Work::of(env)?;
        let cancelled = Box::new(work.or_ended(cancellation.check()));
        let samples = guarded(|| samples.into_iter().map(OwnedSample::from_binding).collect());
        let closed = || NetError::data("the network is closed", "Load it again.").into();
        match (samples, &self.requests) {
            (Err(failure), _) => reply(Err(failure)),
            (_, None) => reply(Err(closed())),
            (Ok(samples), Some(requests)) => {
                let (busy, reply) = (work.begin(), Box::new(reply));
                let request = PredictRequest { samples, patches, cancelled, busy, reply };
                if let Err(unsent) = requests.send(request) {
                    (unsent.0.reply)(Err(closed()));
                }
            }
        }
        Ok(promise)
    }

    #[napi]
    pub fn close(&mut self) {
        self.requests = None;
    }
}
