//! A pathway of one phase. The paper's is residual: He et al. 2016, section 4.2, with 6n + 2 layers (19 convolutions for n = 3), BN before ReLU.

use super::{BatchNorm, Builder, Shortcut, YasakaPathway, pad_shortcut};
use crate::Result;
use crate::config::{Backbone, NetworkConfig};
use tch::{Device, Kind, Tensor};

/// Convolution without bias, then batch norm.
#[derive(Debug)]
pub struct ConvBn {
    pub weight: Tensor,
    pub bn: BatchNorm,
    pub stride: i64,
    pub padding: i64,
}

impl ConvBn {
    /// `names`: of the convolution and of its batch norm. Gaussian weights of variance 2 / fan_out.
    pub fn new(
        builder: &mut Builder,
        names: (&str, &str),
        [c_in, c_out]: [i64; 2],
        kernel: i64,
        stride: i64,
    ) -> Result<Self> {
        let variance = 2.0 / (c_out * kernel * kernel) as f64;
        let shape = [c_out, c_in, kernel, kernel];
        Ok(Self {
            weight: builder.enter(names.0).gaussian("weight", &shape, variance)?,
            bn: BatchNorm::new(builder.enter(names.1), c_out)?,
            stride,
            padding: kernel / 2,
        })
    }

    /// [n, c_in, h, w] -> [n, c_out, h / stride, w / stride], in the arithmetic of `xs`.
    pub fn forward(&self, xs: &Tensor, train: bool) -> Result<Tensor> {
        self.bn.forward(&self.convolve(xs)?, train)
    }

    /// `relu(forward(xs) [+ residual])`, twice: see [`BatchNorm::forward_relu`].
    pub fn forward_relu(
        &self,
        xs: &Tensor,
        residual: Option<&Tensor>,
        train: bool,
    ) -> Result<(Tensor, Tensor)> {
        self.bn.forward_relu(&self.convolve(xs)?, residual, train)
    }

    /// [n, c_in, h, w] -> [n, c_out, h / stride, w / stride]. On the CPU by minimal filtering where it fits, which keeps the gradient of the
    /// master weights in float32; else by libtorch.
    pub fn convolve(&self, xs: &Tensor) -> Result<Tensor> {
        if self.padding == 1
            && self.stride == 1
            && let Some(ys) = flc_torch_ext::winograd_convolution(xs, &self.weight)?
        {
            return Ok(ys);
        }
        let weight = self.weight.f_to_kind(xs.f_kind()?)?;
        let convolve = |xs: &Tensor, stride: i64| {
            xs.f_conv2d(&weight, None::<&Tensor>, [stride; 2], [self.padding; 2], [1, 1], 1)
        };
        // A 1 x 1 kernel sees every stride-th pixel alone. oneDNN's backward of a strided one writes beyond its memory where there are
        // fewer channels than lanes (uxlfoundation/oneDNN#6035).
        if self.padding == 0 && self.stride > 1 && xs.device() == Device::Cpu {
            return Ok(convolve(&pad_shortcut(xs, self.stride, 0)?, 1)?);
        }
        Ok(convolve(xs, self.stride)?)
    }
}

/// Two 3 x 3 convolutions and a shortcut around them.
#[derive(Debug)]
pub struct Block {
    pub first: ConvBn,
    pub second: ConvBn,
    pub shortcut: Shortcut,
}

impl Block {
    /// `around`: the same values as `xs`, for the shortcut.
    fn forward(&self, xs: &Tensor, around: &Tensor, train: bool) -> Result<(Tensor, Tensor)> {
        let (ys, _) = self.first.forward_relu(xs, None, train)?;
        self.second.forward_relu(&ys, Some(&self.shortcut.forward(around, train)?), train)
    }
}

#[derive(Debug)]
pub enum Pathway {
    Residual(ResidualPathway),
    Yasaka(YasakaPathway),
}

impl Pathway {
    /// `side`: of the images.
    pub fn new(builder: Builder, config: &NetworkConfig, side: i64) -> Result<Self> {
        Ok(match config.backbone {
            Backbone::Residual => Self::Residual(ResidualPathway::new(builder, config)?),
            Backbone::Yasaka => Self::Yasaka(YasakaPathway::new(builder, config, side)?),
        })
    }

    /// `xs` [n, channels, side, side] -> [n, pathway_features] of kind `features`.
    pub fn forward(&self, xs: &Tensor, features: Kind, train: bool) -> Result<Tensor> {
        match self {
            Self::Residual(pathway) => pathway.forward(xs, features, train),
            Self::Yasaka(pathway) => pathway.forward(xs, features, train),
        }
    }
}

#[derive(Debug)]
pub struct ResidualPathway {
    pub stem: ConvBn,
    pub blocks: Vec<Block>,
}

impl ResidualPathway {
    fn new(mut builder: Builder, config: &NetworkConfig) -> Result<Self> {
        let mut c_in = config.widths[0];
        let stem =
            ConvBn::new(&mut builder, ("conv1", "bn1"), [config.input_channels(), c_in], 3, 1)?;
        let mut blocks = Vec::new();
        for (stage, &c_out) in config.widths.iter().enumerate() {
            for position in 0..config.depth {
                let stride = if stage > 0 && position == 0 { 2 } else { 1 };
                let mut builder = builder.enter("blocks");
                let mut builder = builder.enter(blocks.len());
                blocks.push(Block {
                    first: ConvBn::new(&mut builder, ("conv1", "bn1"), [c_in, c_out], 3, stride)?,
                    second: ConvBn::new(&mut builder, ("conv2", "bn2"), [c_out, c_out], 3, 1)?,
                    shortcut: Shortcut::new(&mut builder, config.shortcut, c_in, c_out, stride)?,
                });
                c_in = c_out;
            }
        }
        Ok(Self { stem, blocks })
    }

    /// `xs` [n, channels, side, side] -> [n, widths[2]] by global average pooling, accumulated and returned as `pooled`.
    fn forward(&self, xs: &Tensor, pooled: Kind, train: bool) -> Result<Tensor> {
        let (mut ys, mut around) = self.stem.forward_relu(xs, None, train)?;
        for block in &self.blocks {
            (ys, around) = block.forward(&ys, &around, train)?;
        }
        Ok(ys.f_mean_dim([2, 3].as_slice(), false, pooled)?)
    }
}
