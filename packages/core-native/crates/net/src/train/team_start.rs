//! The start of a run by several processes: the same run in all of them, from the state of rank 0.

use super::checkpoint::differing_keys;
use super::{Checkpoint, EarlyStopping, Learner, Progress, TrainingJob};
use crate::config::TrainConfig;
use crate::distributed::Team;
use crate::{NetError, Result, cuda};
use serde_json::json;
use tch::Device;

/// The checkpoint to go on from, if the job resumes.
pub(super) fn read_checkpoint(
    job: &TrainingJob,
    data: &str,
    processes: usize,
) -> Result<Option<Checkpoint>> {
    if !job.resume {
        return Ok(None);
    }
    let checkpoint = Checkpoint::read(&job.run_dir)?;
    checkpoint.check_resumable(&job.config, data, processes, job.force)?;
    Ok(Some(checkpoint))
}

/// Gives every process weights, statistics, optimizer, centres and progress of rank 0; refuses a process that was started on other data
/// or settings. `progress`: where rank 0 goes on from.
pub(super) fn agree_on_start(
    team: &Team,
    config: &TrainConfig,
    data: &str,
    progress: Option<Progress>,
    learner: &mut Learner,
) -> Result<Option<Progress>> {
    if team.is_alone() {
        return Ok(progress);
    }
    let words =
        || Ok(json!({ "config": config, "data": data, "progress": progress, "version": VERSION }));
    let told = team.words_of_first("start", words)?;
    let progress = match told {
        None => progress,
        Some(told) => {
            let parsed = |key: &str| told[key].clone();
            check_same(&parsed("data"), &json!(data), "data")?;
            check_same(&parsed("version"), &json!(VERSION), "version of flc-native")?;
            let theirs: TrainConfig = serde_json::from_value(parsed("config"))
                .map_err(|error| NetError::Internal(error.to_string()))?;
            check_config(config, &theirs)?;
            serde_json::from_value(parsed("progress"))
                .map_err(|error| NetError::Internal(error.to_string()))?
        }
    };
    let unused = Progress::new(0, 0, &EarlyStopping::new(1), 0.0, data, config, team.size());
    Checkpoint::capture(learner, unused)?.of_first(team)?.restore(learner)?;
    Ok(progress)
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn check_same(theirs: &serde_json::Value, own: &serde_json::Value, what: &str) -> Result<()> {
    if theirs == own {
        return Ok(());
    }
    Err(NetError::data(
        format!("this process was started on another {what} than rank 0"),
        "Start all processes by the same command on the same prepared folder.",
    ))
}

/// Where and with how many threads a process computes is its own affair.
fn check_config(own: &TrainConfig, theirs: &TrainConfig) -> Result<()> {
    let comparable =
        |config: &TrainConfig| TrainConfig { threads: 0, device: String::new(), ..config.clone() };
    let keys = differing_keys(&comparable(theirs), &comparable(own));
    if keys.is_empty() {
        return Ok(());
    }
    Err(NetError::config(
        &keys.join(", "),
        "differs from the configuration of rank 0",
        "Start all processes by the same command.",
    ))
}

/// NCCL carries what lies on GPUs.
pub(super) fn connect_gpus(team: &Team, device: Device) -> Result<()> {
    let Device::Cuda(index) = device else { return Ok(()) };
    if team.is_alone() {
        return Ok(());
    }
    let unavailable = |problem: String| NetError::CudaUnavailable {
        problem: format!("GPUs cannot talk to each other: {problem}"),
        remedy: "Run `flc-native doctor`; one process per run needs no NCCL.".into(),
    };
    let object = cuda::object().map_err(unavailable)?;
    team.connect_gpus(|store, placement| {
        // SAFETY: the store is open; the pointer is a group of the libtorch that both objects use.
        let group = unsafe {
            object.nccl_group(
                store.as_ptr(),
                placement.rank,
                placement.world_size,
                index,
                placement.timeout(),
            )
        };
        let pointer = group.map_err(|error| unavailable(error.to_string()))?;
        Ok(unsafe { flc_torch_ext::ProcessGroup::from_raw(pointer) })
    })
}
