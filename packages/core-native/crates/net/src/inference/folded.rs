use super::chunk::ChunkProgram;
use crate::config::{NetworkConfig, Precision};
use crate::model::{
    BN_EPSILON, Block, ConvBn, DenseLayers, Fusion, Pathway, ResGlBdLstm, ResidualPathway,
    Shortcut, YasakaPathway, channels_last, ends_stage, pad_shortcut, pool,
};
use crate::{Result, state_file};
use flc_torch_ext::{WinogradWeights, convolution_relu, prepack_convolution};
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
    pub(super) notices: RefCell<Vec<String>>,
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
            pathways.iter().map(|pathway| FoldedPathway::new(pathway, side, kind)).collect()
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
            notices: RefCell::default(),
            program: RefCell::default(),
        })
    }

    /// What is done otherwise than it should be, and why; the next prediction tells it.
    pub fn notice(&self, message: String) {
        self.notices.borrow_mut().push(message);
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
    weight: FoldedWeight,
    bias: Tensor,
    stride: i64,
    padding: i64,
}

#[derive(Debug)]
enum FoldedWeight {
    Plain(Tensor),
    /// In oneDNN's layout: ReLU and addition run inside the convolution.
    Packed(Tensor),
    /// So they do here, with fewer multiplications. Float32 alone: in bfloat16 it would be less exact and, in inference, little faster.
    Winograd(WinogradWeights),
}

impl FoldedWeight {
    /// The fastest form for a convolution with ReLU of inputs of `side`, for which oneDNN packs.
    fn new(weight: Tensor, stride: i64, padding: i64, side: i64) -> Result<Self> {
        if weight.device() != Device::Cpu || weight.kind() == Kind::Double {
            return Ok(Self::Plain(weight));
        }
        // oneDNN's ReLU makes 0 of a NaN, which libtorch's keeps.
        if state_file::first_not_finite([("", &weight)])?.is_some() {
            return Ok(Self::Plain(weight));
        }
        if stride == 1
            && padding == 1
            && let Some(weights) = WinogradWeights::new(&weight)?
        {
            return Ok(Self::Winograd(weights));
        }
        let input_size = [PATCHES_AT_ONCE_ON_CPU as i64, weight.size()[1], side, side];
        // Where oneDNN lacks the type on this CPU, libtorch's own convolution does the work.
        Ok(match prepack_convolution(&weight, stride, padding, input_size) {
            Ok(packed) => Self::Packed(packed),
            Err(_) => Self::Plain(weight),
        })
    }
}

impl FoldedConv {
    /// `side`: of the input images.
    fn new(conv: &ConvBn, side: i64, kind: Kind) -> Result<Self> {
        let (weight, bias) = folded(conv, kind)?;
        let (stride, padding) = (conv.stride, conv.padding);
        Ok(Self {
            weight: FoldedWeight::new(weight, stride, padding, side)?,
            bias,
            stride,
            padding,
        })
    }

    /// `relu(conv(xs) + bias [+ residual])`; the residual's memory may become the result's.
    fn forward_relu(&self, xs: &Tensor, residual: Option<Tensor>) -> Result<Tensor> {
        let FoldedConv { weight, bias, stride, padding } = self;
        match weight {
            FoldedWeight::Winograd(weights) => Ok(weights.convolve_relu(xs, bias, residual)?),
            FoldedWeight::Packed(weight) => {
                Ok(convolution_relu(xs, weight, bias, residual, *stride, *padding)?)
            }
            FoldedWeight::Plain(weight) => {
                let mut ys = convolve(xs, weight, bias, *stride, *padding)?;
                if let Some(residual) = residual {
                    let _ = ys.f_add_(&residual)?;
                }
                Ok(ys.f_relu_()?)
            }
        }
    }
}

/// Weight and bias of a convolution with its batch norm.
fn folded(conv: &ConvBn, kind: Kind) -> Result<(Tensor, Tensor)> {
    let bn = &conv.bn;
    let scale = bn.weight.f_div(&bn.running_var.f_add_scalar(BN_EPSILON)?.f_sqrt()?)?;
    let weight = conv.weight.f_mul(&scale.f_view([-1, 1, 1, 1])?)?.f_to_kind(kind)?.f_detach()?;
    let bias = bn.bias.f_sub(&bn.running_mean.f_mul(&scale)?)?.f_to_kind(kind)?.f_detach()?;
    Ok((weight, bias))
}

fn convolve(
    xs: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    stride: i64,
    padding: i64,
) -> Result<Tensor> {
    Ok(xs.f_conv2d(weight, Some(bias), [stride; 2], [padding; 2], [1, 1], 1)?)
}

#[derive(Debug)]
enum FoldedShortcut {
    Identity,
    Pad {
        stride: i64,
        new_channels: i64,
    },
    /// A 1 x 1 convolution without ReLU.
    Projection {
        weight: Tensor,
        bias: Tensor,
        stride: i64,
    },
}

#[derive(Debug)]
pub struct FoldedBlock {
    first: FoldedConv,
    second: FoldedConv,
    shortcut: FoldedShortcut,
}

impl FoldedBlock {
    fn new(block: &Block, side: i64, kind: Kind) -> Result<Self> {
        Ok(Self {
            first: FoldedConv::new(&block.first, side, kind)?,
            second: FoldedConv::new(&block.second, side / block.first.stride, kind)?,
            shortcut: match &block.shortcut {
                Shortcut::Identity => FoldedShortcut::Identity,
                Shortcut::Pad { stride, new_channels } => {
                    FoldedShortcut::Pad { stride: *stride, new_channels: *new_channels }
                }
                Shortcut::Projection(conv) => {
                    let (weight, bias) = folded(conv, kind)?;
                    FoldedShortcut::Projection { weight, bias, stride: conv.stride }
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
            FoldedShortcut::Projection { weight, bias, stride } => {
                convolve(&xs, weight, bias, *stride, 0)?
            }
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
    fn new(pathway: &Pathway, side: i64, kind: Kind) -> Result<Self> {
        match pathway {
            Pathway::Residual(pathway) => Self::residual(pathway, side, kind),
            Pathway::Yasaka(pathway) => Self::yasaka(pathway, side, kind),
        }
    }

    fn residual(pathway: &ResidualPathway, mut side: i64, kind: Kind) -> Result<Self> {
        let stem = FoldedConv::new(&pathway.stem, side, kind)?;
        let mut blocks = Vec::with_capacity(pathway.blocks.len());
        for block in &pathway.blocks {
            blocks.push(FoldedBlock::new(block, side, kind)?);
            side /= block.first.stride;
        }
        Ok(Self::Residual { stem, blocks })
    }

    fn yasaka(pathway: &YasakaPathway, mut side: i64, kind: Kind) -> Result<Self> {
        let mut convolutions = Vec::with_capacity(pathway.convolutions.len());
        for (index, convolution) in pathway.convolutions.iter().enumerate() {
            convolutions.push(FoldedConv::new(convolution, side, kind)?);
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
