//! All lesions of a run on the device. Patches are cut, turned and resized there, from coordinates alone.

use super::{Patch, Sample, dihedral_indices};
use crate::config::{Background, NetworkConfig};
use crate::{NetError, Result};
use tch::{Device, Kind, Tensor};

#[derive(Debug)]
pub struct LesionStore {
    /// The normalized ROIs of all samples and phases with their borders, one after the other. float32
    pixels: Tensor,
    /// Where a sample's first phase begins in `pixels`.
    offsets: Vec<i64>,
    /// (height, width) of each ROI.
    pub sizes: Vec<(i64, i64)>,
    /// Pixels round each ROI, for patches that are wider than the grid's.
    border: i64,
    /// [samples, phases, roi_input^2]: resized once, since every step needs them.
    rois: Option<Tensor>,
    /// What is cut for each patch: for the local pathway, and at a second scale for the global one.
    views: Vec<View>,
    /// [8, roi_input^2] pixels of the turned ROI.
    roi_symmetries: Tensor,
    phases: i64,
    roi_input: i64,
    device: Device,
}

/// A square round the centre of a grid patch.
#[derive(Debug)]
struct View {
    side: i64,
    /// Rows (and columns) from the corner of the grid patch, in the bordered ROI, to the square's.
    shift: i64,
    /// Side to which it is resized.
    input: i64,
    /// [8, side^2] rows and columns of the turned square.
    rows: Tensor,
    columns: Tensor,
}

impl View {
    fn new(side: i64, shift: i64, input: i64, device: Device) -> Result<Self> {
        let table = Tensor::f_from_slice(&dihedral_indices(side as usize))?;
        let table = table.f_view([-1, side * side])?;
        let rows = table.f_floor_divide_scalar(side)?.f_to_device(device)?;
        let columns = table.f_remainder(side)?.f_to_device(device)?;
        Ok(Self { side, shift, input, rows, columns })
    }
}

impl LesionStore {
    pub fn new(
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
                rois.push(resize(&roi, config.roi_input)?.f_flatten(2, 3)?);
            }
        }
        let inputs = [config.patch_input, config.roi_input];
        let views: Result<Vec<_>> = sides
            .iter()
            .zip(inputs)
            .map(|(&side, input)| View::new(side, border - reach(side), input, device))
            .collect();
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
            border,
            rois,
            views: views?,
            roi_symmetries: roi_symmetries.f_to_device(device)?,
            phases: config.phases,
            roi_input: config.roi_input,
            device,
        })
    }

    /// `patches`, each turned by its symmetry (0..8), cut from all phases at the same place and resized.
    /// [patches, phases, patch_input, patch_input] float32
    pub fn cut(&self, patches: &[Patch], symmetries: &[i64]) -> Result<Tensor> {
        self.cut_view(&self.views[0], patches, symmetries)
    }

    /// The same at the second scale. [patches, phases, roi_input, roi_input] float32
    pub fn cut_second(&self, patches: &[Patch], symmetries: &[i64]) -> Result<Tensor> {
        let second = self.views.get(1);
        let second = second.ok_or_else(|| NetError::Internal("the store has one scale".into()))?;
        self.cut_view(second, patches, symmetries)
    }

    fn cut_view(&self, view: &View, patches: &[Patch], symmetries: &[i64]) -> Result<Tensor> {
        let column = |values: Vec<i64>| -> Result<Tensor> {
            Ok(Tensor::f_from_slice(&values)?.f_to_device(self.device)?.f_view([-1, 1, 1])?)
        };
        let bordered = |patch: &Patch| {
            let (height, width) = self.sizes[patch.sample];
            (height + 2 * self.border, width + 2 * self.border)
        };
        let corner = |patch: &Patch| {
            let (row, column) = (patch.row + view.shift, patch.column + view.shift);
            self.offsets[patch.sample] + row * bordered(patch).1 + column
        };
        let widths = column(patches.iter().map(|p| bordered(p).1).collect())?;
        let areas = column(patches.iter().map(|p| bordered(p).0 * bordered(p).1).collect())?;
        let corners = column(patches.iter().map(corner).collect())?;
        let symmetries = Tensor::f_from_slice(symmetries)?.f_to_device(self.device)?;
        let rows = view.rows.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let columns = view.columns.f_index_select(0, &symmetries)?.f_unsqueeze(1)?;
        let phases =
            Tensor::f_arange(self.phases, (Kind::Int64, self.device))?.f_view([1, -1, 1])?;
        // [patches, phases, side^2]
        let index =
            corners.f_add(&phases.f_mul(&areas)?)?.f_add(&rows.f_mul(&widths)?)?.f_add(&columns)?;
        let shape = [patches.len() as i64, self.phases, view.side, view.side];
        let cut = self.pixels.f_index_select(0, &index.f_flatten(0, 2)?)?.f_view(shape)?;
        resize(&cut, view.input)
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
