//! All lesions of a run on the device. Patches are cut, turned and resized there, from coordinates alone.

use super::{Patch, Sample, dihedral_indices};
use crate::config::{Background, NetworkConfig};
use crate::{NetError, Result};
use tch::{Device, Kind, Tensor};

#[derive(Debug)]
pub struct LesionStore {
    /// The normalized ROIs of all samples and phases, one after the other. float32
    pixels: Tensor,
    /// Where a sample's first phase begins in `pixels`.
    offsets: Vec<i64>,
    /// (height, width) of each ROI.
    pub sizes: Vec<(i64, i64)>,
    /// [samples, phases, roi_input^2]: resized once, since every step needs them.
    rois: Option<Tensor>,
    /// [8, patch_size^2] rows and columns of the turned patch; [8, roi_input^2] pixels of the turned ROI.
    patch_rows: Tensor,
    patch_columns: Tensor,
    roi_symmetries: Tensor,
    phases: i64,
    patch_size: i64,
    patch_input: i64,
    roi_input: i64,
    device: Device,
}

impl LesionStore {
    pub fn new(
        samples: &[Sample],
        config: &NetworkConfig,
        background: Background,
        device: Device,
    ) -> Result<Self> {
        let phases = config.phases as usize;
        let mut pixels = Vec::new();
        let (mut offsets, mut sizes, mut rois) = (Vec::new(), Vec::new(), Vec::new());
        for sample in samples {
            if sample.phases != phases {
                let problem =
                    format!("a sample has {} phases, the network {phases}", sample.phases);
                return Err(NetError::data(problem, "Use samples with the phases of the network."));
            }
            offsets.push(pixels.len() as i64);
            sizes.push((sample.height as i64, sample.width as i64));
            for phase in 0..phases {
                pixels.extend(sample.normalized_roi(phase, background));
            }
            if config.has_global() {
                let (start, size) = (
                    offsets[offsets.len() - 1] as usize,
                    [1, config.phases, sample.height as i64, sample.width as i64],
                );
                let roi = Tensor::f_from_slice(&pixels[start..])?.f_view(size)?;
                rois.push(resize(&roi, config.roi_input)?.f_flatten(2, 3)?);
            }
        }
        let side = config.patch_size as usize;
        let table =
            Tensor::f_from_slice(&dihedral_indices(side))?.f_view([-1, (side * side) as i64])?;
        let roi_side = config.roi_input as usize;
        let roi_symmetries = Tensor::f_from_slice(&dihedral_indices(roi_side))?
            .f_view([-1, (roi_side * roi_side) as i64])?;
        let rois = if rois.is_empty() {
            None
        } else {
            Some(Tensor::f_cat(&rois, 0)?.f_to_device(device)?)
        };
        Ok(Self {
            pixels: Tensor::f_from_slice(&pixels)?.f_to_device(device)?,
            offsets,
            sizes,
            rois,
            patch_rows: table.f_floor_divide_scalar(config.patch_size)?.f_to_device(device)?,
            patch_columns: table.f_remainder(config.patch_size)?.f_to_device(device)?,
            roi_symmetries: roi_symmetries.f_to_device(device)?,
            phases: config.phases,
            patch_size: config.patch_size,
            patch_input: config.patch_input,
            roi_input: config.roi_input,
            device,
        })
    }

    /// `patches`, each turned by its symmetry (0..8), cut from all phases at the same place and resized.
    /// [patches, phases, patch_input, patch_input] float32
    pub fn cut(&self, patches: &[Patch], symmetries: &[i64]) -> Result<Tensor> {
        let column = |values: Vec<i64>| -> Result<Tensor> {
            Ok(Tensor::f_from_slice(&values)?.f_to_device(self.device)?.f_view([-1, 1, 1])?)
        };
        let widths = column(patches.iter().map(|p| self.sizes[p.sample].1).collect())?;
        let areas = column(
            patches.iter().map(|p| self.sizes[p.sample].0 * self.sizes[p.sample].1).collect(),
        )?;
        let corners = column(
            patches
                .iter()
                .map(|p| self.offsets[p.sample] + p.row * self.sizes[p.sample].1 + p.column)
                .collect(),
        )?;
        let symmetries = Tensor::f_from_slice(symmetries)?.f_to_device(self.device)?;
        let rows = self.patch_rows.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let columns = self.patch_columns.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let phases =
            Tensor::f_arange(self.phases, (Kind::Int64, self.device))?.f_view([1, -1, 1])?;
        // [patches, phases, patch_size^2]
        let index =
            corners.f_add(&phases.f_mul(&areas)?)?.f_add(&rows.f_mul(&widths)?)?.f_add(&columns)?;
        let shape = [patches.len() as i64, self.phases, self.patch_size, self.patch_size];
        let cut = self.pixels.f_index_select(0, &index.f_flatten(0, 2)?)?.f_view(shape)?;
        resize(&cut, self.patch_input)
    }

    /// The ROIs of `samples`, each turned by its symmetry. [samples, phases, roi_input, roi_input] float32
    pub fn rois(&self, samples: &[usize], symmetries: &[i64]) -> Result<Tensor> {
        let rois =
            self.rois.as_ref().ok_or_else(|| NetError::Internal("the store has no ROIs".into()))?;
        let to_tensor = |values: &[i64]| -> Result<Tensor> {
            Ok(Tensor::f_from_slice(values)?.f_to_device(self.device)?)
        };
        let samples: Vec<i64> = samples.iter().map(|&sample| sample as i64).collect();
        let count = samples.len() as i64;
        let chosen = rois.f_index_select(0, &to_tensor(&samples)?)?;
        let index =
            self.roi_symmetries.f_index_select(0, &to_tensor(symmetries)?)?.f_unsqueeze(1)?;
        let index = index.f_expand([count, self.phases, self.roi_input * self.roi_input], false)?;
        Ok(chosen.f_gather(2, &index, false)?.f_view([
            count,
            self.phases,
            self.roi_input,
            self.roi_input,
        ])?)
    }
}

/// Bilinear with half-pixel centres; the aspect is not kept (method.md, section 2).
pub fn resize(images: &Tensor, side: i64) -> Result<Tensor> {
    Ok(images.f_upsample_bilinear2d([side, side], false, None, None)?)
}
