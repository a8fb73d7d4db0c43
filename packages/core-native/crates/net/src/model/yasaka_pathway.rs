//! Deep Learning with Convolutional Neural Network for Differentiation of Liver Masses, Yasaka et al., Radiology 2018, with the layers of
//! the re-implementation that Table 2 compares with: three pairs of 3 x 3 convolutions, each pooled, then fully connected layers.

use super::{Builder, ConvBn, Linear};
use crate::Result;
use crate::config::{NetworkConfig, YASAKA_LAYERS};
use tch::{Kind, Tensor};

#[derive(Debug)]
pub struct YasakaPathway {
    /// Two for each stage of `widths`.
    pub convolutions: Vec<ConvBn>,
    pub layers: DenseLayers,
}

/// The fully connected layers before the head, each followed by ReLU.
#[derive(Debug)]
pub struct DenseLayers(Vec<Linear>);

impl YasakaPathway {
    /// `side`: of the images.
    pub fn new(mut builder: Builder, config: &NetworkConfig, side: i64) -> Result<Self> {
        let mut c_in = config.input_channels();
        let mut convolutions = Vec::new();
        for c_out in config.widths.into_iter().flat_map(|width| [width, width]) {
            let number = convolutions.len() + 1;
            let (conv, bn) = (format!("conv{number}"), format!("bn{number}"));
            convolutions.push(ConvBn::new(&mut builder, (&conv, &bn), [c_in, c_out], 3, 1)?);
            c_in = c_out;
        }
        let pooled = config.widths.iter().fold(side, |side, _| (side + 1) / 2);
        let mut inputs = c_in * pooled * pooled;
        let mut layers = Vec::new();
        for (index, outputs) in YASAKA_LAYERS.into_iter().enumerate() {
            let name = format!("fc{}", index + 1);
            layers.push(Linear::new(builder.enter(name), inputs, outputs)?);
            inputs = outputs;
        }
        Ok(Self { convolutions, layers: DenseLayers(layers) })
    }

    /// `xs` [n, channels, side, side] -> [n, 128] of kind `dense`.
    pub fn forward(&self, xs: &Tensor, dense: Kind, train: bool) -> Result<Tensor> {
        let mut ys = xs.shallow_clone();
        for (index, convolution) in self.convolutions.iter().enumerate() {
            ys = convolution.forward_relu(&ys, None, train)?.0;
            if ends_stage(index) {
                ys = pool(&ys)?;
            }
        }
        self.layers.forward(&ys, dense)
    }
}

impl DenseLayers {
    pub fn shallow_clone(&self) -> Self {
        Self(self.0.iter().map(Linear::shallow_clone).collect())
    }

    /// `xs` [n, c, h, w] -> [n, outputs]
    pub fn forward(&self, xs: &Tensor, kind: Kind) -> Result<Tensor> {
        let mut ys = xs.f_flatten(1, 3)?.f_to_kind(kind)?;
        for layer in &self.0 {
            ys = layer.forward(&ys)?.f_relu()?;
        }
        Ok(ys)
    }
}

/// Every second convolution is followed by pooling.
pub fn ends_stage(convolution: usize) -> bool {
    convolution % 2 == 1
}

/// 3 x 3 maximum at every second pixel.
pub fn pool(xs: &Tensor) -> Result<Tensor> {
    Ok(xs.f_max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false)?)
}
