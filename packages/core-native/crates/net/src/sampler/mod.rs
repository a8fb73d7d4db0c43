//! Which patches make a training batch.

mod grouped;
mod uniform;

pub use grouped::GroupedSampler;
pub use uniform::UniformSampler;

use crate::config::{Augmentation, NetworkConfig, SamplerKind, TrainConfig};
use crate::data::{BatchPlan, LesionStore, Look, Patch, PatchList, SYMMETRIES};
use crate::distributed::Team;
use crate::{NetError, Result, random};
use rand::Rng;
use std::ops::Range;

/// Members of a batch: the ROIs, and for each patch the position of its ROI among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    pub rois: Vec<usize>,
    pub patches: Vec<(Patch, usize)>,
    /// One symmetry (0..8) per ROI, shared by its phases and patches.
    pub symmetries: Vec<i64>,
}

#[derive(Debug)]
pub enum Sampler {
    Grouped(GroupedSampler),
    Uniform(UniformSampler),
}

impl Sampler {
    /// `classes`: of each sample.
    pub fn new(config: &TrainConfig, patches: PatchList, classes: &[i64]) -> Result<Self> {
        Ok(match config.sampler {
            SamplerKind::Grouped => Self::Grouped(GroupedSampler::new(config, patches, classes)?),
            SamplerKind::Uniform => Self::Uniform(UniformSampler::new(config, patches)?),
        })
    }

    /// The members of step `step`, a function of seed and step alone.
    pub fn draw(&self, config: &TrainConfig, step: i64) -> Members {
        let mut generator = random::stream(config.seed, "sampler", step as u64);
        let (rois, patches) = match self {
            Self::Grouped(sampler) => sampler.draw(&mut generator),
            Self::Uniform(sampler) => sampler.draw(&mut generator),
        };
        let mut generator = random::stream(config.seed, "augmentation", step as u64);
        let symmetries = rois
            .iter()
            .map(|_| match config.augmentation {
                Augmentation::Dihedral => generator.random_range(0..SYMMETRIES as i64),
                Augmentation::None => 0,
            })
            .collect();
        Members { rois, patches, symmetries }
    }
}

impl Members {
    /// Rows of the network's output.
    pub fn rows(&self, config: &NetworkConfig) -> usize {
        if config.has_local() { self.patches.len() } else { self.rois.len() }
    }

    /// This process's whole ROIs with their patches, so that no ROI is computed twice.
    pub fn share(&self, team: &Team) -> Result<Self> {
        let range = team.share(self.rois.len());
        if self.rois.len() < team.size() {
            return Err(NetError::config(
                "roisPerBatch",
                format!("{} processes cannot share {} ROIs", team.size(), self.rois.len()),
                "Raise roisPerBatch, or use fewer processes.",
            ));
        }
        Ok(self.of_rois(range))
    }

    /// Parts of about as many whole ROIs each, for micro-batches; fewer where there are fewer ROIs. The members of a pair-wise batch
    /// are ROIs of their own.
    pub fn parts(&self, count: usize) -> Vec<Self> {
        let count = count.clamp(1, self.rois.len().max(1));
        let bound = |index: usize| index * self.rois.len() / count;
        (0..count).map(|index| self.of_rois(bound(index)..bound(index + 1))).collect()
    }

    fn of_rois(&self, range: Range<usize>) -> Self {
        let own = self.patches.iter().filter(|(_, roi)| range.contains(roi));
        Self {
            rois: self.rois[range.clone()].to_vec(),
            patches: own.map(|(patch, roi)| (*patch, roi - range.start)).collect(),
            symmetries: self.symmetries[range].to_vec(),
        }
    }

    /// The members as numbers: which images to cut, each ROI once, and the class of each row. `classes`: of each sample.
    pub fn plan(&self, store: &LesionStore, config: &NetworkConfig, classes: &[i64]) -> BatchPlan {
        let mut plan = BatchPlan::default();
        let patches: Vec<Patch> = self.patches.iter().map(|(patch, _)| *patch).collect();
        let turned: Vec<i64> = self.patches.iter().map(|(_, roi)| self.symmetries[*roi]).collect();
        let is_wide = config.patch_scales.is_some();
        if config.has_local() {
            plan.layout.patches = patches.len();
            plan.values.extend(store.plan_patches(Look::Patch, &patches, &turned));
            if is_wide {
                plan.layout.wide = patches.len();
                plan.values.extend(store.plan_patches(Look::Wide, &patches, &turned));
            }
        }
        if config.has_global() && !is_wide {
            plan.layout.rois = self.rois.len();
            plan.values.extend(store.plan_rois(&self.rois, &self.symmetries));
            if config.has_local() {
                plan.values.extend(self.patches.iter().map(|(_, roi)| *roi as i64));
            }
        }
        if config.has_local() {
            plan.values.extend(patches.iter().map(|patch| classes[patch.sample]));
        } else {
            plan.values.extend(self.rois.iter().map(|&roi| classes[roi]));
        }
        plan
    }
}
