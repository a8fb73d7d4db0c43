use crate::config::TrainConfig;
use crate::distributed::Team;
use crate::loss::{Centers, JointLoss};
use crate::model::{Inputs, ResGlBdLstm};
use crate::optimizer::Optimizer;
use crate::{NetError, Result};
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
        self.step_in(&Team::alone(), 1.0, inputs, targets)
    }

    /// The same on this process's `part` (0 .. 1) of a batch's rows. Weights, centres and running statistics are then the same in all
    /// processes; batch statistics are each one's own.
    pub fn step_in(
        &mut self,
        team: &Team,
        part: f64,
        inputs: &Inputs,
        targets: &Tensor,
    ) -> Result<StepOutcome> {
        let outputs = self.network.forward(inputs, true)?;
        let loss = self.loss.forward(&outputs, targets, &self.centers)?;
        let gradients = if team.is_alone() {
            self.optimizer.gradients(&loss.total)?
        } else {
            let total = self.loss.of_part(&loss, part, team.size())?;
            self.average(team, self.optimizer.gradients(&total)?)?
        };
        self.optimizer.step(&gradients)?;
        self.centers.update(&outputs.feature, targets, self.alpha, team)?;
        let scalar = |tensor: &Tensor| -> Result<f64> { Ok(tensor.f_double_value(&[])?) };
        let correct = outputs.last.f_argmax(1, false)?.f_eq_tensor(targets)?;
        let outcome = StepOutcome {
            loss: scalar(&loss.total)?,
            inter: scalar(&loss.inter)?,
            intra: scalar(&loss.intra)?,
            last: scalar(&loss.last)?,
            local: loss.local.as_ref().map(scalar).transpose()?,
            global: loss.global.as_ref().map(scalar).transpose()?,
            accuracy: scalar(&correct.f_mean(tch::Kind::Double)?)?,
        };
        if team.is_alone() { Ok(outcome) } else { self.combine(team, part, outcome) }
    }

    /// Gradients, averaged over the processes together with the running statistics that the forward pass has moved.
    fn average(&self, team: &Team, gradients: Vec<Tensor>) -> Result<Vec<Tensor>> {
        let _no_grad = tch::no_grad_guard();
        let statistics: Vec<_> = self.network.parameters.statistics().collect();
        let count = gradients.len();
        let mut tensors = gradients;
        tensors.extend(statistics.iter().map(|tensor| tensor.shallow_clone()));
        let mut averaged = team.mean(tensors)?;
        for (statistic, mean) in statistics.iter().zip(averaged.split_off(count)) {
            statistic.shallow_clone().f_copy_(&mean)?;
        }
        Ok(averaged)
    }

    /// The outcome on the whole batch.
    fn combine(&self, team: &Team, part: f64, own: StepOutcome) -> Result<StepOutcome> {
        let sums = team.sum_numbers(&[
            part * own.inter,
            self.loss.intra_weight(part) * own.intra,
            part * own.last,
            part * own.local.unwrap_or_default(),
            part * own.global.unwrap_or_default(),
            part * own.accuracy,
        ])?;
        let [inter, intra, last, local, global, accuracy] = sums[..] else {
            return Err(NetError::Internal("sums are missing".into()));
        };
        Ok(StepOutcome {
            loss: if self.loss.lambda == 0.0 { inter } else { inter + self.loss.lambda * intra },
            inter,
            intra,
            last,
            local: own.local.map(|_| local),
            global: own.global.map(|_| global),
            accuracy,
        })
    }
}
