use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;
use std::ptr;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_prepack_convolution(
        weight: *const C_tensor,
        stride: i64,
        padding: i64,
        input_size: *const i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn flc_convolution_relu(
        input: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        residual: *const C_tensor,
        stride: i64,
        padding: i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// `weight` [out, in, k, k] (float32 or bfloat16, CPU) in oneDNN's own layout for inputs of `input_size`
/// [batch, in, height, width]; other batch sizes still work.
pub fn prepack_convolution(
    weight: &Tensor,
    stride: i64,
    padding: i64,
    input_size: [i64; 4],
) -> Result<Tensor, TorchExtError> {
    let mut out = ptr::null_mut();
    // SAFETY: all pointers outlive the call; on success `out` is a tensor that we own.
    check(unsafe {
        flc_prepack_convolution(weight.as_ptr(), stride, padding, input_size.as_ptr(), &mut out)
    })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}

/// `relu(conv(input) + bias [+ residual])` in one oneDNN primitive. `residual` is overwritten with the result
/// (that is what makes the addition free), so the caller gives it away.
pub fn convolution_relu(
    input: &Tensor,
    packed_weight: &Tensor,
    bias: &Tensor,
    residual: Option<Tensor>,
    stride: i64,
    padding: i64,
) -> Result<Tensor, TorchExtError> {
    let mut out = ptr::null_mut();
    let residual_pointer = residual.as_ref().map_or(ptr::null(), Tensor::as_ptr);
    // SAFETY: as above.
    check(unsafe {
        flc_convolution_relu(
            input.as_ptr(),
            packed_weight.as_ptr(),
            bias.as_ptr(),
            residual_pointer,
            stride,
            padding,
            &mut out,
        )
    })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}
