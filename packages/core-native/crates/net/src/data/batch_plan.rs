//! A batch before its images are cut: whole numbers alone, which reach the device in one copy.

use super::{LesionStore, Look, NUMBERS_PER_IMAGE};
use crate::cuda::Upload;
use crate::model::Inputs;
use crate::{NetError, Result};
use tch::{Device, Kind, Tensor};

/// How many images of each kind a batch has. Batches of one layout have the same shapes throughout the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layout {
    pub patches: usize,
    /// Patches at the second scale.
    pub wide: usize,
    pub rois: usize,
}

impl Layout {
    /// Rows of the network's output.
    fn rows(self) -> usize {
        if self.patches > 0 { self.patches } else { self.rois }
    }

    fn has_pairs(self) -> bool {
        self.patches > 0 && self.rois > 0
    }

    fn numbers(self) -> usize {
        let images = self.patches + self.wide + self.rois;
        let pairs = if self.has_pairs() { self.patches } else { 0 };
        images * NUMBERS_PER_IMAGE as usize + pairs + self.rows()
    }
}

/// `values`: where each patch, each patch at the second scale and each ROI lies, then the ROI of each patch, then the class of each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchPlan {
    pub layout: Layout,
    pub values: Vec<i64>,
}

/// A plan on the device. Its memory stays in place when another batch of the same layout is put into it.
#[derive(Debug)]
pub struct PlacedBatch {
    pub layout: Layout,
    values: Tensor,
    upload: Option<Upload>,
    /// What is done otherwise than it should be, and why.
    pub notices: Vec<String>,
}

impl PlacedBatch {
    pub fn new(plan: &BatchPlan, device: Device) -> Result<Self> {
        let values = Tensor::f_zeros([plan.layout.numbers() as i64], (Kind::Int64, device))?;
        let mut notices = Vec::new();
        let upload = match device {
            Device::Cuda(index) => Upload::new(index, plan.layout.numbers(), &mut notices),
            _ => None,
        };
        let mut placed = Self { layout: plan.layout, values, upload, notices };
        placed.replace(plan)?;
        Ok(placed)
    }

    /// On a GPU without waiting for it.
    pub fn replace(&mut self, plan: &BatchPlan) -> Result<()> {
        if plan.layout != self.layout || plan.values.len() != self.layout.numbers() {
            return Err(NetError::Internal(format!("a batch is no {:?}", self.layout)));
        }
        match &mut self.upload {
            Some(upload) => upload.send(&plan.values, &self.values),
            None => Ok(self.values.f_copy_(&Tensor::f_from_slice(&plan.values)?)?),
        }
    }

    /// The images, each ROI once.
    pub fn inputs(&self, store: &LesionStore) -> Result<Inputs> {
        let Layout { patches, wide, rois } = self.layout;
        let mut start = 0;
        let mut cut = |look: Look, count: usize| -> Result<Option<Tensor>> {
            if count == 0 {
                return Ok(None);
            }
            let length = count as i64 * NUMBERS_PER_IMAGE;
            let plan = self.values.f_narrow(0, start, length)?.f_view([-1, NUMBERS_PER_IMAGE])?;
            start += length;
            store.cut(look, &plan).map(Some)
        };
        let patch_images = cut(Look::Patch, patches)?;
        let wide_images = cut(Look::Wide, wide)?;
        let roi_images = cut(Look::Roi, rois)?;
        let roi_of_patch = if self.layout.has_pairs() {
            Some(self.values.f_narrow(0, start, patches as i64)?)
        } else {
            None
        };
        Ok(Inputs { patches: patch_images, rois: wide_images.or(roi_images), roi_of_patch })
    }

    /// Class of each row of the network's output, [n] int64.
    pub fn targets(&self) -> Result<Tensor> {
        let rows = self.layout.rows() as i64;
        Ok(self.values.f_narrow(0, self.values.size()[0] - rows, rows)?)
    }
}
