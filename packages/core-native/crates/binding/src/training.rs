use crate::cancellation::BindingCancellation;
use crate::failure::{BindingFailure, guarded, outcome};
use crate::work::Work;
use flc_net::NetError;
use flc_net::config::TrainConfig;
use flc_net::distributed::Placement;
use flc_net::runtime;
use flc_net::train::{TrainingJob, TrainingResult, TrainingSample};
use napi::bindgen_prelude::{Function, Int32Array};
use napi::threadsafe_function::ThreadsafeFunctionCallMode::NonBlocking;
use napi::{Either, Env};
use napi_derive::napi;
use serde_json::{Value, json};

#[napi(object, object_to_js = false)]
pub struct BindingTrainingJob {
    pub config: Value,
    /// { file, key, class, group } each.
    pub samples: Value,
    pub training_patches: Int32Array,
    pub validation_patches: Int32Array,
    pub run_dir: String,
    pub resume: bool,
    pub force: bool,
    /// A placement (`resolve_placement`), or nothing for a process that trains alone.
    pub placement: Option<Value>,
    /// Path of libflc_torch_cuda.so, if it was built.
    pub cuda_object: Option<String>,
}

/// Starts a run on a thread of its own. `on_message` gets JSON texts in order: `{"event"}` each, then one `{"result"}` or `{"failure"}`, which is the last.
#[napi(
    ts_args_type = "job: BindingTrainingJob, cancellation: BindingCancellation, onMessage: (message: string) => void"
)]
pub fn start_training(
    env: &Env,
    job: BindingTrainingJob,
    cancellation: &BindingCancellation,
    on_message: Function<'_, String, ()>,
) -> napi::Result<Either<bool, BindingFailure>> {
    let work = Work::of(env)?;
    let cancelled = work.or_ended(cancellation.check());
    // Strong: a run in progress keeps the process alive. It is dropped with the thread.
    let messages = on_message.build_threadsafe_function().callee_handled::<false>().build()?;
    Ok(outcome(move || {
        let job = convert(job)?;
        let processes = job.placement.as_ref().map_or(1, |placement| placement.local().1);
        let body = move || {
            let send = |message: Value| {
                messages.call(message.to_string(), NonBlocking);
            };
            let trained = guarded(|| {
                flc_torch_ext::install_caching_allocator(runtime::memory_limit(processes));
                flc_net::train::train(job, &cancelled, &mut |event| send(json!({ "event": event })))
            });
            flc_torch_ext::release_cached_memory();
            send(last_message(trained));
        };
        work.spawn("flc-train", body).map_err(|source| NetError::io("thread", source))?;
        Ok(true)
    }))
}

fn last_message(trained: Result<TrainingResult, BindingFailure>) -> Value {
    match trained {
        Ok(result) => json!({ "result": result }),
        Err(failure) => json!({ "failure": failure.to_json() }),
    }
}

fn convert(job: BindingTrainingJob) -> Result<TrainingJob, NetError> {
    let samples: Vec<TrainingSample> = serde_json::from_value(job.samples).map_err(|error| {
        NetError::config(
            "samples",
            error.to_string(),
            "Give file, key, class and group for each sample.",
        )
    })?;
    Ok(TrainingJob {
        config: TrainConfig::resolve(&job.config)?,
        samples,
        training_patches: job.training_patches.to_vec(),
        validation_patches: job.validation_patches.to_vec(),
        run_dir: job.run_dir.into(),
        resume: job.resume,
        force: job.force,
        placement: job.placement.map(parse_placement).transpose()?,
        cuda_object: job.cuda_object.map(Into::into),
    })
}

/// Which of several processes this one is: what is asked for, else what the environment of torchrun or SLURM says; null for one that
/// trains alone.
#[napi]
pub fn resolve_placement(explicit: Option<Value>) -> Either<Value, BindingFailure> {
    outcome(|| {
        let explicit = explicit.map(parse_placement).transpose()?;
        let placement = Placement::resolve(explicit, &|name| std::env::var(name).ok())?;
        Ok(json!(placement))
    })
}

fn parse_placement(value: Value) -> Result<Placement, NetError> {
    serde_json::from_value(value).map_err(|error| {
        NetError::config(
            "distributed",
            error.to_string(),
            "Give rank, worldSize and store (host:port).",
        )
    })
}
