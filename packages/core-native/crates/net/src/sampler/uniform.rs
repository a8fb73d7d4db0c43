use crate::config::TrainConfig;
use crate::data::{Patch, PatchList};
use crate::{NetError, Result};
use rand::Rng;

/// B patches drawn independently. Kept as the paper's plainest reading: a batch of 100 holds about 82 distinct ROIs of 480, so sharing the global
/// pathway gains little.
#[derive(Debug)]
pub struct UniformSampler {
    list: PatchList,
    batch_size: usize,
    pairs: bool,
}

impl UniformSampler {
    pub fn new(config: &TrainConfig, list: PatchList) -> Result<Self> {
        if list.patches.is_empty() {
            return Err(NetError::data("no training patch", "Use lesions that have a class."));
        }
        Ok(Self { list, batch_size: config.batch_size as usize, pairs: config.network.has_local() })
    }

    /// Every patch comes with a ROI of its own, repeated or not.
    pub fn draw(&self, generator: &mut impl Rng) -> (Vec<usize>, Vec<(Patch, usize)>) {
        let samples = self.list.samples();
        let mut rois = Vec::with_capacity(self.batch_size);
        let mut patches = Vec::with_capacity(self.batch_size);
        for position in 0..self.batch_size {
            if self.pairs {
                let patch = self.list.patches[generator.random_range(0..self.list.patches.len())];
                rois.push(patch.sample);
                patches.push((patch, position));
            } else {
                rois.push(samples[generator.random_range(0..samples.len())]);
            }
        }
        (rois, patches)
    }
}
