use super::FoldedNetwork;
use crate::data::{LesionStore, Patch};
use crate::{NetError, Result};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// Bounds the memory of a label map, however large the lesion.
pub const PATCHES_PER_CHUNK: usize = 128;
const ROIS_PER_CHUNK: usize = 16;

/// Softmax of `fc` for each patch (or each ROI, without a local pathway), in the order asked for.
#[derive(Debug, Default)]
pub struct Predictions {
    /// [n, classes]
    pub probabilities: Vec<f32>,
    /// The class of the largest probability.
    pub classes: Vec<u8>,
}

impl FoldedNetwork {
    /// Classifies `patches` of the lesions in `store`. Patches of many lesions share full batches; each lesion's global pathway runs once.
    pub fn predict(
        &self,
        store: &LesionStore,
        patches: &[Patch],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Predictions> {
        let _no_grad = tch::no_grad_guard();
        let mut position = BTreeMap::new();
        for patch in patches {
            let next = position.len() as i64;
            position.entry(patch.sample).or_insert(next);
        }
        let mut samples: Vec<_> =
            position.iter().map(|(sample, position)| (*position, *sample)).collect();
        samples.sort_unstable();
        let samples: Vec<_> = samples.into_iter().map(|(_, sample)| sample).collect();
        let shared = if self.config.shares_rois() {
            Some(self.global_features(store, &samples, cancelled)?)
        } else {
            None
        };
        let mut predictions = Predictions::default();
        for chunk in patches.chunks(PATCHES_PER_CHUNK) {
            if cancelled() {
                return Err(NetError::Cancelled { checkpoint: None });
            }
            let global = match &shared {
                Some(features) => {
                    let roi: Vec<_> = chunk.iter().map(|patch| position[&patch.sample]).collect();
                    let roi = Tensor::f_from_slice(&roi)?.f_to_device(self.device)?;
                    Some(features.f_index_select(0, &roi)?)
                }
                None if self.config.has_global() => {
                    let images = store.cut_second(chunk, &vec![0; chunk.len()])?;
                    Some(self.features(&self.global, &images)?)
                }
                None => None,
            };
            let local = if self.config.has_local() {
                let images = store.cut(chunk, &vec![0; chunk.len()])?;
                Some(self.features(&self.local, &images)?)
            } else {
                None
            };
            let logits = self.fusion.forward(local.as_ref(), global.as_ref(), false)?.last;
            predictions.append(&logits.f_softmax(1, Kind::Float)?)?;
        }
        Ok(predictions)
    }

    /// [samples, branches, widths[2]]
    fn global_features(
        &self,
        store: &LesionStore,
        samples: &[usize],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Tensor> {
        let mut features = Vec::new();
        for chunk in samples.chunks(ROIS_PER_CHUNK) {
            if cancelled() {
                return Err(NetError::Cancelled { checkpoint: None });
            }
            features.push(self.features(&self.global, &store.rois(chunk, &vec![0; chunk.len()])?)?);
        }
        Ok(Tensor::f_cat(&features, 0)?)
    }
}

impl Predictions {
    fn append(&mut self, probabilities: &Tensor) -> Result<()> {
        let start = self.probabilities.len();
        let classes = probabilities.f_argmax(1, false)?.f_to_kind(Kind::Uint8)?;
        self.probabilities.resize(start + probabilities.numel(), 0.0);
        probabilities
            .f_contiguous()?
            .f_to_device(tch::Device::Cpu)?
            .f_copy_data(&mut self.probabilities[start..], probabilities.numel())?;
        let first = self.classes.len();
        self.classes.resize(first + classes.numel(), 0);
        classes
            .f_to_device(tch::Device::Cpu)?
            .f_copy_data(&mut self.classes[first..], classes.numel())?;
        Ok(())
    }
}
