//! What a run is made of, and the checks before anything large happens.

use super::Checkpoint;
use crate::config::TrainConfig;
use crate::data::PatchList;
use crate::distributed::Placement;
use crate::{NetError, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What a run is made of. `class` and `group` (the lesion) are given per sample; patches are (sample, row, column) triples.
#[derive(Debug, Clone)]
pub struct TrainingJob {
    pub config: TrainConfig,
    pub samples: Vec<TrainingSample>,
    pub training_patches: Vec<i32>,
    pub validation_patches: Vec<i32>,
    pub run_dir: PathBuf,
    pub resume: bool,
    /// Resume with another thread count; start anew in a folder that has a checkpoint.
    pub force: bool,
    /// Which of several processes this is; absent for one that trains alone.
    pub placement: Option<Placement>,
    /// libflc_torch_cuda.so, by which GPUs talk to each other.
    pub cuda_object: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainingSample {
    pub file: PathBuf,
    pub key: String,
    pub class: i64,
    pub group: String,
}

/// A folder that holds a run is not overwritten.
pub(super) fn check_run_dir(job: &TrainingJob) -> Result<()> {
    if job.resume || job.force || !Checkpoint::path(&job.run_dir).exists() {
        return Ok(());
    }
    Err(NetError::config(
        "runDir",
        "the folder already holds a run",
        "Resume it, choose another folder, or force a new run in its place.",
    ))
}

pub(super) fn check_classes(job: &TrainingJob) -> Result<Vec<i64>> {
    let known = 0..job.config.network.classes;
    match job.samples.iter().find(|sample| !known.contains(&sample.class)) {
        Some(sample) => Err(NetError::data(
            format!(
                "sample {} has class {}, the network {} classes",
                sample.key, sample.class, known.end
            ),
            "Use class indices from 0 to classes - 1.",
        )),
        None => Ok(job.samples.iter().map(|sample| sample.class).collect()),
    }
}

/// Both parts have patches, and no lesion is in both.
pub(super) fn check_partition(
    training: &PatchList,
    validation: &PatchList,
    groups: &[String],
) -> Result<()> {
    for (part, list) in [("training", training), ("validation", validation)] {
        if list.patches.is_empty() {
            return Err(NetError::data(
                format!("the {part} part has no patch"),
                "Give training and validation at least one labelled lesion each.",
            ));
        }
    }
    let lesions = |list: &PatchList| {
        list.samples().into_iter().map(|sample| &groups[sample]).collect::<BTreeSet<_>>()
    };
    let (training, validation) = (lesions(training), lesions(validation));
    match training.intersection(&validation).next() {
        Some(lesion) => Err(NetError::data(
            format!("lesion {lesion} is in training and in validation"),
            "Split by patient.",
        )),
        None => Ok(()),
    }
}

/// SHA-256 over samples, classes and patches, not over paths: a moved folder is the same data.
pub(super) fn fingerprint(job: &TrainingJob) -> String {
    let mut hash = Sha256::new();
    for sample in &job.samples {
        let name = sample.file.file_name().unwrap_or_default().to_string_lossy();
        hash.update(format!("{name}\0{}\0{}\0{}\0", sample.key, sample.class, sample.group));
    }
    for triples in [&job.training_patches, &job.validation_patches] {
        hash.update((triples.len() as u64).to_le_bytes());
        triples.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
