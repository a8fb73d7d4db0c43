//! Momentum SGD with a state of its own, so that a checkpoint can keep it (tch's optimizers cannot save theirs).

use crate::config::TrainConfig;
use crate::model::Parameters;
use crate::{NetError, Result};
use std::collections::BTreeMap;
use tch::Tensor;

#[derive(Debug)]
pub struct MomentumSgd {
    parameters: Vec<(String, Tensor)>,
    momenta: Vec<Tensor>,
    learning_rate: f64,
    momentum: f64,
    weight_decay: f64,
}

impl MomentumSgd {
    pub fn new(parameters: &Parameters, config: &TrainConfig) -> Result<Self> {
        let parameters: Vec<_> = parameters
            .trainable()
            .map(|(name, tensor)| (name.to_string(), tensor.shallow_clone()))
            .collect();
        let momenta: Result<Vec<_>, tch::TchError> =
            parameters.iter().map(|(_, tensor)| tensor.f_detach()?.f_zeros_like()).collect();
        Ok(Self {
            parameters,
            momenta: momenta?,
            learning_rate: config.learning_rate,
            momentum: config.momentum,
            weight_decay: config.weight_decay,
        })
    }

    /// Gradients of `loss` in the order of the parameters; undefined where a parameter does not take part.
    pub fn gradients(&self, loss: &Tensor) -> Result<Vec<Tensor>> {
        let inputs: Vec<_> = self.parameters.iter().map(|(_, tensor)| tensor).collect();
        Ok(Tensor::f_run_backward(&[loss], &inputs, false, false)?)
    }

    /// One step along `gradients`. Parameters without a gradient stay as they are, as in PyTorch.
    pub fn step(&mut self, gradients: &[Tensor]) -> Result<()> {
        let (mut parameters, mut present, mut momenta) = (Vec::new(), Vec::new(), Vec::new());
        for (index, gradient) in
            gradients.iter().enumerate().filter(|(_, gradient)| gradient.defined())
        {
            parameters.push(&self.parameters[index].1);
            present.push(gradient);
            momenta.push(&self.momenta[index]);
        }
        let _no_grad = tch::no_grad_guard();
        Ok(flc_torch_ext::fused_sgd(
            &parameters,
            &present,
            &momenta,
            self.weight_decay,
            self.momentum,
            self.learning_rate,
        )?)
    }

    /// The momenta by parameter name.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let names = self.parameters.iter().map(|(name, _)| name.clone());
        names.zip(self.momenta.iter().map(Tensor::shallow_clone)).collect()
    }

    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        for ((name, _), momentum) in self.parameters.iter().zip(&mut self.momenta) {
            let saved = state.get(name).filter(|saved| saved.size() == momentum.size());
            let saved = saved.ok_or_else(|| {
                NetError::data(
                    format!("no momentum for {name}"),
                    "Resume with the configuration of the run.",
                )
            })?;
            momentum.f_copy_(saved)?;
        }
        Ok(())
    }
}
