//! From a job to a run that stands before its next step.

use super::Run;
use crate::config::{Precision, TrainConfig};
use crate::data::{LesionStore, PatchList, Sample, SampleRef};
use crate::device::DeviceSpec;
use crate::distributed::{Placement, Team};
use crate::sampler::Sampler;
use crate::train::event_log::EventLog;
use crate::train::job::{TrainingJob, check_classes, check_partition, check_run_dir, fingerprint};
use crate::train::outcome_queue::OutcomeQueue;
use crate::train::shared_folder::folder_is_shared;
use crate::train::step_programs::StepPrograms;
use crate::train::team_start::{agree_on_start, connect_gpus, read_checkpoint};
use crate::train::{EarlyStopping, Event, Learner, Validation};
use crate::{NetError, Result, cuda, runtime, state_file};
use std::path::Path;
use std::time::Instant;
use tch::Device;

impl<'a> Run<'a> {
    pub(super) fn start(
        team: &'a Team,
        mut job: TrainingJob,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Self> {
        let device = open_device(team, &mut job)?;
        let config = job.config.clone();
        let classes = check_classes(&job)?;
        let data = fingerprint(&job);
        let mut checkpoint = None;
        if team.writes() {
            check_run_dir(&job)?;
            checkpoint = read_checkpoint(&job, &data, team.size())?;
            write_config(&job.run_dir, &config)?;
        }
        let cohort = Cohort::read(&job, &classes, device)?;
        let mut validation = cohort.validation;
        let validation_patches = validation.patches.len();
        validation.keep_share(team);
        let training_patches = cohort.training.patches.len();
        let sampler = Sampler::new(&config, cohort.training, &classes)?;
        let mut learner = Learner::new(&config, device)?;
        if let Some(checkpoint) = &checkpoint {
            checkpoint.restore(&mut learner)?;
        }
        let resumed = checkpoint.is_some();
        let from_processes = checkpoint.as_ref().map_or(team.size(), |c| c.progress.processes);
        let saved = checkpoint.map(|checkpoint| checkpoint.progress);
        let progress = agree_on_start(team, &config, &data, saved, &mut learner)?;
        let run_dir_is_shared = folder_is_shared(team, &job.run_dir)?;
        let stopping = match &progress {
            None => EarlyStopping::new(config.patience),
            Some(saved) => EarlyStopping::restore(
                config.patience,
                saved.best_accuracy,
                saved.best_step,
                saved.evaluations_since_best,
            ),
        };
        let (step, last_evaluation, earlier_seconds) =
            progress.as_ref().map_or((0, 0, 0.0), |p| (p.step, p.last_evaluation, p.seconds));
        let log = if team.writes() {
            Some(EventLog::open(&job.run_dir, resumed.then_some(step))?)
        } else {
            None
        };
        let programs = StepPrograms::new(&config, device, team);
        let started = Event::Start {
            step,
            resumed: progress.is_some(),
            config: Box::new(config.clone()),
            device: device_name(device),
            parameters: learner.network.parameters.count(),
            training_samples: cohort.training_samples,
            training_patches,
            validation_samples: cohort.validation_samples,
            validation_patches,
            processes: team.size(),
            warnings: warnings(&config, device, &programs, from_processes, team.size()),
        };
        let outcomes = OutcomeQueue::new(config.report_every, device)?;
        let mut run = Self {
            team,
            config,
            run_dir: job.run_dir,
            run_dir_is_shared,
            device,
            classes,
            data,
            store: cohort.store,
            sampler,
            validation,
            learner,
            programs,
            outcomes,
            stopping,
            log,
            step,
            last_evaluation,
            first_step: step,
            earlier_seconds,
            clock: Instant::now(),
        };
        run.report(started, emit)?;
        run.outcomes.restart_clock();
        Ok(run)
    }
}

/// The lesions on the device and which of their patches are for what.
struct Cohort {
    store: LesionStore,
    training: PatchList,
    training_samples: usize,
    validation: Validation,
    validation_samples: usize,
}

impl Cohort {
    fn read(job: &TrainingJob, classes: &[i64], device: Device) -> Result<Self> {
        let config = &job.config;
        let refs: Vec<_> = job
            .samples
            .iter()
            .map(|s| SampleRef { file: s.file.clone(), key: s.key.clone() })
            .collect();
        let samples = Sample::read_all(&refs)?;
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
        Ok(Self {
            training_samples: training.samples().len(),
            training,
            validation_samples: validating.samples().len(),
            validation: Validation::new(
                &validating,
                &groups,
                classes,
                per_lesion,
                config.seed,
                whole_rois,
            ),
            store,
        })
    }
}

/// Also settles the number of threads and, in a team, how GPUs talk to each other.
fn open_device(team: &Team, job: &mut TrainingJob) -> Result<Device> {
    let (local_rank, local_size) = job.placement.as_ref().map_or((0, 1), Placement::local);
    let config = &mut job.config;
    config.threads = runtime::resolve_share_of_threads(config.threads, local_size);
    tch::set_num_threads(config.threads as i32);
    let device = DeviceSpec::parse(&config.device)?.open_as(local_rank, &config.device)?;
    if let Device::Cuda(_) = device {
        cuda::open_object(job.cuda_object.as_deref());
    }
    connect_gpus(team, device)?;
    Ok(device)
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

fn warnings(
    config: &TrainConfig,
    device: Device,
    programs: &StepPrograms,
    from_processes: usize,
    processes: usize,
) -> Vec<String> {
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
        warnings.extend(cuda::fallbacks(device));
        let eager = programs.eager_because();
        warnings.extend(eager.map(|reason| format!("steps run without a CUDA graph: {reason}")));
    }
    if config.accumulate > 1 {
        warnings.push(format!(
            "a batch is computed in {} parts: batch statistics are each part's own",
            config.accumulate
        ));
    }
    if from_processes != processes {
        warnings.push(format!(
            "resumed by {processes} instead of {from_processes} processes: the run goes on, but not bit for bit"
        ));
    }
    warnings
}
