use super::StepOutcome;
use crate::config::TrainConfig;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EndReason {
    Patience,
    MaxSteps,
    Cancelled,
}

/// A line of events.jsonl, and what a TrainingRun yields.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    Start {
        step: i64,
        resumed: bool,
        config: Box<TrainConfig>,
        device: String,
        parameters: i64,
        training_samples: usize,
        training_patches: usize,
        validation_samples: usize,
        validation_patches: usize,
        /// That train together.
        processes: usize,
        warnings: Vec<String>,
    },
    Step {
        step: i64,
        loss: f64,
        loss_inter: f64,
        loss_intra: f64,
        loss_last: f64,
        loss_local: Option<f64>,
        loss_global: Option<f64>,
        /// Share of the batch that `fc` classified rightly.
        accuracy: f64,
        /// Rows of the batch per second, this step.
        samples_per_second: f64,
        /// Seconds until `maxSteps` at the pace so far; training may stop earlier.
        eta_seconds: f64,
        memory_bytes: u64,
        /// Of this step.
        seconds: f64,
    },
    /// Something is done otherwise than asked for, and why.
    Notice {
        step: i64,
        message: String,
    },
    Evaluation {
        step: i64,
        /// Of the validation patches.
        accuracy: f64,
        /// Mean cross-entropy of `fc`.
        loss: f64,
        best: bool,
        seconds: f64,
    },
    Checkpoint {
        step: i64,
        /// Within the run's folder.
        path: PathBuf,
    },
    End {
        reason: EndReason,
        step: i64,
        best_step: i64,
        best_accuracy: f64,
        seconds: f64,
    },
}

impl Event {
    pub fn step(
        step: i64,
        outcome: StepOutcome,
        rows: usize,
        seconds: f64,
        eta_seconds: f64,
    ) -> Self {
        Self::Step {
            step,
            loss: outcome.loss,
            loss_inter: outcome.inter,
            loss_intra: outcome.intra,
            loss_last: outcome.last,
            loss_local: outcome.local,
            loss_global: outcome.global,
            accuracy: outcome.accuracy,
            samples_per_second: rows as f64 / seconds,
            eta_seconds,
            memory_bytes: crate::runtime::resident_memory(),
            seconds,
        }
    }
}
