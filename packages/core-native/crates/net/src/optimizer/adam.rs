use super::zeros;
use crate::Result;
use crate::config::TrainConfig;
use tch::Tensor;

const BETA_FIRST: f64 = 0.9;
const BETA_SECOND: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Adam (Kingma and Ba 2015, algorithm 1), in the order of PyTorch's operations.
#[derive(Debug)]
pub struct Adam {
    pub first: Vec<Tensor>,
    pub second: Vec<Tensor>,
    /// Steps done, which the correction of the averages' start at 0 depends on.
    pub steps: i64,
    learning_rate: f64,
    weight_decay: f64,
}

impl Adam {
    pub fn new(parameters: &[(String, Tensor)], config: &TrainConfig) -> Result<Self> {
        Ok(Self {
            first: zeros(parameters)?,
            second: zeros(parameters)?,
            steps: 0,
            learning_rate: config.learning_rate,
            weight_decay: config.weight_decay,
        })
    }

    /// `present`: index, parameter and gradient.
    pub fn step(&mut self, present: &[(usize, &Tensor, &Tensor)]) -> Result<()> {
        self.steps += 1;
        let steps = self.steps as f64;
        let rate = self.learning_rate / (1.0 - BETA_FIRST.powf(steps));
        let correction = (1.0 - BETA_SECOND.powf(steps)).sqrt();
        for &(index, parameter, gradient) in present {
            let gradient = gradient.f_add(&parameter.f_mul_scalar(self.weight_decay)?)?;
            let _ = self.first[index].f_lerp_(&gradient, 1.0 - BETA_FIRST)?;
            let second = &mut self.second[index];
            let _ = second.f_mul_scalar_(BETA_SECOND)?;
            let _ = second.f_add_(&gradient.f_square()?.f_mul_scalar(1.0 - BETA_SECOND)?)?;
            let scale = second.f_sqrt()?.f_div_scalar(correction)?.f_add_scalar(EPSILON)?;
            let change = self.first[index].f_div(&scale)?.f_mul_scalar(-rate)?;
            let _ = parameter.shallow_clone().f_add_(&change)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OptimizerKind;
    use tch::{Device, Kind};

    #[test]
    fn three_steps_are_those_of_pytorch() {
        let weight = Tensor::from_slice(&[0.5, -1.0, 2.0]);
        let parameters = [("w".to_string(), weight.shallow_clone())];
        let config = TrainConfig {
            optimizer: OptimizerKind::Adam,
            learning_rate: 0.1,
            weight_decay: 0.01,
            ..TrainConfig::default()
        };
        let mut adam = Adam::new(&parameters, &config).unwrap();
        // torch.optim.Adam([w], lr=0.1, weight_decay=0.01) of PyTorch 2.11 in float64.
        let steps = [
            ([0.3, -0.2, 1.0], [0.4000000032786884, -0.9000000047619046, 1.9000000009803921]),
            ([-0.1, 0.4, 0.5], [0.35843994798681106, -0.933871986222442, 1.8065270207599182]),
            ([0.2, 0.0, -2.0], [0.29701559500362, -0.9587046444916268, 1.8257528436411088]),
        ];
        for (gradient, expected) in steps {
            adam.step(&[(0, &weight, &Tensor::from_slice(&gradient))]).unwrap();
            let difference = (&weight - Tensor::from_slice(&expected)).abs().max();
            assert!(difference.double_value(&[]) < 1e-12, "{weight}");
        }
        assert_eq!((weight.kind(), weight.device()), (Kind::Double, Device::Cpu));
    }
}
