use super::{Builder, ConvBn};
use crate::{Result, config};
use tch::{Device, Tensor};

/// The way around a block's two convolutions (He et al. 2016, section 4.2).
#[derive(Debug)]
pub enum Shortcut {
    Identity,
    /// Option A: strided identity, new channels zero and appended last. No parameters.
    Pad {
        stride: i64,
        new_channels: i64,
    },
    /// Option B: 1 x 1 convolution and batch norm.
    Projection(ConvBn),
}

impl Shortcut {
    pub fn new(
        builder: &mut Builder,
        kind: config::Shortcut,
        c_in: i64,
        c_out: i64,
        stride: i64,
    ) -> Result<Self> {
        if c_in == c_out && stride == 1 {
            return Ok(Self::Identity);
        }
        Ok(match kind {
            config::Shortcut::Pad => Self::Pad { stride, new_channels: c_out - c_in },
            config::Shortcut::Projection => {
                let mut builder = builder.enter("downsample");
                Self::Projection(ConvBn::new(&mut builder, ("0", "1"), [c_in, c_out], 1, stride)?)
            }
        })
    }

    pub fn forward(&self, xs: &Tensor, train: bool) -> Result<Tensor> {
        match self {
            Self::Identity => Ok(xs.shallow_clone()),
            Self::Pad { stride, new_channels } => pad_shortcut(xs, *stride, *new_channels),
            Self::Projection(projection) => projection.forward(xs, train),
        }
    }
}

/// Every `stride`-th row and column of `xs` [n, c, h, w], followed by `new_channels` channels of zeros.
pub fn pad_shortcut(xs: &Tensor, stride: i64, new_channels: i64) -> Result<Tensor> {
    if xs.device() == Device::Cpu {
        return Ok(flc_torch_ext::pad_shortcut(xs, stride, new_channels)?);
    }
    let strided = xs.f_slice(2, None, None, stride)?.f_slice(3, None, None, stride)?;
    if new_channels == 0 {
        return Ok(strided);
    }
    Ok(strided.f_constant_pad_nd([0, 0, 0, 0, 0, new_channels])?)
}
