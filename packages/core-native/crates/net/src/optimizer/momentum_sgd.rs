use super::zeros;
use crate::Result;
use crate::config::TrainConfig;
use tch::Tensor;

/// `v <- momentum v + g; w <- w - rate v`, all tensors in one fused operation.
#[derive(Debug)]
pub struct MomentumSgd {
    pub momenta: Vec<Tensor>,
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
}

impl MomentumSgd {
    pub fn new(parameters: &[(String, Tensor)], config: &TrainConfig) -> Result<Self> {
        Ok(Self {
            momenta: zeros(parameters)?,
            learning_rate: config.learning_rate,
            momentum: config.momentum,
            weight_decay: config.weight_decay,
        })
    }

    /// `present`: index, parameter and gradient.
    pub fn step(&mut self, present: &[(usize, &Tensor, &Tensor)]) -> Result<()> {
        let parameters: Vec<_> = present.iter().map(|(_, parameter, _)| *parameter).collect();
        let gradients: Vec<_> = present.iter().map(|(_, _, gradient)| *gradient).collect();
        let momenta: Vec<_> = present.iter().map(|(index, ..)| &self.momenta[*index]).collect();
        Ok(flc_torch_ext::fused_sgd(
            &parameters,
            &gradients,
            &momenta,
            self.weight_decay,
            self.momentum,
            self.learning_rate,
        )?)
    }
}
