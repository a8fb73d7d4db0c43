use super::{EarlyStopping, Learner};
use crate::config::TrainConfig;
use crate::distributed::Team;
use crate::{NetError, Result, state_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::Tensor;

const FORMAT: &str = "flc-checkpoint";
const VERSION: u32 = 1;

/// Where a run stands. There is no random state: every draw is a function of seed and step (random.rs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub format: String,
    pub version: u32,
    /// Steps done.
    pub step: i64,
    pub last_evaluation: i64,
    pub best_step: i64,
    pub best_accuracy: f64,
    pub evaluations_since_best: i64,
    /// Training time so far.
    pub seconds: f64,
    /// SHA-256 of samples, classes and patches: a run resumes on its own data alone.
    pub data: String,
    pub config: TrainConfig,
    /// Processes that train together.
    #[serde(default = "one")]
    pub processes: usize,
}

fn one() -> usize {
    1
}

impl Progress {
    pub fn new(
        step: i64,
        last_evaluation: i64,
        stopping: &EarlyStopping,
        seconds: f64,
        data: &str,
        config: &TrainConfig,
        processes: usize,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            step,
            last_evaluation,
            best_step: stopping.best_step,
            best_accuracy: stopping.best_accuracy,
            evaluations_since_best: stopping.evaluations_since_best,
            seconds,
            data: data.into(),
            config: config.clone(),
            processes,
        }
    }
}

/// `checkpoint/state.safetensors`: weights, running statistics, the optimizer's state, centres and the progress, in one file that is replaced whole.
#[derive(Debug)]
pub struct Checkpoint {
    pub progress: Progress,
    tensors: BTreeMap<String, Tensor>,
}

impl Checkpoint {
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    pub fn path(run_dir: &Path) -> PathBuf {
        run_dir.join("checkpoint").join("state.safetensors")
    }

    pub fn capture(learner: &Learner, progress: Progress) -> Result<Self> {
        let mut tensors = learner.optimizer.state();
        let network = learner.network.parameters.snapshot()?;
        tensors
            .extend(network.into_iter().map(|(name, tensor)| (format!("network.{name}"), tensor)));
        tensors.insert("centers".into(), learner.centers.values.shallow_clone());
        Ok(Self { progress, tensors })
    }

    pub fn write(&self, run_dir: &Path) -> Result<PathBuf> {
        let file = Self::path(run_dir);
        let progress = serde_json::to_string(&self.progress)
            .map_err(|error| NetError::Internal(error.to_string()))?;
        state_file::write(
            &file,
            &self.tensors,
            &BTreeMap::from([("progress".to_string(), progress)]),
        )?;
        Ok(file)
    }

    pub fn read(run_dir: &Path) -> Result<Self> {
        let file = Self::path(run_dir);
        if !file.exists() {
            return Err(NetError::Data {
                file: Some(file),
                problem: "the run has no checkpoint to resume from".into(),
                remedy: "Start it without resume.".into(),
            });
        }
        let state = state_file::read(&file)?;
        let corrupt = |problem: String| NetError::CheckpointCorrupt {
            file: file.clone(),
            problem,
            remedy: "Use another copy of the checkpoint, or start the run again.".into(),
        };
        let text = state
            .metadata
            .get("progress")
            .ok_or_else(|| corrupt("it has no progress record".into()))?;
        let progress: Progress =
            serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
        if progress.format != FORMAT || progress.version != VERSION {
            return Err(corrupt(format!(
                "format {} version {} is not known",
                progress.format, progress.version
            )));
        }
        if !state.is_verified {
            return Err(corrupt("it has no checksum".into()));
        }
        let Progress { step, last_evaluation, best_step, .. } = progress;
        if step < 0 || last_evaluation > step || best_step > step {
            return Err(corrupt(format!("step {step} does not follow what was done before it")));
        }
        let checkpoint = Self { progress, tensors: state.tensors };
        match state_file::first_not_finite(checkpoint.tensors())? {
            Some(name) => Err(corrupt(format!("{name} is not finite: the run had diverged"))),
            None => Ok(checkpoint),
        }
    }

    /// Refuses a configuration or data under which the resumed run would not be the same run. Another number of processes ends
    /// bit-equality, and then threads and device, which go with it, are free too.
    pub fn check_resumable(
        &self,
        config: &TrainConfig,
        data: &str,
        processes: usize,
        force: bool,
    ) -> Result<()> {
        if self.progress.data != data {
            return Err(NetError::data(
                "the samples, classes or patches differ from those that the run was started with",
                "Resume with the same prepared folder and split, or start a new run.",
            ));
        }
        let saved = &self.progress.config;
        let other_team = processes != self.progress.processes;
        let any_threads = force || other_team;
        // How long to go on and how often to tell of it may change.
        let comparable = |config: &TrainConfig| TrainConfig {
            max_steps: 1,
            patience: 1,
            checkpoint_every: 1,
            report_every: 1,
            threads: if any_threads { 0 } else { config.threads },
            device: if other_team { String::new() } else { config.device.clone() },
            ..config.clone()
        };
        if comparable(saved) == comparable(config) {
            return Ok(());
        }
        let keys = differing_keys(&comparable(saved), &comparable(config));
        let remedy = if keys == ["threads"] {
            "Sums depend on the thread count: use the saved one, or force the resume."
        } else {
            "Resume with the configuration that the run was started with, or start a new run."
        };
        Err(NetError::config(&keys.join(", "), "differs from the run's own configuration", remedy))
    }

    /// The state of rank 0, in place of this process's.
    pub fn of_first(self, team: &Team) -> Result<Self> {
        let (names, tensors): (Vec<_>, Vec<_>) = self.tensors.into_iter().unzip();
        let tensors = names.into_iter().zip(team.of_first(tensors)?).collect();
        Ok(Self { tensors, ..self })
    }

    pub fn restore(&self, learner: &mut Learner) -> Result<()> {
        let network = self.tensors.iter().filter_map(|(name, tensor)| {
            Some((name.strip_prefix("network.")?.to_string(), tensor.shallow_clone()))
        });
        learner.network.parameters.load(&network.collect())?;
        learner.optimizer.load_state(&self.tensors)?;
        let centers = self
            .tensors
            .get("centers")
            .filter(|saved| saved.size() == learner.centers.values.size());
        let centers = centers.ok_or_else(|| {
            NetError::data("the checkpoint has no centres", "Start the run again.")
        })?;
        Ok(learner.centers.values.f_copy_(centers)?)
    }
}

pub(super) fn differing_keys(a: &TrainConfig, b: &TrainConfig) -> Vec<String> {
    let object = |config: &TrainConfig| match serde_json::to_value(config) {
        Ok(serde_json::Value::Object(object)) => object,
        _ => serde_json::Map::new(),
    };
    let (a, b) = (object(a), object(b));
    a.iter()
        .filter(|(key, value)| b.get(*key) != Some(*value))
        .map(|(key, _)| key.clone())
        .collect()
}
