//! The checks that decide whether a kernel is used on a GPU, on the CPU: they pass what is right and name what is wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use flc_net::cuda::{check_batch_norm, check_patches};
use flc_torch_ext::{BatchNormTensors, batch_norm_relu};
use tch::{Device, Kind, Tensor};

const KINDS: [Kind; 2] = [Kind::Float, Kind::BFloat16];

#[test]
fn a_fused_batch_norm_that_is_right_passes() {
    check_batch_norm(Device::Cpu, &KINDS, |xs, residual, tensors| {
        Ok(batch_norm_relu(xs, residual, tensors, 0.1, 1e-5)?)
    })
    .unwrap();
}

#[test]
fn a_wrong_batch_norm_is_refused_with_the_reason() {
    let refused = |momentum: f64, epsilon: f64, factor: f64| {
        check_batch_norm(Device::Cpu, &KINDS, |xs, residual, tensors| {
            let BatchNormTensors { weight, .. } = tensors;
            let other = weight * factor;
            let tensors = BatchNormTensors { weight: &other, ..tensors };
            Ok(batch_norm_relu(xs, residual, tensors, momentum, epsilon)?)
        })
        .unwrap_err()
    };
    let start = "the self-check failed: ";
    assert!(refused(0.2, 1e-5, 1.0).starts_with(&format!("{start}the running mean in Float")));
    assert!(refused(0.1, 1e-2, 1.0).starts_with(&format!("{start}the first result in Float")));
    assert!(refused(0.1, 1e-5, f64::NAN).starts_with(start));
    let one_reader = check_batch_norm(Device::Cpu, &KINDS, |xs, residual, tensors| {
        let (first, second) = batch_norm_relu(xs, residual, tensors, 0.1, 1e-5)?;
        Ok((first, second.detach()))
    });
    assert!(one_reader.unwrap_err().contains("the gradient of the input in Float"));
    let failing = check_batch_norm(Device::Cpu, &KINDS, |_, _, _| {
        Err(flc_net::NetError::Internal("no memory".into()))
    });
    assert!(failing.unwrap_err().contains("no memory"));
}

/// As the kernel: row by row of the plan, by index tables.
fn cut(pixels: &Tensor, plan: &Tensor, side: i64, input: i64, out: &Tensor, skipped: i64) {
    let table = flc_net::data::dihedral_indices(side as usize);
    let table = Tensor::from_slice(&table).view([8, side * side]);
    for image in 0..plan.size()[0] {
        let [corner, stride, distance, symmetry] =
            [0, 1, 2, 3].map(|column| plan.int64_value(&[image, column]));
        let places = table.select(0, symmetry & !skipped);
        let places = places.divide_scalar_mode(side, "floor") * stride + places.remainder(side);
        for phase in 0..out.size()[0] {
            let index = &places + (corner + phase * distance);
            let square = pixels.index_select(0, &index).view([1, 1, side, side]);
            let resized = square.upsample_bilinear2d([input, input], false, None, None);
            out.select(0, phase).select(0, image).copy_(&resized.view([input, input]));
        }
    }
}

#[test]
fn patches_pass_where_every_symmetry_is_right() {
    let check = |skipped: i64| {
        check_patches(Device::Cpu, |pixels, plan, side, input, out| {
            cut(pixels, plan, side, input, out, skipped);
            Ok(())
        })
    };
    check(0).unwrap();
    for bit in [1, 2, 4] {
        assert!(check(bit).unwrap_err().contains("a patch in Float differs from libtorch"));
    }
    let untouched = check_patches(Device::Cpu, |_, _, _, _, _| Ok(()));
    assert!(untouched.unwrap_err().contains("NaN"));
}
