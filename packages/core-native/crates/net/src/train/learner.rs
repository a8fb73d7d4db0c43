use crate::Result;
use crate::config::TrainConfig;
use crate::loss::{Centers, JointLoss};
use crate::model::{Inputs, ResGlBdLstm};
use crate::optimizer::Optimizer;
use tch::{Device, Tensor};

/// Everything that a training step moves.
#[derive(Debug)]
pub struct Learner {
    pub network: ResGlBdLstm,
    pub centers: Centers,
    pub optimizer: Optimizer,
    loss: JointLoss,
    alpha: f64,
}

/// What a step reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepOutcome {
    pub loss: f64,
    pub inter: f64,
    pub intra: f64,
    pub last: f64,
    pub local: Option<f64>,
    pub global: Option<f64>,
    /// Share of the batch that `fc` classified rightly.
    pub accuracy: f64,
}

impl Learner {
    pub fn new(config: &TrainConfig, device: Device) -> Result<Self> {
        let network = ResGlBdLstm::new(&config.network, config.precision, device, config.seed)?;
        let features = config.network.feature_size();
        let centers =
            Centers::new(config.network.classes, features, config.precision.master(), device)?;
        let optimizer = Optimizer::new(&network.parameters, config)?;
        Ok(Self { network, centers, optimizer, loss: JointLoss::new(config), alpha: config.alpha })
    }

    /// Forward, joint loss, backward, the optimizer, then the centres. `targets` [n] int64.
    pub fn step(&mut self, inputs: &Inputs, targets: &Tensor) -> Result<StepOutcome> {
        let outputs = self.network.forward(inputs, true)?;
        let loss = self.loss.forward(&outputs, targets, &self.centers)?;
        let gradients = self.optimizer.gradients(&loss.total)?;
        self.optimizer.step(&gradients)?;
        self.centers.update(&outputs.feature, targets, self.alpha)?;
        let scalar = |tensor: &Tensor| -> Result<f64> { Ok(tensor.f_double_value(&[])?) };
        let correct = outputs.last.f_argmax(1, false)?.f_eq_tensor(targets)?;
        Ok(StepOutcome {
            loss: scalar(&loss.total)?,
            inter: scalar(&loss.inter)?,
            intra: scalar(&loss.intra)?,
            last: scalar(&loss.last)?,
            local: loss.local.as_ref().map(scalar).transpose()?,
            global: loss.global.as_ref().map(scalar).transpose()?,
            accuracy: scalar(&correct.f_mean(tch::Kind::Double)?)?,
        })
    }
}
