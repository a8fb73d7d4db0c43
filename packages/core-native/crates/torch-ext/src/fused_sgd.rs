use crate::boundary::{TorchExtError, check};
use std::ffi::c_char;
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn flc_fused_sgd(
        parameters: *const *const C_tensor,
        gradients: *const *const C_tensor,
        momenta: *const *const C_tensor,
        count: usize,
        weight_decay: f64,
        momentum: f64,
        learning_rate: f64,
    ) -> *mut c_char;
}

/// One step of momentum SGD with coupled L2 on every parameter, in place:
/// `m <- momentum m + (g + weight_decay p)`, `p <- p - learning_rate m`.
pub fn fused_sgd(
    parameters: &[&Tensor],
    gradients: &[&Tensor],
    momenta: &[&Tensor],
    weight_decay: f64,
    momentum: f64,
    learning_rate: f64,
) -> Result<(), TorchExtError> {
    if parameters.len() != gradients.len() || parameters.len() != momenta.len() {
        return Err(TorchExtError("fused_sgd: the three lists differ in length".into()));
    }
    let pointers = |tensors: &[&Tensor]| tensors.iter().map(|t| t.as_ptr()).collect::<Vec<_>>();
    let (p, g, m) = (pointers(parameters), pointers(gradients), pointers(momenta));
    // SAFETY: the pointers live as long as the borrowed tensors; the shim only reads the arrays.
    check(unsafe {
        flc_fused_sgd(
            p.as_ptr(),
            g.as_ptr(),
            m.as_ptr(),
            p.len(),
            weight_decay,
            momentum,
            learning_rate,
        )
    })
}
