//! From a job to a run that stands before its next step.

use super::Run;
use crate::config::{Precision, TrainConfig};
use crate::data::{LesionStore, PatchList, Sample, SampleRef};
use crate::device::{DeviceSpec, Opened};
use crate::distributed::{Placement, Team};
use crate::sampler::Sampler;
use crate::train::event_log::EventLog;
use crate::train::job::{TrainingJob, check_classes, check_partition, check_run_dir, fingerprint};
use crate::train::outcome_queue::OutcomeQueue;
use crate::train::run_lock::RunLock;
use crate::train::shared_folder::folder_is_shared;
use crate::train::step_programs::StepPrograms;
use crate::train::team_start::{agree_on_start, connect_gpus, read_checkpoint};
use crate::train::{Checkpoint, EarlyStopping, Event, Learner, Progress, Validation};
use crate::{NetError, Result, cuda, runtime, state_file};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;
use tch::Device;

impl<'a> Run<'a> {
    pub(super) fn start(
        team: &'a Team,
        mut job: TrainingJob,
        cancelled: &dyn Fn() -> bool,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Self> {
        let Opened { device, notice } = open_device(team, &mut job)?;
        let config = job.config.clone();
        let classes = check_classes(&job)?;
        let data = fingerprint(&job);
        let (lock, checkpoint) = claim_run_dir(team, &job, &data)?;
        let Cohort { store, training, validation, counts } =
            Cohort::read(team, &job, &classes, device, cancelled)?;
        let sampler = Sampler::new(&config, training, &classes)?;
        let mut learner = Learner::new(&config, device)?;
        if let Some(checkpoint) = &checkpoint {
            checkpoint.restore(&mut learner)?;
        }
        let saved = checkpoint.map(|checkpoint| checkpoint.progress);
        let progress = agree_on_start(team, &config, &data, saved, &mut learner)?;
        let run_dir_is_shared = folder_is_shared(team, &job.run_dir)?;
        let (step, last_evaluation, earlier_seconds) =
            progress.as_ref().map_or((0, 0, 0.0), |p| (p.step, p.last_evaluation, p.seconds));
        let resumed_at = progress.as_ref().map(|progress| progress.step);
        let log = team.writes().then(|| open_run_dir(&job, resumed_at)).transpose()?;
        let mut run = Self {
            programs: StepPrograms::new(&config, device, team),
            outcomes: OutcomeQueue::new(config.report_every, device)?,
            stopping: stopping(&config, progress.as_ref()),
            team,
            config,
            run_dir: job.run_dir,
            run_dir_is_shared,
            device,
            classes,
            data,
            store,
            sampler,
            validation,
            learner,
            _lock: lock,
            log,
            step,
            last_evaluation,
            first_step: step,
            noticed: BTreeSet::new(),
            earlier_seconds,
            clock: Instant::now(),
        };
        let from_processes = progress.as_ref().map_or(team.size(), |p| p.processes);
        let warnings = notice.into_iter().chain(run.warnings(from_processes)).collect();
        run.report(run.start_event(counts, progress.is_some(), warnings), emit)?;
        if progress.is_some_and(|progress| progress.best_step == progress.step && run.step > 0) {
            // The process may have ended before it wrote the model of its best step.
            run.save_model()?;
        }
        run.outcomes.restart_clock();
        Ok(run)
    }

    fn start_event(&self, counts: Counts, resumed: bool, warnings: Vec<String>) -> Event {
        Event::Start {
            step: self.step,
            resumed,
            config: Box::new(self.config.clone()),
            device: device_name(self.device),
            parameters: self.learner.network.parameters.count(),
            training_samples: counts.training_samples,
            training_patches: counts.training_patches,
            validation_samples: counts.validation_samples,
            validation_patches: counts.validation_patches,
            processes: self.team.size(),
            warnings,
        }
    }

    /// `from_processes`: how many the run had before.
    fn warnings(&mut self, from_processes: usize) -> Vec<String> {
        let Self { config, device, programs, .. } = self;
        let mut warnings = Vec::new();
        let on_gpu = matches!(device, Device::Cuda(_));
        if config.precision == Precision::Bf16 && !on_gpu && !runtime::cpu_has_bf16() {
            warnings.push(
                "this CPU has no bfloat16 arithmetic: precision float32 will be faster".to_string(),
            );
        }
        if config.precision == Precision::Tf32 && !on_gpu {
            warnings.push("precision tf32 is for GPUs: this run computes in float32".to_string());
        }
        if on_gpu {
            warnings.extend(cuda::fallbacks(*device));
            let eager = programs.eager_because();
            warnings
                .extend(eager.map(|reason| format!("steps run without a CUDA graph: {reason}")));
        }
        warnings.append(&mut self.learner.notices);
        warnings.append(&mut self.outcomes.notices);
        if config.accumulate > 1 {
            warnings.push(format!(
                "a batch is computed in {} parts: batch statistics are each part's own",
                config.accumulate
            ));
        }
        let processes = self.team.size();
        if from_processes != processes {
            warnings.push(format!(
                "resumed by {processes} instead of {from_processes} processes: the run goes on, but not bit for bit"
            ));
        }
        warnings
    }
}

/// The folder made this run's by rank 0, which returns the checkpoint to go on from, if the job resumes.
fn claim_run_dir(
    team: &Team,
    job: &TrainingJob,
    data: &str,
) -> Result<(Option<RunLock>, Option<Checkpoint>)> {
    if !team.writes() {
        return Ok((None, None));
    }
    let lock = RunLock::take(&job.run_dir)?;
    check_run_dir(job)?;
    Ok((Some(lock), read_checkpoint(job, data, team.size())?))
}

/// What another run has left goes before this one writes anything: a kill must not leave the one's checkpoint beside the other's log.
fn open_run_dir(job: &TrainingJob, resumed_at: Option<i64>) -> Result<EventLog> {
    if resumed_at.is_none() {
        remove(&Checkpoint::path(&job.run_dir), |path| std::fs::remove_file(path))?;
        remove(&job.run_dir.join("model"), |path| std::fs::remove_dir_all(path))?;
    }
    write_config(&job.run_dir, &job.config)?;
    EventLog::open(&job.run_dir, resumed_at)
}

fn remove(path: &Path, by: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    match by(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(NetError::io(path, source)),
        _ => Ok(()),
    }
}

fn stopping(config: &TrainConfig, progress: Option<&Progress>) -> EarlyStopping {
    match progress {
        None => EarlyStopping::new(config.patience),
        Some(saved) => EarlyStopping::restore(
            config.patience,
            saved.best_accuracy,
            saved.best_step,
            saved.evaluations_since_best,
        ),
    }
}

/// Of all processes.
struct Counts {
    training_samples: usize,
    training_patches: usize,
    validation_samples: usize,
    validation_patches: usize,
}

/// The lesions on the device and which of their patches are for what.
struct Cohort {
    store: LesionStore,
    training: PatchList,
    /// This process's share.
    validation: Validation,
    counts: Counts,
}

impl Cohort {
    fn read(
        team: &Team,
        job: &TrainingJob,
        classes: &[i64],
        device: Device,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self> {
        let config = &job.config;
        let refs: Vec<_> = job
            .samples
            .iter()
            .map(|s| SampleRef { file: s.file.clone(), key: s.key.clone() })
            .collect();
        let samples = Sample::read_all(&refs, cancelled)?;
        let store = LesionStore::new(&samples, &config.network, config.background, device)?
            .for_precision(config.precision);
        let list = |triples: &[i32]| {
            PatchList::from_triples(triples, &store.sizes, config.network.patch_size)
        };
        let training = list(&job.training_patches)?;
        let validating = list(&job.validation_patches)?;
        let groups: Vec<_> = job.samples.iter().map(|sample| sample.group.clone()).collect();
        check_partition(&training, &validating, &groups)?;
        let whole_rois = !config.network.has_local();
        let per_lesion = config.evaluate_patches_per_lesion;
        let mut validation =
            Validation::new(&validating, &groups, classes, per_lesion, config.seed, whole_rois);
        let counts = Counts {
            training_samples: training.samples().len(),
            training_patches: training.patches.len(),
            validation_samples: validating.samples().len(),
            validation_patches: validation.patches.len(),
        };
        validation.keep_share(team);
        Ok(Self { store, training, validation, counts })
    }
}

/// Also settles the number of threads and, in a team, how GPUs talk to each other.
fn open_device(team: &Team, job: &mut TrainingJob) -> Result<Opened> {
    let (local_rank, local_size) = job.placement.as_ref().map_or((0, 1), Placement::local);
    let config = &mut job.config;
    config.threads = runtime::resolve_share_of_threads(config.threads, local_size);
    tch::set_num_threads(config.threads as i32);
    let opened = DeviceSpec::parse(&config.device)?.open_as(local_rank, &config.device)?;
    if let Device::Cuda(_) = opened.device {
        cuda::open_object(job.cuda_object.as_deref());
    }
    connect_gpus(team, opened.device)?;
    Ok(opened)
}

fn write_config(run_dir: &Path, config: &TrainConfig) -> Result<()> {
    let text = serde_json::to_string_pretty(config)
        .map_err(|error| NetError::Internal(error.to_string()))?;
    state_file::write_atomic(&run_dir.join("config.json"), text.as_bytes())
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        _ => "cpu".into(),
    }
}
