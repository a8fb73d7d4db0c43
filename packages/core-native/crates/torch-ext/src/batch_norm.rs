use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;
use std::ptr;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_batch_norm_relu(
        input: *const C_tensor,
        residual: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        running_mean: *const C_tensor,
        running_var: *const C_tensor,
        momentum: f64,
        epsilon: f64,
        out: *mut *mut C_tensor,
        around: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// Parameters and running statistics of a batch norm, each [channels].
#[derive(Debug, Clone, Copy)]
pub struct BatchNormTensors<'a> {
    pub weight: &'a Tensor,
    pub bias: &'a Tensor,
    pub running_mean: &'a Tensor,
    pub running_var: &'a Tensor,
}

/// `relu(batch_norm(input) [+ residual])` in training mode, differentiable, for CPU tensors [n, c, h, w] of float32, float64 or
/// bfloat16. Moves the running statistics as libtorch does. Sums do not depend on the number of threads.
///
/// The result comes twice, on one memory: who reads it in two places (a convolution and the shortcut around it) takes one each, and the
/// two gradients are added where they are needed instead of in a pass of their own. Neither may be changed in place.
pub fn batch_norm_relu(
    input: &Tensor,
    residual: Option<&Tensor>,
    bn: BatchNormTensors,
    momentum: f64,
    epsilon: f64,
) -> Result<(Tensor, Tensor), TorchExtError> {
    let (mut out, mut around) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers outlive the call; on success `out` and `around` are tensors that we own.
    check(unsafe {
        flc_batch_norm_relu(
            input.as_ptr(),
            residual.map_or(ptr::null(), Tensor::as_ptr),
            bn.weight.as_ptr(),
            bn.bias.as_ptr(),
            bn.running_mean.as_ptr(),
            bn.running_var.as_ptr(),
            momentum,
            epsilon,
            &mut out,
            &mut around,
        )
    })?;
    Ok(unsafe { (Tensor::from_ptr(out), Tensor::from_ptr(around)) })
}
