//! A run whose numbers are no longer finite has failed, and nothing of it is written. Looked for where something is about to be kept:
//! kernels for inference may hide a NaN (ReLU as a maximum), and so may an infinite variance, which makes a layer 0.

use crate::{NetError, Result, state_file};
use tch::Tensor;

pub(super) fn diverged(problem: &str, step: i64) -> NetError {
    NetError::config(
        "learningRate",
        format!("{problem} at step {step}: training diverged"),
        "Lower learningRate or lambda, or use intraReduction: mean. The last checkpoint is untouched.",
    )
}

pub(super) fn check_finite<'a>(
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    step: i64,
) -> Result<()> {
    match state_file::first_not_finite(tensors)? {
        Some(name) => Err(diverged(&format!("{name} is not finite"), step)),
        None => Ok(()),
    }
}
