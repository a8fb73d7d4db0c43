//! Which patches make a training batch.

mod grouped;
mod uniform;

pub use grouped::GroupedSampler;
pub use uniform::UniformSampler;

use crate::config::{Augmentation, NetworkConfig, SamplerKind, TrainConfig};
use crate::data::{LesionStore, Patch, PatchList, SYMMETRIES};
use crate::distributed::Team;
use crate::model::Inputs;
use crate::{NetError, Result, random};
use rand::Rng;
use tch::{Device, Tensor};

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
        let own = self.patches.iter().filter(|(_, roi)| range.contains(roi));
        Ok(Self {
            rois: self.rois[range.clone()].to_vec(),
            patches: own.map(|(patch, roi)| (*patch, roi - range.start)).collect(),
            symmetries: self.symmetries[range.clone()].to_vec(),
        })
    }

    /// The images of the members, each ROI once.
    pub fn inputs(
        &self,
        store: &LesionStore,
        config: &NetworkConfig,
        device: Device,
    ) -> Result<Inputs> {
        let (patches, roi_of_patch) = if config.has_local() {
            let cut: Vec<_> = self.patches.iter().map(|(patch, _)| *patch).collect();
            let turned: Vec<_> =
                self.patches.iter().map(|(_, roi)| self.symmetries[*roi]).collect();
            let roi: Vec<_> = self.patches.iter().map(|(_, roi)| *roi as i64).collect();
            let roi = Tensor::f_from_slice(&roi)?.f_to_device(device)?;
            let patches = Some(store.cut(&cut, &turned)?);
            if config.patch_scales.is_some() {
                let second = Some(store.cut_second(&cut, &turned)?);
                return Ok(Inputs { patches, rois: second, roi_of_patch: None });
            }
            (patches, Some(roi))
        } else {
            (None, None)
        };
        let rois =
            config.has_global().then(|| store.rois(&self.rois, &self.symmetries)).transpose()?;
        Ok(Inputs { patches, rois, roi_of_patch })
    }

    /// Class of each row of the network's output, [n] int64.
    pub fn targets(
        &self,
        classes: &[i64],
        config: &NetworkConfig,
        device: Device,
    ) -> Result<Tensor> {
        let targets: Vec<i64> = if config.has_local() {
            self.patches.iter().map(|(patch, _)| classes[patch.sample]).collect()
        } else {
            self.rois.iter().map(|&roi| classes[roi]).collect()
        };
        Ok(Tensor::f_from_slice(&targets)?.f_to_device(device)?)
    }
}
