use crate::Result;
use crate::config::{Switch, TrainConfig};
use crate::cuda::SideStreams;
use crate::distributed::Team;
use crate::loss::{Centers, JointLoss, LossParts};
use crate::model::{Inputs, Outputs, ResGlBdLstm};
use crate::optimizer::Optimizer;
use tch::{Device, Kind, Tensor};

/// Everything that a training step moves.
#[derive(Debug)]
pub struct Learner {
    pub network: ResGlBdLstm,
    pub centers: Centers,
    pub optimizer: Optimizer,
    loss: JointLoss,
    alpha: f64,
    /// What is done otherwise than asked for, and why.
    pub notices: Vec<String>,
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

/// Numbers that a step leaves on the device for [`Learner::outcome`].
pub const SUMS: usize = 6;

/// A batch, or the part of one that is computed at once.
#[derive(Debug)]
pub struct Portion {
    pub inputs: Inputs,
    /// [n] int64
    pub targets: Tensor,
    /// Its share of the batch's rows (0 .. 1).
    pub part: f64,
}

impl Learner {
    pub fn new(config: &TrainConfig, device: Device) -> Result<Self> {
        let mut network = ResGlBdLstm::new(&config.network, config.precision, device, config.seed)?;
        let mut notices = Vec::new();
        if config.phase_streams == Switch::On {
            match SideStreams::new(device, config.network.branches() as usize) {
                Ok(streams) => network.side_by_side = Some(streams),
                // The result is the same: no failure.
                Err(error) => {
                    notices.push(format!("phases are computed one after the other: {error}"))
                }
            }
        }
        let features = config.network.feature_size();
        let centers =
            Centers::new(config.network.classes, features, config.precision.master(), device)?;
        let optimizer = Optimizer::new(&network.parameters, config)?;
        let loss = JointLoss::new(config);
        Ok(Self { network, centers, optimizer, loss, alpha: config.alpha, notices })
    }

    /// A step on a whole batch, alone. `targets` [n] int64.
    pub fn step(&mut self, inputs: &Inputs, targets: &Tensor) -> Result<StepOutcome> {
        self.step_in(&Team::alone(), 1.0, inputs, targets)
    }

    /// A step of the team, of which this process has a `part` (0 .. 1) of the rows; waits for what the step came to.
    pub fn step_in(
        &mut self,
        team: &Team,
        part: f64,
        inputs: &Inputs,
        targets: &Tensor,
    ) -> Result<StepOutcome> {
        let (inputs, targets) = (inputs.shallow_clone(), targets.shallow_clone());
        let sums = self.advance(team, [Ok(Portion { inputs, targets, part })])?;
        self.read(&sums)
    }

    /// Waits for the sums of a step.
    pub fn read(&self, sums: &Tensor) -> Result<StepOutcome> {
        let mut read = [0.0; SUMS];
        sums.f_to_device(Device::Cpu)?.f_copy_data(&mut read, SUMS)?;
        Ok(self.outcome(read))
    }

    /// Forward, joint loss and backward of each portion; then the optimizer, then the centres. The portions of all processes make the
    /// batch. Weights, centres and running statistics are afterwards the same in all of them; batch statistics are each portion's own.
    ///
    /// Returns the sums that [`Self::outcome`] reads: nothing here waits for the device.
    pub fn advance(
        &mut self,
        team: &Team,
        portions: impl IntoIterator<Item = Result<Portion>>,
    ) -> Result<Tensor> {
        let (mut gradients, mut sums) = (Vec::new(), Vec::new());
        let (mut features, mut classes) = (Vec::new(), Vec::new());
        for portion in portions {
            let portion = portion?;
            let (own, loss, outputs) = self.gradients(&portion, team.size())?;
            gradients = if gradients.is_empty() { own } else { add(&gradients, &own)? };
            sums.push(self.weighted_sums(&loss, &outputs.last, &portion)?);
            features.push(outputs.feature.f_detach()?);
            classes.push(portion.targets);
        }
        if !team.is_alone() {
            gradients = self.average(team, gradients)?;
        }
        self.optimizer.step(&gradients)?;
        let (features, classes) = (Tensor::f_cat(&features, 0)?, Tensor::f_cat(&classes, 0)?);
        self.centers.update(&features, &classes, self.alpha, team)?;
        let own = Tensor::f_stack(&sums, 0)?;
        let own = own.f_sum_dim_intlist([0].as_slice(), false, Kind::Double)?;
        Ok(team.sum(vec![own])?.remove(0))
    }

    /// Forward, joint loss and backward of a portion of one of `processes`.
    pub fn gradients(
        &self,
        portion: &Portion,
        processes: usize,
    ) -> Result<(Vec<Tensor>, LossParts, Outputs)> {
        let outputs = self.network.forward(&portion.inputs, true)?;
        let loss = self.loss.forward(&outputs, &portion.targets, &self.centers)?;
        let minimized = self.loss.of_part(&loss, portion.part, processes)?;
        Ok((self.optimizer.gradients(&minimized)?, loss, outputs))
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

    /// Inter, intra, last, local, global and accuracy, each by the portion's weight in it. [SUMS] float64
    fn weighted_sums(
        &self,
        loss: &LossParts,
        logits: &Tensor,
        Portion { targets, part, .. }: &Portion,
    ) -> Result<Tensor> {
        let part = *part;
        let _no_grad = tch::no_grad_guard();
        let absent = loss.last.f_zeros_like()?;
        let is_right = logits.f_argmax(1, false)?.f_eq_tensor(targets)?;
        let weighted = [
            (&loss.inter, part),
            (&loss.intra, self.loss.intra_weight(part)),
            (&loss.last, part),
            (loss.local.as_ref().unwrap_or(&absent), part),
            (loss.global.as_ref().unwrap_or(&absent), part),
            (&is_right.f_mean(Kind::Double)?, part),
        ]
        .into_iter()
        .map(|(value, weight)| Ok(value.f_to_kind(Kind::Double)?.f_mul_scalar(weight)?))
        .collect::<Result<Vec<_>>>()?;
        Ok(Tensor::f_stack(&weighted, 0)?)
    }

    /// What the six sums of a step say.
    pub fn outcome(&self, sums: [f64; SUMS]) -> StepOutcome {
        let [inter, intra, last, local, global, accuracy] = sums;
        let auxiliary = self.network.config.has_auxiliary_heads();
        let lambda = self.loss.lambda;
        StepOutcome {
            loss: if lambda == 0.0 { inter } else { inter + lambda * intra },
            inter,
            intra,
            last,
            local: auxiliary.then_some(local),
            global: auxiliary.then_some(global),
            accuracy,
        }
    }
}

/// Undefined where both are. Not in place: libtorch may give one tensor as the gradient of two parameters.
fn add(sums: &[Tensor], gradients: &[Tensor]) -> Result<Vec<Tensor>> {
    let _no_grad = tch::no_grad_guard();
    let pairs = sums.iter().zip(gradients);
    pairs
        .map(|(sum, gradient)| match (sum.defined(), gradient.defined()) {
            (true, true) => Ok(sum.f_add(gradient)?),
            (true, false) => Ok(sum.shallow_clone()),
            (false, _) => Ok(gradient.shallow_clone()),
        })
        .collect()
}
