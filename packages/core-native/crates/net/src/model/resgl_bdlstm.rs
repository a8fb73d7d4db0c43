//! Combining Convolutional and Recurrent Neural Networks for Classification of Focal Liver Lesions in Multi-phase CT Images,
//! Liang et al., MICCAI 2018, figure 2, and the rows of its Table 2 as configurations.

use super::{BdLstm, Builder, Linear, Parameters, Pathway, Source, channels_last};
use crate::Result;
use crate::config::{NetworkConfig, PhaseFusion, Precision};
use crate::cuda::SideStreams;
use std::collections::BTreeMap;
use tch::{Device, Tensor};

/// What the network looks at. Without a local pathway `patches` is absent, without a global one `rois`.
#[derive(Debug)]
pub struct Inputs {
    /// [patches, phases, patch_input, patch_input]
    pub patches: Option<Tensor>,
    /// [rois, phases, roi_input, roi_input]: each once, however many patches share it. With two patch scales the second one's patches.
    pub rois: Option<Tensor>,
    /// [patches] int64: the ROI of each patch; absent where patches and ROIs are already pairs.
    pub roi_of_patch: Option<Tensor>,
}

impl Inputs {
    /// The same tensors under another owner.
    pub fn shallow_clone(&self) -> Self {
        let clone = |tensor: &Option<Tensor>| tensor.as_ref().map(Tensor::shallow_clone);
        Self {
            patches: clone(&self.patches),
            rois: clone(&self.rois),
            roi_of_patch: clone(&self.roi_of_patch),
        }
    }
}

/// Logits [n, classes] of the heads, and the feature f [n, feature_size] that the intra-loss sees.
#[derive(Debug)]
pub struct Outputs {
    pub last: Tensor,
    pub local: Option<Tensor>,
    pub global: Option<Tensor>,
    pub feature: Tensor,
}

/// From the pathways' features to the logits.
#[derive(Debug)]
pub struct Fusion {
    lstm: Option<BdLstm>,
    fc: Linear,
    fc_local: Option<Linear>,
    fc_global: Option<Linear>,
}

#[derive(Debug)]
pub struct ResGlBdLstm {
    pub config: NetworkConfig,
    pub precision: Precision,
    pub parameters: Parameters,
    /// One pathway per phase (or one for all), no shared weights.
    pub local: Vec<Pathway>,
    pub global: Vec<Pathway>,
    pub fusion: Fusion,
    /// On which the phases' pathways run side by side; else they run one after the other.
    pub side_by_side: Option<SideStreams>,
}

impl ResGlBdLstm {
    pub fn new(
        config: &NetworkConfig,
        precision: Precision,
        device: Device,
        seed: u64,
    ) -> Result<Self> {
        Self::build(config, precision, device, Source::Seed(seed))
    }

    /// With the numbers of `values`, which must be those of this network and no others.
    pub fn of_values(
        config: &NetworkConfig,
        precision: Precision,
        device: Device,
        values: &BTreeMap<String, Tensor>,
    ) -> Result<Self> {
        let network = Self::build(config, precision, device, Source::Values(values))?;
        network.parameters.refuse_unknown(values)?;
        Ok(network)
    }

    fn build(
        config: &NetworkConfig,
        precision: Precision,
        device: Device,
        source: Source,
    ) -> Result<Self> {
        config.validate()?;
        precision.apply(device)?;
        let mut parameters = Parameters::default();
        let mut builder = Builder::new(&mut parameters, source, precision.master(), device);
        let mut pathways = |name: &str, present: bool, side: i64| -> Result<Vec<Pathway>> {
            let count = if present { config.branches() } else { 0 };
            let mut builder = builder.enter(name);
            (0..count).map(|phase| Pathway::new(builder.enter(phase), config, side)).collect()
        };
        let local = pathways("local", config.has_local(), config.patch_input)?;
        let global = pathways("global", config.has_global(), config.roi_input)?;
        let fusion = Fusion::new(&mut builder, config)?;
        let config = config.clone();
        Ok(Self { config, precision, parameters, local, global, fusion, side_by_side: None })
    }

    pub fn forward(&self, inputs: &Inputs, train: bool) -> Result<Outputs> {
        let local =
            inputs.patches.as_ref().map(|xs| self.features(&self.local, xs, train)).transpose()?;
        let global =
            inputs.rois.as_ref().map(|xs| self.features(&self.global, xs, train)).transpose()?;
        let global = match (global, &inputs.roi_of_patch) {
            (Some(global), Some(roi)) => Some(rows_of(&global, roi)?),
            (global, _) => global,
        };
        self.fusion.forward(local.as_ref(), global.as_ref(), train)
    }

    /// Features of all phases: `xs` [n, phases, side, side] -> [n, branches, pathway_features].
    fn features(&self, pathways: &[Pathway], xs: &Tensor, train: bool) -> Result<Tensor> {
        let xs = xs.f_to_kind(self.precision.pathway())?;
        let channels = self.config.input_channels();
        let of_branch = |branch: usize| {
            let image = channels_last(&xs.f_narrow(1, branch as i64 * channels, channels)?)?;
            pathways[branch].forward(&image, self.precision.master(), train)
        };
        let features: Vec<_> = match &self.side_by_side {
            Some(streams) => streams.each(pathways.len(), &xs, of_branch)?,
            None => (0..pathways.len()).map(of_branch).collect::<Result<_>>()?,
        };
        Ok(Tensor::f_stack(&features, 1)?)
    }
}

/// `rows[index]`, with a gradient that is summed in a fixed order: index_select's is on a CPU; on a GPU it adds atomically, in whatever
/// order, and a matrix product with ones and zeros takes its place. `rows` [n, ...], `index` [m] int64.
fn rows_of(rows: &Tensor, index: &Tensor) -> Result<Tensor> {
    match rows.device() {
        Device::Cuda(_) => rows_by_product(rows, index),
        _ => Ok(rows.f_index_select(0, index)?),
    }
}

fn rows_by_product(rows: &Tensor, index: &Tensor) -> Result<Tensor> {
    let mut shape = rows.size();
    let ones = index.f_one_hot(shape[0])?.f_to_kind(rows.f_kind()?)?;
    shape[0] = index.size()[0];
    Ok(ones.f_matmul(&rows.f_flatten(1, -1)?)?.f_view(shape.as_slice())?)
}

impl Fusion {
    fn new(builder: &mut Builder, config: &NetworkConfig) -> Result<Self> {
        let side_by_side = config.branches() * config.pathway_features();
        let lstm = match config.phase_fusion {
            PhaseFusion::Bdlstm | PhaseFusion::Lstm => {
                Some(BdLstm::new(builder.enter("lstm"), config)?)
            }
            PhaseFusion::Concat | PhaseFusion::Channels => None,
        };
        let mut auxiliary = |name: &str| {
            config
                .has_auxiliary_heads()
                .then(|| Linear::new(builder.enter(name), side_by_side, config.classes))
                .transpose()
        };
        let (fc_local, fc_global) = (auxiliary("fc_local")?, auxiliary("fc_global")?);
        let fc = Linear::new(builder.enter("fc"), config.feature_size(), config.classes)?;
        Ok(Self { lstm, fc, fc_local, fc_global })
    }

    /// The same tensors under another owner.
    pub fn shallow_clone(&self) -> Self {
        Self {
            lstm: self.lstm.as_ref().map(BdLstm::shallow_clone),
            fc: self.fc.shallow_clone(),
            fc_local: self.fc_local.as_ref().map(Linear::shallow_clone),
            fc_global: self.fc_global.as_ref().map(Linear::shallow_clone),
        }
    }

    /// `local`, `global` [n, branches, pathway_features].
    pub fn forward(
        &self,
        local: Option<&Tensor>,
        global: Option<&Tensor>,
        train: bool,
    ) -> Result<Outputs> {
        let present: Vec<&Tensor> = [local, global].into_iter().flatten().collect();
        let feature = match &self.lstm {
            // Step t of the sequence is [local_t, global_t].
            Some(lstm) => lstm.forward(&Tensor::f_cat(&present, 2)?, train)?,
            // [all local, all global]
            None => Tensor::f_cat(&present, 1)?.f_flatten(1, 2)?,
        };
        let auxiliary = |head: &Option<Linear>, features: Option<&Tensor>| match (head, features) {
            (Some(head), Some(features)) => head.forward(&features.f_flatten(1, 2)?).map(Some),
            _ => Ok(None),
        };
        Ok(Outputs {
            last: self.fc.forward(&feature)?,
            local: auxiliary(&self.fc_local, local)?,
            global: auxiliary(&self.fc_global, global)?,
            feature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    #[test]
    fn a_product_with_ones_and_zeros_takes_rows_as_index_select_does() {
        let index = Tensor::from_slice(&[2_i64, 0, 2, 2]);
        let taken = |by: &dyn Fn(&Tensor) -> Tensor| {
            let rows = Tensor::arange(12, (Kind::Double, Device::Cpu))
                .view([3, 2, 2])
                .set_requires_grad(true);
            let taken = by(&rows);
            (&taken * &taken).sum(Kind::Double).backward();
            (taken, rows.grad())
        };
        let expected = taken(&|rows| rows.index_select(0, &index));
        assert_eq!(taken(&|rows| rows_by_product(rows, &index).unwrap()), expected);
    }
}
