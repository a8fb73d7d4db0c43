use crate::Result;
use crate::data::{LesionStore, Patch, PatchList};
use crate::inference::FoldedNetwork;
use crate::model::ResGlBdLstm;
use crate::random;
use rand::seq::index;
use std::collections::BTreeMap;
use tch::Device;

/// The validation patches: at most so many of each lesion, the same ones at every evaluation.
#[derive(Debug)]
pub struct Validation {
    pub patches: Vec<Patch>,
    targets: Vec<i64>,
}

impl Validation {
    /// `groups`: the lesion of each sample; `classes`: the class of each sample.
    pub fn new(
        list: &PatchList,
        groups: &[String],
        classes: &[i64],
        per_lesion: i64,
        seed: u64,
        whole_rois: bool,
    ) -> Self {
        let mut lesions: BTreeMap<&str, Vec<Patch>> = BTreeMap::new();
        for patch in &list.patches {
            lesions.entry(&groups[patch.sample]).or_default().push(*patch);
        }
        let mut patches = Vec::new();
        for (lesion, own) in lesions {
            if whole_rois {
                // One prediction per ROI.
                let mut seen: Vec<Patch> = own;
                seen.dedup_by_key(|patch| patch.sample);
                patches.extend(seen);
                continue;
            }
            let count = own.len().min(per_lesion as usize);
            let mut generator = random::stream(seed, &format!("validation/{lesion}"), 0);
            let mut chosen = index::sample(&mut generator, own.len(), count).into_vec();
            chosen.sort_unstable();
            patches.extend(chosen.into_iter().map(|i| own[i]));
        }
        let targets = patches.iter().map(|patch| classes[patch.sample]).collect();
        Self { patches, targets }
    }

    /// (accuracy, mean cross-entropy) of `fc` over the validation patches, with running statistics.
    pub fn evaluate(
        &self,
        network: &ResGlBdLstm,
        store: &LesionStore,
        device: Device,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(f64, f64)> {
        let predictions =
            FoldedNetwork::new(network, device)?.predict(store, &self.patches, cancelled)?;
        let classes = network.config.classes as usize;
        let (mut correct, mut loss) = (0_usize, 0.0);
        for (row, &target) in self.targets.iter().enumerate() {
            correct += usize::from(i64::from(predictions.classes[row]) == target);
            let probability = f64::from(predictions.probabilities[row * classes + target as usize]);
            loss -= probability.max(f64::MIN_POSITIVE).ln();
        }
        let count = self.targets.len() as f64;
        Ok((correct as f64 / count, loss / count))
    }
}
