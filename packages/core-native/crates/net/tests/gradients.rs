//! Gradients of the joint loss against central differences in float64, and the fused batch norm against libtorch's separate operations.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{Precision, TrainConfig};
use flc_net::loss::JointLoss;
use flc_net::model::Inputs;
use flc_net::train::Learner;
use flc_torch_ext::{BatchNormTensors, batch_norm_relu, pad_shortcut};
use support::instructions::passes_with_fewer_instructions;
use tch::{Device, Kind, Tensor};

fn learner(config: &TrainConfig) -> Learner {
    let mut learner = Learner::new(config, Device::Cpu).unwrap();
    // Centres away from 0, so that the intra-loss has a gradient of its own.
    learner.centers.values.copy_(&Tensor::full_like(&learner.centers.values, 0.3));
    learner
}

fn inputs(config: &TrainConfig) -> (Inputs, Tensor) {
    tch::manual_seed(3);
    let network = &config.network;
    let image = |count: i64, side: i64| {
        Tensor::randn([count, network.phases, side, side], (Kind::Double, Device::Cpu))
    };
    let inputs = Inputs {
        patches: Some(image(6, network.patch_input)),
        rois: Some(image(2, network.roi_input)),
        roi_of_patch: Some(Tensor::from_slice(&[0_i64, 0, 0, 1, 1, 1])),
    };
    (inputs, Tensor::from_slice(&[0_i64, 0, 0, 2, 2, 2]))
}

#[test]
fn joint_loss_gradients_equal_central_differences() {
    let config = TrainConfig { precision: Precision::Float64, ..support::small_config() };
    let learner = learner(&config);
    let (inputs, targets) = inputs(&config);
    let loss = || {
        let outputs = learner.network.forward(&inputs, true).unwrap();
        JointLoss::new(&config).forward(&outputs, &targets, &learner.centers).unwrap().total
    };
    let gradients = learner.optimizer.gradients(&loss()).unwrap();
    let mut compared = 0;
    for ((name, parameter), gradient) in learner.network.parameters.trainable().zip(&gradients) {
        // The entry with the largest gradient of each parameter.
        let index = gradient.abs().argmax(None, false).int64_value(&[]);
        let analytic = gradient.flatten(0, -1).double_value(&[index]);
        let move_by = |by: f64| {
            let _no_grad = tch::no_grad_guard();
            let _ = parameter.flatten(0, -1).narrow(0, index, 1).g_add_scalar_(by);
        };
        let difference = |step: f64| {
            move_by(step);
            let above = loss().double_value(&[]);
            move_by(-2.0 * step);
            let below = loss().double_value(&[]);
            move_by(step);
            ((above - below) / (2.0 * step) - analytic).abs()
        };
        // The kink of a ReLU can lie within one step; a smaller one then misses it.
        let tolerance = 1e-5 * analytic.abs().max(1e-3);
        let agrees = [1e-6, 1e-7, 1e-8].into_iter().any(|step| difference(step) <= tolerance);
        assert!(agrees, "{name}: {analytic} is off by {:e}", difference(1e-7));
        compared += 1;
    }
    assert_eq!(compared, gradients.len());
}

/// Which of the two results of the fused operation are read behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Readers {
    First,
    Second,
    Both,
}

#[test]
fn fused_batch_norm_equals_libtorch_forward_and_backward() {
    tch::manual_seed(5);
    // More rows than one block of the kernel, and channel counts on both sides of a register.
    for (channels, with_residual, readers) in [
        (5_i64, true, Readers::First),
        (16, true, Readers::Both),
        (40, true, Readers::Second),
        (5, false, Readers::Both),
        (16, false, Readers::First),
        (40, false, Readers::Second),
    ] {
        let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Double, Device::Cpu));
        let values = random(&[6, channels, 40, 40]) * 3 + 50;
        let around = random(&[6, channels, 40, 40]);
        let upstream = [random(&[6, channels, 40, 40]), random(&[6, channels, 40, 40])];
        let (gamma, beta) = (random(&[channels]), random(&[channels]));
        let run = |fused: bool| {
            let leaf = |t: &Tensor| t.copy().set_requires_grad(true);
            let (x, residual) = (leaf(&values), leaf(&around));
            let (weight, bias) = (leaf(&gamma), leaf(&beta));
            let mean = Tensor::zeros([channels], (Kind::Double, Device::Cpu));
            let var = Tensor::ones([channels], (Kind::Double, Device::Cpu));
            let residual = with_residual.then_some(&residual);
            let (first, second) = if fused {
                let bn = BatchNormTensors {
                    weight: &weight,
                    bias: &bias,
                    running_mean: &mean,
                    running_var: &var,
                };
                batch_norm_relu(&x, residual, bn, 0.1, 1e-5).unwrap()
            } else {
                let (weight, bias) = (Some(&weight), Some(&bias));
                let y = x.batch_norm(weight, bias, Some(&mean), Some(&var), true, 0.1, 1e-5, false);
                let y = residual.map_or_else(|| y.shallow_clone(), |around| &y + around).relu();
                (y.shallow_clone(), y)
            };
            let loss = match readers {
                Readers::First => &first * &upstream[0],
                Readers::Second => &second * &upstream[1],
                Readers::Both => &first * &upstream[0] + &second * &upstream[1],
            };
            let mut inputs = vec![&x, &weight, &bias];
            inputs.extend(residual);
            let mut results =
                Tensor::run_backward(&[loss.sum(Kind::Double)], &inputs, false, false);
            results.extend([first.detach(), second.detach(), mean, var]);
            results
        };
        for (index, (ours, theirs)) in run(true).iter().zip(run(false)).enumerate() {
            let relative =
                (ours - &theirs).norm().double_value(&[]) / theirs.norm().double_value(&[]);
            assert!(
                relative < 1e-12,
                "{channels} channels, {readers:?}, residual {with_residual}, result {index}: {relative:e}"
            );
        }
    }
}

#[test]
fn fused_batch_norm_on_older_processors() {
    passes_with_fewer_instructions("fused_batch_norm_equals_libtorch_forward_and_backward");
}

#[test]
fn pad_shortcut_equals_slicing_and_padding() {
    tch::manual_seed(6);
    for ([height, width], stride, new_channels) in
        [([8, 6], 2, 3), ([7, 5], 2, 3), ([1, 1], 2, 16), ([5, 4], 1, 2), ([5, 4], 3, 0)]
    {
        let values = Tensor::randn([2, 3, height, width], (Kind::Double, Device::Cpu));
        let run = |fused: bool| {
            let x = values.copy().set_requires_grad(true);
            let y = if fused {
                pad_shortcut(&x, stride, new_channels).unwrap()
            } else {
                let strided = x.slice(2, None, None, stride).slice(3, None, None, stride);
                strided.constant_pad_nd([0, 0, 0, 0, 0, new_channels])
            };
            let upstream = Tensor::arange(y.numel() as i64, (Kind::Double, Device::Cpu));
            let loss = (&y * upstream.view_as(&y)).sum(Kind::Double);
            let dx = Tensor::run_backward(&[loss], &[&x], false, false).remove(0);
            (y.detach(), dx)
        };
        let (ours, theirs) = (run(true), run(false));
        assert!(ours.0.equal(&theirs.0) && ours.1.equal(&theirs.1), "{height} {width} {stride}");
    }
}

#[test]
fn a_channel_of_one_value_is_an_error_and_not_a_crash() {
    let one = Tensor::ones([1, 4, 1, 1], (Kind::Float, Device::Cpu));
    let per_channel = Tensor::ones([4], (Kind::Float, Device::Cpu));
    let bn = BatchNormTensors {
        weight: &per_channel,
        bias: &per_channel,
        running_mean: &per_channel,
        running_var: &per_channel,
    };
    assert!(batch_norm_relu(&one, None, bn, 0.1, 1e-5).is_err());
}
