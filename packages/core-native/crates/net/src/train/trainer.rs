use super::event_log::EventLog;
use super::job::{TrainingJob, check_classes, check_partition, check_run_dir, fingerprint};
use super::team_start::{agree_on_start, connect_gpus, read_checkpoint};
use super::{
    Checkpoint, EarlyStopping, EndReason, Event, Learner, Progress, Tally, Validation, save_model,
};
use crate::config::{Precision, TrainConfig};
use crate::data::{LesionStore, PatchList, Sample, SampleRef};
use crate::device::DeviceSpec;
use crate::distributed::{Placement, Team};
use crate::sampler::Sampler;
use crate::{NetError, Result, runtime, state_file};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tch::Device;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingResult {
    pub reason: EndReason,
    pub step: i64,
    pub best_step: i64,
    pub best_accuracy: f64,
    pub seconds: f64,
    pub model_dir: PathBuf,
}

/// Trains on the calling thread, which owns all tensors. Every event goes to `events.jsonl` and to `emit`. A cancelled run leaves a checkpoint.
/// With a placement this process is one of a team: all are called with the same job, and rank 0 alone writes files.
pub fn train(
    job: TrainingJob,
    cancelled: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(&Event),
) -> Result<TrainingResult> {
    job.config.validate()?;
    let team = Team::join(job.placement.as_ref())?;
    let outcome = train_in(&team, job, cancelled, emit);
    team.leave(outcome)
}

fn train_in(
    team: &Team,
    job: TrainingJob,
    cancelled: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(&Event),
) -> Result<TrainingResult> {
    let mut run = Run::start(team, job, emit)?;
    let reason = loop {
        // What ends the loop is agreed on: all processes leave it at the same step.
        if team.any(cancelled())? {
            return run.cancel(emit);
        }
        if run.evaluation_is_due() {
            match run.evaluate(cancelled, emit) {
                Err(NetError::Cancelled { .. }) => return run.cancel(emit),
                other => other?,
            }
        }
        if run.stopping.should_stop() {
            break EndReason::Patience;
        }
        if run.step >= run.config.max_steps {
            break EndReason::MaxSteps;
        }
        run.train_step(emit)?;
        if run.step % run.config.checkpoint_every == 0 {
            run.checkpoint(emit)?;
        }
    };
    run.end(reason, emit)
}

struct Run<'a> {
    team: &'a Team,
    config: TrainConfig,
    run_dir: PathBuf,
    device: Device,
    classes: Vec<i64>,
    data: String,
    store: LesionStore,
    sampler: Sampler,
    validation: Validation,
    learner: Learner,
    stopping: EarlyStopping,
    /// Rank 0's.
    log: Option<EventLog>,
    /// Steps done.
    step: i64,
    last_evaluation: i64,
    /// Steps done before this process.
    first_step: i64,
    earlier_seconds: f64,
    clock: Instant,
}

impl<'a> Run<'a> {
    fn start(team: &'a Team, mut job: TrainingJob, emit: &mut dyn FnMut(&Event)) -> Result<Self> {
        let (local_rank, local_size) = job.placement.as_ref().map_or((0, 1), Placement::local);
        job.config.threads = runtime::resolve_share_of_threads(job.config.threads, local_size);
        tch::set_num_threads(job.config.threads as i32);
        let config = job.config.clone();
        let device = DeviceSpec::parse(&config.device)?.open_as(local_rank, &config.device)?;
        connect_gpus(team, device, job.cuda_object.as_deref())?;
        let classes = check_classes(&job)?;
        let data = fingerprint(&job);
        let checkpoint = if team.writes() {
            check_run_dir(&job)?;
            read_checkpoint(&job, &data, team.size())?
        } else {
            None
        };
        if team.writes() {
            write_config(&job.run_dir, &config)?;
        }

        let refs: Vec<_> = job
            .samples
            .iter()
            .map(|s| SampleRef { file: s.file.clone(), key: s.key.clone() })
            .collect();
        let store = LesionStore::new(
            &Sample::read_all(&refs)?,
            &config.network,
            config.background,
            device,
        )?;
        let patch_size = config.network.patch_size;
        let training = PatchList::from_triples(&job.training_patches, &store.sizes, patch_size)?;
        let validating =
            PatchList::from_triples(&job.validation_patches, &store.sizes, patch_size)?;
        let groups: Vec<_> = job.samples.iter().map(|sample| sample.group.clone()).collect();
        let (training_samples, training_patches) =
            (training.samples().len(), training.patches.len());
        let validation_samples = validating.samples().len();
        check_partition(&training, &validating, &groups)?;
        let whole_rois = !config.network.has_local();
        let per_lesion = config.evaluate_patches_per_lesion;
        let mut validation =
            Validation::new(&validating, &groups, &classes, per_lesion, config.seed, whole_rois);
        let validation_patches = validation.patches.len();
        validation.keep_share(team);
        let sampler = Sampler::new(&config, training, &classes)?;
        let mut learner = Learner::new(&config, device)?;
        let mut stopping = EarlyStopping::new(config.patience);
        let (mut step, mut last_evaluation, mut earlier_seconds) = (0, 0, 0.0);
        if let Some(checkpoint) = &checkpoint {
            checkpoint.restore(&mut learner)?;
        }
        let resumed = checkpoint.is_some();
        let from_processes = checkpoint.as_ref().map_or(team.size(), |c| c.progress.processes);
        let progress =
            agree_on_start(team, &config, &data, checkpoint.map(|c| c.progress), &mut learner)?;
        if let Some(saved) = &progress {
            stopping = EarlyStopping::restore(
                config.patience,
                saved.best_accuracy,
                saved.best_step,
                saved.evaluations_since_best,
            );
            (step, last_evaluation, earlier_seconds) =
                (saved.step, saved.last_evaluation, saved.seconds);
        }
        let log = if team.writes() {
            Some(EventLog::open(&job.run_dir, resumed.then_some(step))?)
        } else {
            None
        };
        let started = Event::Start {
            step,
            resumed: progress.is_some(),
            config: Box::new(config.clone()),
            device: device_name(device),
            parameters: learner.network.parameters.count(),
            training_samples,
            training_patches,
            validation_samples,
            validation_patches,
            processes: team.size(),
            warnings: warnings(&config, device, from_processes, team.size()),
        };
        let mut run = Self {
            team,
            config,
            run_dir: job.run_dir,
            device,
            classes,
            data,
            store,
            sampler,
            validation,
            learner,
            stopping,
            log,
            step,
            last_evaluation,
            first_step: step,
            earlier_seconds,
            clock: Instant::now(),
        };
        run.report(started, emit)?;
        Ok(run)
    }

    fn train_step(&mut self, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        let begin = Instant::now();
        let network = &self.config.network;
        let batch = self.sampler.draw(&self.config, self.step);
        let members = batch.share(self.team)?;
        let inputs = members.inputs(&self.store, network, self.device)?;
        let targets = members.targets(&self.classes, network, self.device)?;
        let rows = batch.rows(network);
        let part = members.rows(network) as f64 / rows as f64;
        let outcome = self.learner.step_in(self.team, part, &inputs, &targets)?;
        self.step += 1;
        if !outcome.loss.is_finite() {
            return Err(NetError::config(
                "learningRate",
                format!("the loss is {} at step {}: training diverged", outcome.loss, self.step),
                "Lower learningRate or lambda, or use intraReduction: mean. The last checkpoint is untouched.",
            ));
        }
        let done = (self.step - self.first_step) as f64;
        let eta =
            self.clock.elapsed().as_secs_f64() / done * (self.config.max_steps - self.step) as f64;
        self.report(Event::step(self.step, outcome, rows, begin.elapsed().as_secs_f64(), eta), emit)
    }

    /// Also after a resume from a checkpoint that was written before its evaluation.
    fn evaluation_is_due(&self) -> bool {
        let scheduled =
            self.step % self.config.evaluate_every == 0 || self.step == self.config.max_steps;
        self.step > self.last_evaluation && scheduled
    }

    fn evaluate(
        &mut self,
        cancelled: &dyn Fn() -> bool,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<()> {
        let begin = Instant::now();
        let own =
            self.validation.evaluate(&self.learner.network, &self.store, self.device, cancelled);
        let tally = Tally::of_team(self.team, own)?;
        let (accuracy, loss) = (tally.accuracy(), tally.mean_loss());
        self.last_evaluation = self.step;
        let best = self.stopping.observe(self.step, accuracy);
        if best && self.team.writes() {
            save_model(&self.model_dir(), &self.learner.network, self.config.background)?;
        }
        let seconds = begin.elapsed().as_secs_f64();
        self.report(Event::Evaluation { step: self.step, accuracy, loss, best, seconds }, emit)
    }

    /// `None` where another process writes it.
    fn checkpoint(&mut self, emit: &mut dyn FnMut(&Event)) -> Result<Option<PathBuf>> {
        if !self.team.writes() {
            return Ok(None);
        }
        let progress = Progress::new(
            self.step,
            self.last_evaluation,
            &self.stopping,
            self.seconds(),
            &self.data,
            &self.config,
            self.team.size(),
        );
        let checkpoint = Checkpoint::capture(&self.learner, progress)?;
        let path = checkpoint.write(&self.run_dir)?;
        self.report(
            Event::Checkpoint { step: self.step, path: within(&self.run_dir, &path) },
            emit,
        )?;
        Ok(Some(path))
    }

    fn cancel(mut self, emit: &mut dyn FnMut(&Event)) -> Result<TrainingResult> {
        let path = self.checkpoint(emit)?;
        self.report(self.end_event(EndReason::Cancelled), emit)?;
        Err(NetError::Cancelled { checkpoint: path })
    }

    fn end(mut self, reason: EndReason, emit: &mut dyn FnMut(&Event)) -> Result<TrainingResult> {
        self.checkpoint(emit)?;
        self.report(self.end_event(reason), emit)?;
        Ok(TrainingResult {
            reason,
            step: self.step,
            best_step: self.stopping.best_step,
            best_accuracy: self.stopping.best_accuracy,
            seconds: self.seconds(),
            model_dir: self.model_dir(),
        })
    }

    fn end_event(&self, reason: EndReason) -> Event {
        let EarlyStopping { best_step, best_accuracy, .. } = self.stopping;
        Event::End { reason, step: self.step, best_step, best_accuracy, seconds: self.seconds() }
    }

    fn report(&mut self, event: Event, emit: &mut dyn FnMut(&Event)) -> Result<()> {
        if let Some(log) = &mut self.log {
            log.append(&event)?;
        }
        emit(&event);
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.earlier_seconds + self.clock.elapsed().as_secs_f64()
    }

    fn model_dir(&self) -> PathBuf {
        self.run_dir.join("model")
    }
}

fn write_config(run_dir: &Path, config: &TrainConfig) -> Result<()> {
    let text = serde_json::to_string_pretty(config)
        .map_err(|error| NetError::Internal(error.to_string()))?;
    state_file::write_atomic(&run_dir.join("config.json"), text.as_bytes())
}

/// A log holds no path of the machine: names of patients hide in folders.
fn within(run_dir: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(run_dir).unwrap_or(path).to_path_buf()
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
    from_processes: usize,
    processes: usize,
) -> Vec<String> {
    let slow_bf16 =
        config.precision == Precision::Bf16 && device == Device::Cpu && !runtime::cpu_has_bf16();
    let mut warnings = Vec::new();
    if slow_bf16 {
        warnings.push(
            "this CPU has no bfloat16 arithmetic: precision float32 will be faster".to_string(),
        );
    }
    if from_processes != processes {
        warnings.push(format!(
            "resumed by {processes} instead of {from_processes} processes: the run goes on, but not bit for bit"
        ));
    }
    warnings
}
