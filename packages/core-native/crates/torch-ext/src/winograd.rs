use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;
use std::ptr;
use tch::{Device, Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_winograd_takes(
        input: *const C_tensor,
        weight: *const C_tensor,
        out: *mut bool,
    ) -> *mut c_char;
    fn flc_winograd_convolution(
        input: *const C_tensor,
        weight: *const C_tensor,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn flc_winograd_weights(weight: *const C_tensor, out: *mut *mut C_tensor) -> *mut c_char;
    fn flc_winograd_relu(
        input: *const C_tensor,
        weights: *const C_tensor,
        bias: *const C_tensor,
        residual: *const C_tensor,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

fn takes(input: &Tensor, weight: &Tensor) -> Result<bool, TorchExtError> {
    let mut takes = false;
    // SAFETY: all pointers outlive the call.
    check(unsafe { flc_winograd_takes(input.as_ptr(), weight.as_ptr(), &mut takes) })?;
    Ok(takes)
}

/// The differentiable convolution of `input` [n, in, h, w] (CPU, float32 or bfloat16) by `weight` [out, in, 3, 3] (float32), stride 1, padding
/// 1, by minimal filtering; `None` where that does not fit: channels no multiple of 16 (AVX2: 8), a CPU without AVX2 (for bfloat16: without
/// AVX512-BF16). In bfloat16 the transformed values are rounded too. No result depends on the number of threads.
pub fn winograd_convolution(
    input: &Tensor,
    weight: &Tensor,
) -> Result<Option<Tensor>, TorchExtError> {
    if !takes(input, weight)? {
        return Ok(None);
    }
    let mut out = ptr::null_mut();
    // SAFETY: all pointers outlive the call; on success `out` is a tensor that we own.
    check(unsafe { flc_winograd_convolution(input.as_ptr(), weight.as_ptr(), &mut out) })?;
    Ok(Some(unsafe { Tensor::from_ptr(out) }))
}

/// Weights of a convolution for inference, transformed once.
#[derive(Debug)]
pub struct WinogradWeights(Tensor);

impl WinogradWeights {
    /// `weight` [out, in, 3, 3], float32, on the CPU; `None` where [`winograd_convolution`] would be.
    pub fn new(weight: &Tensor) -> Result<Option<Self>, TorchExtError> {
        let &[_, inputs, ..] = weight.size().as_slice() else { return Ok(None) };
        let input = Tensor::f_zeros([1, inputs, 1, 1], (Kind::Float, Device::Cpu))
            .map_err(|error| TorchExtError(error.to_string()))?;
        if !takes(&input, weight)? {
            return Ok(None);
        }
        let mut out = ptr::null_mut();
        // SAFETY: as above.
        check(unsafe { flc_winograd_weights(weight.as_ptr(), &mut out) })?;
        Ok(Some(Self(unsafe { Tensor::from_ptr(out) })))
    }

    /// `relu(conv(input) + bias [+ residual])` of stride 1 and padding 1 in float32. The residual's memory becomes the result's, so the caller
    /// gives it away.
    pub fn convolve_relu(
        &self,
        input: &Tensor,
        bias: &Tensor,
        residual: Option<Tensor>,
    ) -> Result<Tensor, TorchExtError> {
        let mut out = ptr::null_mut();
        let residual = residual.as_ref().map_or(ptr::null(), Tensor::as_ptr);
        // SAFETY: as above.
        check(unsafe {
            flc_winograd_relu(input.as_ptr(), self.0.as_ptr(), bias.as_ptr(), residual, &mut out)
        })?;
        Ok(unsafe { Tensor::from_ptr(out) })
    }
}
