use super::Builder;
use crate::{Result, cuda};
use flc_torch_ext::{BatchNormTensors, batch_norm_relu};
use tch::{Device, Kind, Tensor};

/// method.md, section 3.
pub const BN_EPSILON: f64 = 1e-5;
const BN_MOMENTUM: f64 = 0.1;

/// Batch normalization over [n, c, h, w], per channel.
#[derive(Debug)]
pub struct BatchNorm {
    pub weight: Tensor,
    pub bias: Tensor,
    pub running_mean: Tensor,
    pub running_var: Tensor,
    num_batches_tracked: Tensor,
}

impl BatchNorm {
    pub fn new(mut builder: Builder, channels: i64) -> Result<Self> {
        let shape = [channels];
        Ok(Self {
            weight: builder.constant("weight", &shape, 1.0)?,
            bias: builder.constant("bias", &shape, 0.0)?,
            running_mean: builder.buffer("running_mean", &shape, 0.0)?,
            running_var: builder.buffer("running_var", &shape, 1.0)?,
            num_batches_tracked: builder.buffer_of_kind(
                "num_batches_tracked",
                &[],
                0.0,
                Kind::Int64,
            )?,
        })
    }

    /// `relu(forward(xs) [+ residual])`. In training one fused operation does it, on the CPU and on GPUs that have our kernels: fewer
    /// passes over memory, and sums that stay exact over the many pixels of a batch (libtorch's channels-last kernel of the CPU keeps them
    /// in one float). The result comes twice, for the convolution behind it and the shortcut around that.
    pub fn forward_relu(
        &self,
        xs: &Tensor,
        residual: Option<&Tensor>,
        train: bool,
    ) -> Result<(Tensor, Tensor)> {
        let BatchNorm { weight, bias, running_mean, running_var, .. } = self;
        let tensors = BatchNormTensors { weight, bias, running_mean, running_var };
        match xs.device() {
            Device::Cpu if train => {
                self.count_batch()?;
                return Ok(batch_norm_relu(xs, residual, tensors, BN_MOMENTUM, BN_EPSILON)?);
            }
            Device::Cuda(index) if train => {
                let kernel = cuda::batch_norm_kernel(index).ok();
                if let Some(kernel) = kernel.filter(|kernel| kernel.takes(xs, residual)) {
                    self.count_batch()?;
                    return kernel.relu(xs, residual, tensors, BN_MOMENTUM, BN_EPSILON);
                }
            }
            _ => {}
        }
        let mut ys = self.forward(xs, train)?;
        if let Some(residual) = residual {
            ys = ys.f_add_(residual)?;
        }
        let ys = ys.f_relu_()?;
        Ok((ys.shallow_clone(), ys))
    }

    /// In training the batch's statistics normalize and move the running ones; in evaluation the running ones normalize.
    pub fn forward(&self, xs: &Tensor, train: bool) -> Result<Tensor> {
        if train {
            self.count_batch()?;
        }
        Ok(xs.f_batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            train,
            BN_MOMENTUM,
            BN_EPSILON,
            true,
        )?)
    }

    fn count_batch(&self) -> Result<()> {
        let _no_grad = tch::no_grad_guard();
        let _ = self.num_batches_tracked.shallow_clone().f_add_scalar_(1)?;
        Ok(())
    }
}
