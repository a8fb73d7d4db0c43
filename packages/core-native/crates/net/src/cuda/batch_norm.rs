use super::per_gpu::{Made, PerGpu};
use super::{pointer, self_check};
use crate::Result;
use flc_torch_cuda::{BatchNormPointers, CudaObject};
use flc_torch_ext::BatchNormTensors;
use tch::{Device, Kind, Tensor};

/// Batch norm, residual addition and ReLU of a training step in few passes (crates/torch-cuda/cuda/batch_norm_relu.cu).
#[derive(Debug)]
pub struct BatchNormKernel {
    object: &'static CudaObject,
    loaded: flc_torch_cuda::BatchNormKernel,
}

/// The kernels of GPU `index`, compiled and checked against libtorch at the first call, or why there are none.
pub fn batch_norm_kernel(index: usize) -> Made<BatchNormKernel> {
    static KERNELS: PerGpu<BatchNormKernel> = PerGpu::new();
    KERNELS.get(index, |object, device, nvidia| {
        let loaded = object.batch_norm_kernel(device, nvidia).map_err(|error| error.to_string())?;
        let kernel = BatchNormKernel { object, loaded };
        let kinds = [Kind::Float, Kind::BFloat16];
        self_check::check_batch_norm(Device::Cuda(index), &kinds, |xs, residual, tensors| {
            kernel.relu(xs, residual, tensors, 0.1, 1e-5)
        })?;
        Ok(kernel)
    })
}

impl BatchNormKernel {
    /// Whether it computes this; the rest is libtorch's.
    pub fn takes(&self, xs: &Tensor, residual: Option<&Tensor>) -> bool {
        type Limits = flc_torch_cuda::BatchNormKernel;
        let kind = xs.kind();
        let (size, stride) = (xs.size(), xs.stride());
        let &[_, channels, ..] = size.as_slice() else { return false };
        matches!(kind, Kind::Float | Kind::BFloat16)
            && size.len() == 4
            && stride[1] == 1
            && channels % Limits::CHANNELS == 0
            && (1..=Limits::MOST_CHANNELS).contains(&channels)
            && xs.numel() as i64 > channels
            && residual.is_none_or(|added| added.kind() == kind && added.size() == size)
    }

    /// See [`flc_torch_cuda::CudaObject::batch_norm_relu`].
    pub fn relu(
        &self,
        xs: &Tensor,
        residual: Option<&Tensor>,
        tensors: BatchNormTensors,
        momentum: f64,
        epsilon: f64,
    ) -> Result<(Tensor, Tensor)> {
        let BatchNormTensors { weight, bias, running_mean, running_var } = tensors;
        let pointers = BatchNormPointers {
            weight: pointer(weight),
            bias: pointer(bias),
            running_mean: pointer(running_mean),
            running_var: pointer(running_var),
        };
        let added = residual.map_or(std::ptr::null_mut(), pointer);
        // SAFETY: the tensors are alive and used on this thread's stream alone; the results are ours.
        unsafe {
            let results = self.object.batch_norm_relu(
                &self.loaded,
                pointer(xs),
                added,
                pointers,
                momentum,
                epsilon,
            );
            let [out, around] = results?;
            Ok((Tensor::from_ptr(out.cast()), Tensor::from_ptr(around.cast())))
        }
    }
}
