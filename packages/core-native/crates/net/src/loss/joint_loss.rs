use super::Centers;
use crate::Result;
use crate::config::{IntraReduction, LossWeights, TrainConfig};
use crate::model::Outputs;
use tch::{Reduction, Tensor};

/// `L = L_inter + lambda L_intra` (method.md, section 4).
#[derive(Debug, Clone, Copy)]
pub struct JointLoss {
    pub weights: LossWeights,
    pub lambda: f64,
    pub intra_reduction: IntraReduction,
}

/// The loss and its parts, each a scalar tensor that still knows its graph.
#[derive(Debug)]
pub struct LossParts {
    pub total: Tensor,
    pub inter: Tensor,
    pub intra: Tensor,
    pub last: Tensor,
    pub local: Option<Tensor>,
    pub global: Option<Tensor>,
}

impl JointLoss {
    pub fn new(config: &TrainConfig) -> Self {
        Self {
            weights: config.loss_weights,
            lambda: config.lambda,
            intra_reduction: config.intra_reduction,
        }
    }

    /// Each head: mean cross-entropy of `targets` [n] int64. (Eq. 2 prints `-p log p`, an entropy; cross-entropy is meant.)
    /// Without auxiliary heads only `last` counts, with weight 1: the weights say how three heads share the loss.
    pub fn forward(
        &self,
        outputs: &Outputs,
        targets: &Tensor,
        centers: &Centers,
    ) -> Result<LossParts> {
        let last = cross_entropy(&outputs.last, targets)?;
        let head = |logits: &Option<Tensor>| {
            logits.as_ref().map(|l| cross_entropy(l, targets)).transpose()
        };
        let (local, global) = (head(&outputs.local)?, head(&outputs.global)?);
        let inter = match (&local, &global) {
            (Some(local), Some(global)) => last
                .f_mul_scalar(self.weights.last)?
                .f_add(&local.f_mul_scalar(self.weights.local)?)?
                .f_add(&global.f_mul_scalar(self.weights.global)?)?,
            _ => last.shallow_clone(),
        };
        let intra = centers.intra_loss(&outputs.feature, targets, self.intra_reduction)?;
        let total = if self.lambda == 0.0 {
            inter.shallow_clone()
        } else {
            inter.f_add(&intra.f_mul_scalar(self.lambda)?)?
        };
        Ok(LossParts { total, inter, intra, last, local, global })
    }

    /// What one process of `processes` minimizes on its `part` (0 .. 1) of a batch's rows, so that the mean of the gradients is the
    /// gradient of the whole batch's loss. A sum over the batch is the sum of the processes' sums, hence their number.
    pub fn of_part(&self, parts: &LossParts, part: f64, processes: usize) -> Result<Tensor> {
        let processes = processes as f64;
        let inter = parts.inter.f_mul_scalar(part * processes)?;
        if self.lambda == 0.0 {
            return Ok(inter);
        }
        let weight = self.lambda * self.intra_weight(part) * processes;
        Ok(inter.f_add(&parts.intra.f_mul_scalar(weight)?)?)
    }

    /// Weight of a part's intra-loss in that of the whole batch.
    pub fn intra_weight(&self, part: f64) -> f64 {
        match self.intra_reduction {
            IntraReduction::Sum => 1.0,
            IntraReduction::Mean => part,
        }
    }
}

fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    Ok(logits.f_cross_entropy_loss(targets, None::<&Tensor>, Reduction::Mean, -100, 0.0)?)
}
