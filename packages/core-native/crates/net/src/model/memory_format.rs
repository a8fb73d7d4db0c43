use crate::Result;
use tch::Tensor;

/// `xs` [n, c, h, w] with the same values in channels-last memory, which oneDNN and cuDNN convolve without reordering. With one
/// channel both orders are the same memory, but only these strides tell the convolution which one is meant.
pub fn channels_last(xs: &Tensor) -> Result<Tensor> {
    let (n, c, h, w) = xs.size4()?;
    if c == 1 {
        let planar = xs.f_contiguous()?;
        return Ok(planar.f_as_strided([n, 1, h, w], [h * w, 1, w, 1], None)?);
    }
    Ok(xs.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?)
}
