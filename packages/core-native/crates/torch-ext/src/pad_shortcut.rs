use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;
use std::ptr;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_pad_shortcut(
        input: *const C_tensor,
        stride: i64,
        new_channels: i64,
        out: *mut *mut C_tensor,
    ) -> *mut c_char;
}

/// Every `stride`-th row and column of `input` [n, c, h, w] (CPU, any type), followed by `new_channels` channels of zeros; differentiable.
pub fn pad_shortcut(
    input: &Tensor,
    stride: i64,
    new_channels: i64,
) -> Result<Tensor, TorchExtError> {
    let mut out = ptr::null_mut();
    // SAFETY: all pointers outlive the call; on success `out` is a tensor that we own.
    check(unsafe { flc_pad_shortcut(input.as_ptr(), stride, new_channels, &mut out) })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}
