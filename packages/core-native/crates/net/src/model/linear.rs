use super::Builder;
use crate::Result;
use tch::Tensor;

/// A fully connected layer: [n, in] -> [n, out].
#[derive(Debug)]
pub struct Linear {
    pub weight: Tensor,
    pub bias: Tensor,
}

impl Linear {
    pub fn new(mut builder: Builder, in_dim: i64, out_dim: i64) -> Result<Self> {
        Ok(Self {
            weight: builder.gaussian("weight", &[out_dim, in_dim], 1.0 / in_dim as f64)?,
            bias: builder.constant("bias", &[out_dim], 0.0)?,
        })
    }

    pub fn shallow_clone(&self) -> Self {
        Self { weight: self.weight.shallow_clone(), bias: self.bias.shallow_clone() }
    }

    pub fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        Ok(xs.f_linear(&self.weight, Some(&self.bias))?)
    }
}
