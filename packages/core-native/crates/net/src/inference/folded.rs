use super::chunk::ChunkProgram;
use crate::Result;
use crate::config::{NetworkConfig, Precision};
use crate::model::{
    BN_EPSILON, Block, ConvBn, DenseLayers, Fusion, Pathway, ResGlBdLstm, ResidualPathway,
    Shortcut, YasakaPathway, channels_last, ends_stage, pad_shortcut, pool,
};
use std::cell::RefCell;
use tch::{Device, Kind, Tensor};

/// A network for inference alone. Its heads share their tensors with the network that it was made from; the convolutions are its own.
#[derive(Debug)]
pub struct FoldedNetwork {
    pub config: NetworkConfig,
    pub precision: Precision,
    pub device: Device,
    pub local: Vec<FoldedPathway>,
    pub global: Vec<FoldedPathway>,
    pub fusion: Fusion,
    /// Bounds the memory of a label map.
    pub patches_at_once: usize,
    pub(super) program: RefCell<ChunkProgram>,
}

/// For caches; larger batches are no faster.
const PATCHES_AT_ONCE_ON_CPU: usize = 128;
/// Fills a large GPU.
const PATCHES_AT_ONCE_ON_GPU: usize = 2048;

impl FoldedNetwork {
    pub fn new(network: &ResGlBdLstm, device: Device) -> Result<Self> {
        let _no_grad = tch::no_grad_guard();
        let kind = network.precision.pathway();
        let fold = |pathways: &[Pathway], side: i64| -> Result<Vec<FoldedPathway>> {
            pathways.iter().map(|pathway| FoldedPathway::new(pathway, side, kind, device)).collect()
        };
        Ok(Self {
            config: network.config.clone(),
            precision: network.precision,
            device,
            local: fold(&network.local, network.config.patch_input)?,
            global: fold(&network.global, network.config.roi_input)?,
            fusion: network.fusion.shallow_clone(),
            patches_at_once: match device {
                Device::Cuda(_) => PATCHES_AT_ONCE_ON_GPU,
                _ => PATCHES_AT_ONCE_ON_CPU,
            },
            program: RefCell::default(),
        })
    }

    /// Features of all phases: `xs` [n, phases, side, side] -> [n, branches, pathway_features].
    pub fn features(&self, pathways: &[FoldedPathway], xs: &Tensor) -> Result<Tensor> {
        let xs = xs.f_to_kind(self.precision.pathway())?;
        let channels = self.config.input_channels();
        let features: Result<Vec<_>> = pathways
            .iter()
            .enumerate()
            .map(|(branch, pathway)| {
                let image = xs.f_narrow(1, branch as i64 * channels, channels)?;
                pathway.forward(channels_last(&image)?, self.precision.master())
            })
            .collect();
        Ok(Tensor::f_stack(&features?, 1)?)
    }
}

/// A convolution with its batch norm folded in: `weight * gamma / sqrt(var + eps)`, `bias = beta - mean * gamma / sqrt(var + eps)`.
#[derive(Debug)]
pub struct FoldedConv {
    weight: Tensor,
    bias: Tensor,
    stride: i64,
    padding: i64,
    /// The weight lies in oneDNN's layout, and ReLU and addition run inside the convolution.
    packed: bool,
}

impl FoldedConv {
    /// `side`: of the input images, for which oneDNN packs the weight.
    fn new(conv: &ConvBn, side: i64, kind: Kind, device: Device) -> Result<Self> {
        let bn = &conv.bn;
        let scale = bn.weight.f_div(&bn.running_var.f_add_scalar(BN_EPSILON)?.f_sqrt()?)?;
        let weight =
            conv.weight.f_mul(&scale.f_view([-1, 1, 1, 1])?)?.f_to_kind(kind)?.f_detach()?;
        let bias = bn.bias.f_sub(&bn.running_mean.f_mul(&scale)?)?.f_to_kind(kind)?.f_detach()?;
        let (stride, padding) = (conv.stride, conv.padding);
        let packed = if device == Device::Cpu && kind != Kind::Double {
            let input_size = [PATCHES_AT_ONCE_ON_CPU as i64, weight.size()[1], side, side];
            // Where oneDNN lacks the type on this CPU, libtorch's own convolution does the work.
            flc_torch_ext::prepack_convolution(&weight, stride, padding, input_size).ok()
        } else {
            None
        };
        Ok(match packed {
            Some(weight) => Self { weight, bias, stride, padding, packed: true },
            None => Self { weight, bias, stride, padding, packed: false },
        })
    }

    /// `relu(conv(xs) + bias [+ residual])`; the residual's memory may become the result's.
    fn forward_relu(&self, xs: &Tensor, residual: Option<Tensor>) -> Result<Tensor> {
        if self.packed {
            let FoldedConv { weight, bias, stride, padding, .. } = self;
            return Ok(flc_torch_ext::convolution_relu(
                xs, weight, bias, residual, *stride, *padding,
            )?);
        }
        let mut ys = self.forward_plain(xs)?;
        if let Some(residual) = residual {
            let _ = ys.f_add_(&residual)?;
        }
        Ok(ys.f_relu_()?)
    }

    fn forward_plain(&self, xs: &Tensor) -> Result<Tensor> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        Ok(xs.f_conv2d(&self.weight, Some(&self.bias), stride, padding, [1, 1], 1)?)
    }
}

#[derive(Debug)]
enum FoldedShortcut {
    Identity,
    Pad {
        stride: i64,
        new_channels: i64,
    },
    /// Never packed: it has no ReLU to fuse.
    Projection(FoldedConv),
}

#[derive(Debug)]
pub struct FoldedBlock {
    first: FoldedConv,
    second: FoldedConv,
    shortcut: FoldedShortcut,
}

impl FoldedBlock {
    fn new(block: &Block, side: i64, kind: Kind, device: Device) -> Result<Self> {
        Ok(Self {
            first: FoldedConv::new(&block.first, side, kind, device)?,
            second: FoldedConv::new(&block.second, side / block.first.stride, kind, device)?,
            shortcut: match &block.shortcut {
                Shortcut::Identity => FoldedShortcut::Identity,
                Shortcut::Pad { stride, new_channels } => {
                    FoldedShortcut::Pad { stride: *stride, new_channels: *new_channels }
                }
                Shortcut::Projection(conv) => {
                    let mut folded = FoldedConv::new(conv, side, Kind::Double, device)?;
                    folded.weight = folded.weight.f_to_kind(kind)?;
                    folded.bias = folded.bias.f_to_kind(kind)?;
                    FoldedShortcut::Projection(folded)
                }
            },
        })
    }

    /// Takes `xs`: as the residual of an identity shortcut its memory becomes the result's.
    fn forward(&self, xs: Tensor) -> Result<Tensor> {
        let ys = self.first.forward_relu(&xs, None)?;
        let residual = match &self.shortcut {
            FoldedShortcut::Identity => xs,
            FoldedShortcut::Pad { stride, new_channels } => {
                pad_shortcut(&xs, *stride, *new_channels)?
            }
            FoldedShortcut::Projection(conv) => conv.forward_plain(&xs)?,
        };
        self.second.forward_relu(&ys, Some(residual))
    }
}

/// A pathway for inference alone.
#[derive(Debug)]
pub enum FoldedPathway {
    Residual { stem: FoldedConv, blocks: Vec<FoldedBlock> },
    Yasaka { convolutions: Vec<FoldedConv>, layers: DenseLayers },
}

impl FoldedPathway {
    fn new(pathway: &Pathway, side: i64, kind: Kind, device: Device) -> Result<Self> {
        match pathway {
            Pathway::Residual(pathway) => Self::residual(pathway, side, kind, device),
            Pathway::Yasaka(pathway) => Self::yasaka(pathway, side, kind, device),
        }
    }

    fn residual(
        pathway: &ResidualPathway,
        mut side: i64,
        kind: Kind,
        device: Device,
    ) -> Result<Self> {
        let stem = FoldedConv::new(&pathway.stem, side, kind, device)?;
        let mut blocks = Vec::with_capacity(pathway.blocks.len());
        for block in &pathway.blocks {
            blocks.push(FoldedBlock::new(block, side, kind, device)?);
            side /= block.first.stride;
        }
        Ok(Self::Residual { stem, blocks })
    }

    fn yasaka(pathway: &YasakaPathway, mut side: i64, kind: Kind, device: Device) -> Result<Self> {
        let mut convolutions = Vec::with_capacity(pathway.convolutions.len());
        for (index, convolution) in pathway.convolutions.iter().enumerate() {
            convolutions.push(FoldedConv::new(convolution, side, kind, device)?);
            if ends_stage(index) {
                side = (side + 1) / 2;
            }
        }
        Ok(Self::Yasaka { convolutions, layers: pathway.layers.shallow_clone() })
    }

    /// `xs` [n, channels, side, side] in channels-last memory -> [n, pathway_features] of kind `features`.
    fn forward(&self, xs: Tensor, features: Kind) -> Result<Tensor> {
        match self {
            Self::Residual { stem, blocks } => {
                let mut ys = stem.forward_relu(&xs, None)?;
                for block in blocks {
                    ys = block.forward(ys)?;
                }
                Ok(ys.f_mean_dim([2, 3].as_slice(), false, features)?)
            }
            Self::Yasaka { convolutions, layers } => {
                let mut ys = xs;
                for (index, convolution) in convolutions.iter().enumerate() {
                    ys = convolution.forward_relu(&ys, None)?;
                    if ends_stage(index) {
                        ys = pool(&ys)?;
                    }
                }
                layers.forward(&ys, features)
            }
        }
    }
}
