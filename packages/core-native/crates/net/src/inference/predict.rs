use super::FoldedNetwork;
use super::chunk::Chunk;
use super::packing::Packing;
use crate::data::{LesionStore, Look, Patch};
use crate::{NetError, Result};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Softmax of `fc` for each patch (or each ROI, without a local pathway), in the order asked for.
#[derive(Debug, Default)]
pub struct Predictions {
    /// [n, classes]
    pub probabilities: Vec<f32>,
    /// The class of the largest probability.
    pub classes: Vec<u8>,
    /// Patches that were computed at once in the end, where memory did not hold as many as intended.
    pub reduced_to: Option<usize>,
    /// What is done otherwise than it should be since the last prediction, and why.
    pub notices: Vec<String>,
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
        if patches.is_empty() {
            return Ok(Predictions::default());
        }
        let mut position = BTreeMap::new();
        let mut samples = Vec::new();
        for patch in patches {
            position.entry(patch.sample).or_insert_with(|| {
                samples.push(patch.sample);
                samples.len() as i64 - 1
            });
        }
        let mut rois = Packing::new(self.patches_at_once / PATCHES_PER_ROI);
        let shared = if self.config.shares_rois() {
            let global = &mut |chunk: &[usize]| {
                let plan = store.plan_rois(chunk, &vec![0; chunk.len()]);
                self.features(&self.global, &store.cut_planned(Look::Roi, &plan)?)
            };
            // [samples, branches, widths[2]]
            Some(rois.in_chunks(&samples, self.device, cancelled, global)?)
        } else {
            None
        };
        let mut packing = Packing::new(self.patches_at_once);
        let classify = &mut |patches: &[Patch]| {
            let upright = vec![0; patches.len()];
            let images =
                |look| store.cut_planned(look, &store.plan_patches(look, patches, &upright));
            let shares_rois = self.config.shares_rois();
            let is_wide = self.config.has_global() && !shares_rois;
            let local = self.config.has_local().then(|| images(Look::Patch)).transpose()?;
            let wide = is_wide.then(|| images(Look::Wide)).transpose()?;
            let shared = match &shared {
                None => None,
                Some(features) => {
                    let roi: Vec<_> = patches.iter().map(|patch| position[&patch.sample]).collect();
                    let roi = Tensor::f_from_slice(&roi)?.f_to_device(self.device)?;
                    Some(features.f_index_select(0, &roi)?)
                }
            };
            self.program.borrow_mut().run(self, Chunk { local, wide, shared })
        };
        let probabilities = packing.in_chunks(patches, self.device, cancelled, classify)?;
        let rois = rois.reduced_to().map(|rois| rois * PATCHES_PER_ROI);
        Ok(Predictions {
            // Where both were reduced, the smaller one is what the device holds.
            reduced_to: packing.reduced_to().into_iter().chain(rois).min(),
            notices: self.notices.take(),
            ..Predictions::read(&probabilities)?
        })
    }
}

/// A ROI has about this many times the pixels of a resized patch and its layers.
const PATCHES_PER_ROI: usize = 8;

impl Predictions {
    /// # Errors
    /// `NotFinite`: a NaN has no largest probability.
    fn read(probabilities: &Tensor) -> Result<Self> {
        let classes = probabilities.f_argmax(1, false)?.f_to_kind(Kind::Uint8)?;
        let mut read = Self {
            probabilities: vec![0.0; probabilities.numel()],
            classes: vec![0; classes.numel()],
            ..Self::default()
        };
        let on_host = |tensor: &Tensor| tensor.f_contiguous()?.f_to_device(Device::Cpu);
        on_host(probabilities)?.f_copy_data(&mut read.probabilities, probabilities.numel())?;
        if read.probabilities.iter().any(|probability| probability.is_nan()) {
            return Err(NetError::NotFinite);
        }
        on_host(&classes)?.f_copy_data(&mut read.classes, classes.numel())?;
        Ok(read)
    }
}
