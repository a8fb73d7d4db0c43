//! Optimizers with a state of their own, so that a checkpoint can keep it (tch's cannot save theirs).

mod adam;
mod momentum_sgd;

use crate::config::{OptimizerKind, TrainConfig};
use crate::model::Parameters;
use crate::{NetError, Result};
use adam::Adam;
use momentum_sgd::MomentumSgd;
use std::collections::BTreeMap;
use tch::Tensor;

#[derive(Debug)]
enum Rule {
    Momentum(MomentumSgd),
    Adam(Adam),
}

/// Moves the trainable parameters of a network along gradients. L2 is coupled: it is added to the gradient.
#[derive(Debug)]
pub struct Optimizer {
    parameters: Vec<(String, Tensor)>,
    rule: Rule,
}

impl Optimizer {
    pub fn new(parameters: &Parameters, config: &TrainConfig) -> Result<Self> {
        let parameters: Vec<_> = parameters
            .trainable()
            .map(|(name, tensor)| (name.to_string(), tensor.shallow_clone()))
            .collect();
        let rule = match config.optimizer {
            OptimizerKind::Momentum => Rule::Momentum(MomentumSgd::new(&parameters, config)?),
            OptimizerKind::Adam => Rule::Adam(Adam::new(&parameters, config)?),
        };
        Ok(Self { parameters, rule })
    }

    /// Gradients of `loss` in the order of the parameters; undefined where a parameter does not take part.
    pub fn gradients(&self, loss: &Tensor) -> Result<Vec<Tensor>> {
        let inputs: Vec<_> = self.parameters.iter().map(|(_, tensor)| tensor).collect();
        Ok(Tensor::f_run_backward(&[loss], &inputs, false, false)?)
    }

    /// One step along `gradients`. Parameters without a gradient stay as they are, as in PyTorch.
    pub fn step(&mut self, gradients: &[Tensor]) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let present: Vec<_> = gradients
            .iter()
            .enumerate()
            .filter(|(_, gradient)| gradient.defined())
            .map(|(index, gradient)| (index, &self.parameters[index].1, gradient))
            .collect();
        match &mut self.rule {
            Rule::Momentum(rule) => rule.step(&present),
            Rule::Adam(rule) => rule.step(&present),
        }
    }

    /// What the next step depends on, by name.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let mut state: BTreeMap<_, _> =
            self.averages().map(|(name, tensor)| (name, tensor.shallow_clone())).collect();
        if let Rule::Adam(adam) = &self.rule {
            state.insert("adam.steps".into(), Tensor::from(adam.steps));
        }
        state
    }

    /// Takes what [`Self::state`] gave; other names are left alone.
    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let missing = |name: &str| {
            NetError::data(
                format!("no {name} in the optimizer's state"),
                "Resume with the configuration of the run.",
            )
        };
        let _no_grad = tch::no_grad_guard();
        for (name, tensor) in self.averages() {
            let saved = state.get(&name).filter(|saved| saved.size() == tensor.size());
            tensor.shallow_clone().f_copy_(saved.ok_or_else(|| missing(&name))?)?;
        }
        if let Rule::Adam(adam) = &mut self.rule {
            let steps = state.get("adam.steps").ok_or_else(|| missing("adam.steps"))?;
            adam.steps = steps.f_int64_value(&[])?;
        }
        Ok(())
    }

    /// The running averages of the gradients, named as in a checkpoint.
    fn averages(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let lists: Vec<(&str, &[Tensor])> = match &self.rule {
            Rule::Momentum(rule) => vec![("momentum", &rule.momenta)],
            Rule::Adam(rule) => vec![("adam.first", &rule.first), ("adam.second", &rule.second)],
        };
        let names = self.parameters.iter().map(|(name, _)| name);
        lists.into_iter().flat_map(move |(prefix, list)| {
            names.clone().zip(list).map(move |(name, tensor)| (format!("{prefix}.{name}"), tensor))
        })
    }
}

/// Zeros in the shape of each parameter.
fn zeros(parameters: &[(String, Tensor)]) -> Result<Vec<Tensor>> {
    parameters.iter().map(|(_, tensor)| Ok(tensor.f_detach()?.f_zeros_like()?)).collect()
}
