//! A kernel of our own is used on a GPU only after it has given there what libtorch gives. The numbers are made without the generators of
//! random numbers, which belong to the runs.

use crate::{NetError, Result};
use flc_torch_ext::BatchNormTensors;
use tch::{Device, Kind, Tensor};

/// `relu(batch_norm(input) [+ residual])` in training, twice, with momentum 0.1 and epsilon 1e-5.
pub trait BatchNormRelu:
    Fn(&Tensor, Option<&Tensor>, BatchNormTensors) -> Result<(Tensor, Tensor)>
{
}
impl<F> BatchNormRelu for F where
    F: Fn(&Tensor, Option<&Tensor>, BatchNormTensors) -> Result<(Tensor, Tensor)>
{
}

/// Forward, backward and running statistics for each of `kinds`, against libtorch's separate operations in float32.
pub fn check_batch_norm(
    device: Device,
    kinds: &[Kind],
    fused: impl BatchNormRelu,
) -> std::result::Result<(), String> {
    for &kind in kinds {
        let tolerance = if kind == Kind::BFloat16 { 0.02 } else { 1e-4 };
        for with_residual in [false, true] {
            for readers in [1, 2] {
                let case = Case { device, kind, with_residual, readers };
                let compared = tch::with_grad(|| case.differences(&fused));
                let worst = compared.map_err(|error| format!("the self-check failed: {error}"))?;
                for (what, difference) in worst {
                    agrees(&format!("{what} in {kind:?}"), difference, tolerance)?;
                }
            }
        }
    }
    Ok(())
}

/// NaN agrees with nothing.
fn agrees(what: &str, difference: f64, tolerance: f64) -> std::result::Result<(), String> {
    if difference <= tolerance {
        return Ok(());
    }
    Err(format!("the self-check failed: {what} differs from libtorch by {difference:.1e}"))
}

/// |ours - theirs| / |theirs|
fn difference(ours: &Tensor, theirs: &Tensor) -> Result<f64> {
    let [ours, theirs] = [ours.f_to_kind(Kind::Float)?, theirs.f_to_kind(Kind::Float)?];
    let apart = ours.f_sub(&theirs)?.f_norm()?.f_double_value(&[])?;
    Ok(apart / theirs.f_norm()?.f_double_value(&[])?)
}

/// Numbers between -2 and 2 that look random, the same everywhere.
fn numbers(shape: &[i64], salt: f64) -> Result<Tensor> {
    let count = shape.iter().product::<i64>();
    let index = Tensor::f_arange(count, (Kind::Double, Device::Cpu))?;
    let waves = (index * 12.9898 + salt).f_sin()? * 43_758.545_3;
    let fraction = &waves - waves.f_floor()?;
    Ok((fraction * 4.0 - 2.0).f_view(shape)?)
}

/// More rows than one block of the kernels takes, and no multiple of anything.
const SHAPE: [i64; 4] = [5, 19, 17, 16];

struct Case {
    device: Device,
    kind: Kind,
    with_residual: bool,
    /// Of the two results.
    readers: usize,
}

const NAMES: [&str; 8] = [
    "the first result",
    "the second result",
    "the running mean",
    "the running variance",
    "the gradient of the input",
    "the gradient of the weight",
    "the gradient of the bias",
    "the gradient of the residual",
];

impl Case {
    fn differences(&self, fused: &impl BatchNormRelu) -> Result<Vec<(&'static str, f64)>> {
        let ours = self.results(self.kind, fused)?;
        let theirs = self.results(Kind::Float, &separate)?;
        let pairs = ours.iter().zip(&theirs);
        NAMES.into_iter().zip(pairs).map(|(name, (a, b))| Ok((name, difference(a, b)?))).collect()
    }

    /// In the order of `NAMES`; data of `kind`, but of values that `self.kind` holds too.
    fn results(&self, kind: Kind, operation: &impl BatchNormRelu) -> Result<Vec<Tensor>> {
        let image = |salt: f64, factor: f64, offset: f64| -> Result<Tensor> {
            let values = numbers(&SHAPE, salt)? * factor + offset;
            let values = values.f_to_kind(self.kind)?.f_to_kind(kind)?;
            Ok(values.f_permute([0, 3, 1, 2])?.f_to_device(self.device)?)
        };
        let channels = |salt: f64, offset: f64| -> Result<Tensor> {
            let values = numbers(&SHAPE[3..], salt)? + offset;
            Ok(values.f_to_kind(Kind::Float)?.f_to_device(self.device)?)
        };
        let leaf = |values: Tensor| values.f_set_requires_grad(true);
        let (x, residual) = (leaf(image(1.0, 1.5, 4.0)?)?, leaf(image(2.0, 1.0, 0.0)?)?);
        let (weight, bias) = (leaf(channels(3.0, 3.0)?)?, leaf(channels(4.0, 0.0)?)?);
        let (mean, var) = (channels(5.0, 0.0)?, channels(6.0, 3.0)?);
        let upstream = [image(7.0, 1.0, 0.5)?, image(8.0, 1.0, 0.5)?];
        let residual = self.with_residual.then_some(&residual);
        let tensors = BatchNormTensors {
            weight: &weight,
            bias: &bias,
            running_mean: &mean,
            running_var: &var,
        };
        let (first, second) = operation(&x, residual, tensors)?;
        let read = [&first, &second].into_iter().zip(&upstream).take(self.readers);
        let losses: Result<Vec<Tensor>> = read
            .map(|(result, upstream)| Ok(result.f_mul(upstream)?.f_sum(Kind::Float)?))
            .collect();
        let loss = Tensor::f_stack(&losses?, 0)?.f_sum(Kind::Float)?;
        let inputs: Vec<&Tensor> = [&x, &weight, &bias].into_iter().chain(residual).collect();
        let gradients = Tensor::f_run_backward(&[loss], &inputs, false, false)?;
        let mut results = vec![first.detach(), second.detach(), mean, var];
        results.extend(gradients);
        Ok(results)
    }
}

fn separate(
    x: &Tensor,
    residual: Option<&Tensor>,
    bn: BatchNormTensors,
) -> Result<(Tensor, Tensor)> {
    let BatchNormTensors { weight, bias, running_mean, running_var } = bn;
    let running = (Some(running_mean), Some(running_var));
    let weights = (Some(weight), Some(bias));
    let normal =
        x.f_batch_norm(weights.0, weights.1, running.0, running.1, true, 0.1, 1e-5, false)?;
    let y = residual.map_or_else(|| Ok(normal.shallow_clone()), |added| normal.f_add(added))?;
    let y = y.f_relu()?;
    Ok((y.shallow_clone(), y))
}

/// `cut(pixels, plan, side, input, out)` as [`super::PatchKernel::cut`], for all symmetries, against slices that libtorch turns and
/// resizes.
pub fn check_patches(
    device: Device,
    cut: impl Fn(&Tensor, &Tensor, i64, i64, &Tensor) -> Result<()>,
) -> std::result::Result<(), String> {
    for (kind, tolerance) in [(Kind::Float, 1e-4), (Kind::BFloat16, 0.02)] {
        for (side, input) in [(13, 17), (12, 12)] {
            let difference = patch_difference(device, kind, [side, input], &cut)
                .map_err(|error: NetError| format!("the self-check failed: {error}"))?;
            agrees(&format!("a patch in {kind:?}"), difference, tolerance)?;
        }
    }
    Ok(())
}

fn patch_difference(
    device: Device,
    kind: Kind,
    [side, input]: [i64; 2],
    cut: &impl Fn(&Tensor, &Tensor, i64, i64, &Tensor) -> Result<()>,
) -> Result<f64> {
    let (phases, height, width) = (2, 30, 40);
    let image = numbers(&[phases, height, width], 9.0)?.f_to_kind(Kind::Float)?;
    let corner = |symmetry: i64| (2 * symmetry, 3 * symmetry + 1);
    let rows: Vec<i64> = (0..8)
        .flat_map(|symmetry| {
            let (row, column) = corner(symmetry);
            [row * width + column, width, height * width, symmetry]
        })
        .collect();
    let plan = Tensor::f_from_slice(&rows)?.f_view([8, 4])?.f_to_device(device)?;
    let pixels = image.f_flatten(0, 2)?.f_to_device(device)?;
    let out = Tensor::f_full([phases, 8, input, input], f64::NAN, (kind, device))?;
    cut(&pixels, &plan, side, input, &out)?;
    let turned: Result<Vec<Tensor>> = (0..8)
        .map(|symmetry| {
            let (row, column) = corner(symmetry);
            let square = image.f_narrow(1, row, side)?.f_narrow(2, column, side)?;
            // As dihedral.rs orders them.
            let swapped = if symmetry & 4 == 0 { square } else { square.f_transpose(1, 2)? };
            let axes: Vec<i64> = [(1, 2), (2, 1)]
                .into_iter()
                .filter(|(bit, _)| symmetry & bit != 0)
                .map(|(_, axis)| axis)
                .collect();
            Ok(swapped.f_flip(axes)?)
        })
        .collect();
    let squares = Tensor::f_stack(&turned?, 1)?.f_to_device(device)?;
    difference(&out, &squares.f_upsample_bilinear2d([input, input], false, None, None)?)
}
