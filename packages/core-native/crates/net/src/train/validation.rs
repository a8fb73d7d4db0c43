use crate::data::{LesionStore, Patch, PatchList};
use crate::distributed::Team;
use crate::inference::FoldedNetwork;
use crate::model::ResGlBdLstm;
use crate::{NetError, Result, random};
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

    /// Only this process's samples, each whole.
    pub fn keep_share(&mut self, team: &Team) {
        let mut samples: Vec<usize> = self.patches.iter().map(|patch| patch.sample).collect();
        samples.sort_unstable();
        samples.dedup();
        let own = &samples[team.share(samples.len())];
        let is_own: Vec<bool> =
            self.patches.iter().map(|patch| own.contains(&patch.sample)).collect();
        let mut keep = is_own.iter();
        self.patches.retain(|_| keep.next() == Some(&true));
        let mut keep = is_own.iter();
        self.targets.retain(|_| keep.next() == Some(&true));
    }

    /// What `fc` says of the validation patches, with running statistics.
    pub fn evaluate(
        &self,
        network: &ResGlBdLstm,
        store: &LesionStore,
        device: Device,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Tally> {
        if self.patches.is_empty() {
            return Ok(Tally::default());
        }
        let predictions =
            FoldedNetwork::new(network, device)?.predict(store, &self.patches, cancelled)?;
        let classes = network.config.classes as usize;
        let mut tally = Tally {
            count: self.targets.len() as f64,
            reduced_to: predictions.reduced_to,
            notices: predictions.notices,
            ..Tally::default()
        };
        for (row, &target) in self.targets.iter().enumerate() {
            let is_correct = i64::from(predictions.classes[row]) == target;
            tally.correct += f64::from(u8::from(is_correct));
            let probability = f64::from(predictions.probabilities[row * classes + target as usize]);
            tally.loss -= probability.max(f64::MIN_POSITIVE).ln();
        }
        Ok(tally)
    }
}

/// Sums over patches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub count: f64,
    pub correct: f64,
    /// Cross-entropies of `fc`.
    pub loss: f64,
    /// Of this process alone: patches that were computed at once in the end, where memory did not hold as many as intended.
    pub reduced_to: Option<usize>,
    /// Of this process alone: what was done otherwise than it should be, and why.
    pub notices: Vec<String>,
}

impl Tally {
    /// The sums of all processes; cancelled in one, an evaluation is cancelled in all.
    pub fn of_team(team: &Team, own: Result<Self>) -> Result<Self> {
        let (own, cancelled) = match own {
            Err(NetError::Cancelled { .. }) => (Self::default(), 1.0),
            own => (own?, 0.0),
        };
        let sums = team.sum_numbers(&[own.count, own.correct, own.loss, cancelled])?;
        match sums[..] {
            [count, correct, loss, 0.0] => Ok(Self { count, correct, loss, ..own }),
            _ => Err(NetError::Cancelled { checkpoint: None }),
        }
    }

    pub fn accuracy(&self) -> f64 {
        self.correct / self.count
    }

    pub fn mean_loss(&self) -> f64 {
        self.loss / self.count
    }
}
