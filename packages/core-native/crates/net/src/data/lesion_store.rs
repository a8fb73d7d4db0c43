//! All lesions of a run on the device. Patches are cut, turned and resized there, from coordinates alone.

use super::{NUMBERS_PER_IMAGE, Patch, Sample, View};
use crate::config::{Background, NetworkConfig, Precision};
use crate::{NetError, Result};
use tch::{Device, Kind, Tensor};

/// What the network is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Patch,
    /// A patch at the second scale (Frid-Adar et al. 2017).
    Wide,
    /// A whole lesion.
    Roi,
}

#[derive(Debug)]
pub struct LesionStore {
    /// Where a sample's first phase begins among the pixels of all samples: normalized, with their borders, phase after phase.
    offsets: Vec<i64>,
    /// (height, width) of each ROI.
    pub sizes: Vec<(i64, i64)>,
    /// Pixels round each ROI, for patches that are wider than the grid's.
    border: i64,
    patches: View,
    /// Rows (and columns) from the corner of a grid patch, in the bordered ROI, to that of the square which is cut.
    patch_shift: i64,
    wide: Option<View>,
    wide_shift: i64,
    /// ROIs are resized once, since every step needs them.
    rois: Option<View>,
    phases: i64,
    roi_input: i64,
    /// Kind of the images, as far as the device can give it for nothing.
    kind: Kind,
    device: Device,
}

impl LesionStore {
    pub fn new(
        samples: &[Sample],
        config: &NetworkConfig,
        background: Background,
        device: Device,
    ) -> Result<Self> {
        Self::place(samples, config, background, device)
            .map_err(|error| does_not_fit(error, samples.len()))
    }

    fn place(
        samples: &[Sample],
        config: &NetworkConfig,
        background: Background,
        device: Device,
    ) -> Result<Self> {
        let sides = config.cut_sides();
        let reach = |side: i64| (side - config.patch_size) / 2;
        let border = sides.iter().map(|&side| reach(side)).max().unwrap_or(0).max(0);
        let order: Vec<usize> = match &config.phase_order {
            Some(order) => order.iter().map(|&phase| phase as usize).collect(),
            None => (0..config.phases as usize).collect(),
        };
        let mut pixels = Vec::new();
        let (mut offsets, mut sizes, mut rois) = (Vec::new(), Vec::new(), Vec::new());
        for sample in samples {
            check_sample(sample, config, &order, border)?;
            let size = (sample.height as i64, sample.width as i64);
            offsets.push(pixels.len() as i64);
            sizes.push(size);
            for &phase in &order {
                pixels.extend(sample.normalized_roi(phase, border as usize, background));
            }
            if config.shares_rois() {
                let whole = &pixels[offsets[offsets.len() - 1] as usize..];
                let roi =
                    Tensor::f_from_slice(whole)?.f_view([1, config.phases, size.0, size.1])?;
                rois.push(resize(&roi, config.roi_input)?.f_flatten(0, 3)?);
            }
        }
        let pixels = Tensor::f_from_slice(&pixels)?.f_to_device(device)?;
        let view =
            |side: i64, input: i64| View::new(pixels.shallow_clone(), config.phases, side, input);
        let roi_pixels = if rois.is_empty() { None } else { Some(Tensor::f_cat(&rois, 0)?) };
        let rois = roi_pixels.map(|rois| {
            View::new(rois.f_to_device(device)?, config.phases, config.roi_input, config.roi_input)
        });
        let wide = sides.get(1).map(|&side| view(side, config.roi_input));
        Ok(Self {
            offsets,
            sizes,
            border,
            patches: view(sides[0], config.patch_input)?,
            patch_shift: border - reach(sides[0]),
            wide: wide.transpose()?,
            wide_shift: border - sides.get(1).copied().map_or(0, reach),
            rois: rois.transpose()?,
            phases: config.phases,
            roi_input: config.roi_input,
            kind: Kind::Float,
            device,
        })
    }

    /// Images come in the pathways' kind where that costs nothing.
    pub fn for_precision(mut self, precision: Precision) -> Self {
        self.kind = precision.pathway();
        self
    }

    /// Where `patches` lie, each turned by its symmetry (0..8): NUMBERS_PER_IMAGE numbers for each.
    pub fn plan_patches(&self, look: Look, patches: &[Patch], symmetries: &[i64]) -> Vec<i64> {
        let shift = if look == Look::Wide { self.wide_shift } else { self.patch_shift };
        let place = |(patch, &symmetry): (&Patch, &i64)| {
            let (height, width) = self.sizes[patch.sample];
            let (rows, columns) = (height + 2 * self.border, width + 2 * self.border);
            let corner = (patch.row + shift) * columns + patch.column + shift;
            [self.offsets[patch.sample] + corner, columns, rows * columns, symmetry]
        };
        patches.iter().zip(symmetries).flat_map(place).collect()
    }

    /// The same for the whole ROIs of `samples`.
    pub fn plan_rois(&self, samples: &[usize], symmetries: &[i64]) -> Vec<i64> {
        let (side, area) = (self.roi_input, self.roi_input * self.roi_input);
        let place = |(&sample, &symmetry): (&usize, &i64)| {
            [sample as i64 * self.phases * area, side, area, symmetry]
        };
        samples.iter().zip(symmetries).flat_map(place).collect()
    }

    /// What `plan` [n, NUMBERS_PER_IMAGE] names, cut from all phases at the same place, turned and resized. [n, phases, input, input]
    pub fn cut(&self, look: Look, plan: &Tensor) -> Result<Tensor> {
        let view = match look {
            Look::Patch => Some(&self.patches),
            Look::Wide => self.wide.as_ref(),
            Look::Roi => self.rois.as_ref(),
        };
        let absent = || NetError::Internal(format!("the store has no view for {look:?}"));
        view.ok_or_else(absent)?.cut(plan, self.kind)
    }

    /// `cut` of a plan that lies in main memory.
    pub fn cut_planned(&self, look: Look, plan: &[i64]) -> Result<Tensor> {
        let plan = Tensor::f_from_slice(plan)?.f_view([-1, NUMBERS_PER_IMAGE])?;
        self.cut(look, &plan.f_to_device(self.device)?)
    }
}

/// The images lie on the device as a whole: no batch is small enough where they do not fit.
fn does_not_fit(error: NetError, slices: usize) -> NetError {
    let NetError::OutOfMemory { device, problem, .. } = error else { return error };
    let problem = format!("the images of {slices} slices do not fit ({problem})");
    let remedy = match device.as_str() {
        "cpu" => "Prepare fewer slices (--slices), or use a machine with more memory.",
        _ => "Prepare fewer slices (--slices), use --device cpu, or a GPU with more memory.",
    };
    NetError::OutOfMemory { device, problem, remedy: remedy.into() }
}

/// The sample has the phases that the network reads, and the border that its patches need.
fn check_sample(
    sample: &Sample,
    config: &NetworkConfig,
    order: &[usize],
    border: i64,
) -> Result<()> {
    let fits = match config.phase_order {
        Some(_) => order.iter().all(|&phase| phase < sample.phases),
        None => sample.phases == order.len(),
    };
    if !fits {
        let problem = format!("a sample has {} phases, the network reads {order:?}", sample.phases);
        return Err(NetError::data(problem, "Use samples with the phases of the network."));
    }
    if (sample.margin as i64) < border {
        let problem =
            format!("a sample has a margin of {} pixels, patchScales need {border}", sample.margin);
        return Err(NetError::data(problem, "Prepare the cohort with a wider margin."));
    }
    Ok(())
}

/// Bilinear with half-pixel centres; the aspect is not kept (method.md, section 2).
pub fn resize(images: &Tensor, side: i64) -> Result<Tensor> {
    Ok(images.f_upsample_bilinear2d([side, side], false, None, None)?)
}
