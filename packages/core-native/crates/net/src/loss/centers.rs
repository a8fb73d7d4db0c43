use crate::Result;
use crate::config::IntraReduction;
use crate::distributed::Team;
use tch::{Device, Kind, Tensor};

/// Class centres of the features (Wen et al. 2016). They are no parameters of the optimizer.
#[derive(Debug)]
pub struct Centers {
    /// [classes, feature_size]
    pub values: Tensor,
}

impl Centers {
    /// All at 0.
    pub fn new(classes: i64, feature_size: i64, kind: Kind, device: Device) -> Result<Self> {
        Ok(Self { values: Tensor::f_zeros([classes, feature_size], (kind, device))? })
    }

    /// `1/2 sum_i || f_i - c_{y_i} ||^2`, or its mean over the batch. `feature` [n, feature_size], `targets` [n] int64.
    pub fn intra_loss(
        &self,
        feature: &Tensor,
        targets: &Tensor,
        reduction: IntraReduction,
    ) -> Result<Tensor> {
        let distance = feature.f_sub(&self.values.f_index_select(0, targets)?)?;
        let sum = distance.f_square()?.f_sum(feature.f_kind()?)?.f_mul_scalar(0.5)?;
        Ok(match reduction {
            IntraReduction::Sum => sum,
            IntraReduction::Mean => sum.f_div_scalar(feature.size()[0])?,
        })
    }

    /// `c_j <- c_j + alpha sum_i [y_i = j] (f_i - c_j) / (1 + sum_i [y_i = j])`: Eq. 5 with the sign that moves centres towards
    /// their features (Wen et al. 2016, Eq. 4; the paper prints it reversed).
    /// The sums run over the batches of the whole team.
    pub fn update(
        &mut self,
        feature: &Tensor,
        targets: &Tensor,
        alpha: f64,
        team: &Team,
    ) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let classes = self.values.size()[0];
        // [n, classes]; a matrix product sums in a fixed order, which a scatter-add does not promise.
        let members = targets.f_one_hot(classes)?.f_to_kind(feature.f_kind()?)?;
        let sums = members.f_tr()?.f_matmul(&feature.f_detach()?)?;
        let counts =
            members.f_sum_dim_intlist([0].as_slice(), false, feature.f_kind()?)?.f_unsqueeze(1)?;
        let mut summed = team.sum(vec![sums, counts])?;
        let (counts, sums) = (summed.remove(1), summed.remove(0));
        let pull = sums.f_sub(&self.values.f_mul(&counts)?)?.f_div(&counts.f_add_scalar(1)?)?;
        let _ = self.values.f_add_(&pull.f_mul_scalar(alpha)?)?;
        Ok(())
    }
}
