//! What only a GPU can show. Without one every test says that it was skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]

mod support;

use flc_torch_cuda::BatchNormPointers;
use std::ffi::c_void;
use tch::{Device, Kind, Tensor};

const GPU: Device = Device::Cuda(0);

fn pointer(tensor: &Tensor) -> *mut c_void {
    tensor.as_ptr().cast_mut().cast()
}

fn assert_close(ours: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(ours.size(), expected.size());
    let difference = (ours.to_kind(Kind::Float) - expected.to_kind(Kind::Float)).abs().max();
    let difference = difference.double_value(&[]);
    assert!(difference <= tolerance, "differs by {difference}");
}

#[test]
fn the_kernel_cuts_as_libtorch_does() {
    let Some(object) = support::object_with_gpu() else { return };
    let kernel = object.patch_kernel(0, &support::libtorch()).unwrap();
    let (phases, height, width, side, input, count) = (3, 90, 70, 21, 32, 300);
    let images = Tensor::randn([phases, height, width], (Kind::Float, GPU));
    let numbers = |below: i64| Tensor::randint(below, [count], (Kind::Int64, GPU));
    let (rows, columns) = (numbers(height - side), numbers(width - side));
    let symmetries = Tensor::arange(count, (Kind::Int64, GPU)).remainder(8);
    let corners = &rows * width + &columns;
    let (stride, area) = (corners.full_like(width), corners.full_like(height * width));
    let plan = Tensor::stack(&[&corners, &stride, &area, &symmetries], 1);
    let turned: Vec<Tensor> = (0..count)
        .map(|i| {
            let at = |values: &Tensor| values.int64_value(&[i]);
            let square = images.narrow(1, at(&rows), side).narrow(2, at(&columns), side);
            // As crates/net/src/data/dihedral.rs orders them.
            let swapped = if i & 4 != 0 { square.transpose(1, 2) } else { square };
            let axes: Vec<i64> = [(1, 2), (2, 1)]
                .iter()
                .filter(|(bit, _)| i & bit != 0)
                .map(|&(_, axis)| axis)
                .collect();
            swapped.flip(axes)
        })
        .collect();
    let expected = Tensor::stack(&turned, 1).upsample_bilinear2d([input, input], false, None, None);
    for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 0.02)] {
        let out = Tensor::full([phases, count, input, input], f64::NAN, (kind, GPU));
        // SAFETY: the tensors live, and every square lies in its image.
        unsafe {
            let (pixels, plan, out) = (pointer(&images), pointer(&plan), pointer(&out));
            object.cut_patches(&kernel, pixels, plan, side, input, out).unwrap();
        }
        assert_close(&out, &expected, tolerance);
    }
    let wrong = Tensor::zeros([phases, count, input, input + 1], (Kind::Float, GPU));
    // SAFETY: refused before anything is read.
    let refused = unsafe {
        let (pixels, plan, out) = (pointer(&images), pointer(&plan), pointer(&wrong));
        object.cut_patches(&kernel, pixels, plan, side, input, out)
    };
    assert!(refused.unwrap_err().to_string().starts_with("the result is [3, 300, 32, 33], not"));
}

/// Result, running statistics and gradients of a batch norm whose result is read twice.
fn batch_norm(
    values: &[Tensor; 4],
    weights: &[Tensor; 2],
    with_residual: bool,
    operation: impl Fn(&Tensor, Option<&Tensor>, &[Tensor; 4]) -> [Tensor; 2],
) -> Vec<Tensor> {
    let leaf = |values: &Tensor| values.detach().set_requires_grad(true);
    let [x, residual, dy, dy2] = values;
    let (x, residual) = (leaf(x), leaf(residual));
    let [weight, bias] = weights.each_ref().map(leaf);
    let channels = [weight, bias, weights[0].zeros_like(), weights[0].ones_like()];
    let residual = with_residual.then_some(&residual);
    let [first, second] = operation(&x, residual, &channels);
    let loss = (&first * dy).sum(Kind::Float) + (&second * dy2).sum(Kind::Float);
    let inputs: Vec<&Tensor> =
        [&x, &channels[0], &channels[1]].into_iter().chain(residual).collect();
    let mut results = Tensor::run_backward(&[loss], &inputs, false, false);
    results.extend([first.detach(), channels[2].shallow_clone(), channels[3].shallow_clone()]);
    results
}

fn assert_relative(ours: &[Tensor], expected: &[Tensor], tolerance: f64, what: &str) {
    for (index, (ours, expected)) in ours.iter().zip(expected).enumerate() {
        let [ours, expected] = [ours, expected].map(|tensor| tensor.to_kind(Kind::Double));
        let relative = ((ours - &expected).norm() / expected.norm()).double_value(&[]);
        assert!(relative <= tolerance, "{what}, result {index}: {relative:e}");
    }
}

#[test]
fn batch_norm_is_that_of_libtorch_also_in_a_graph() {
    let Some(object) = support::object_with_gpu() else { return };
    let kernel = object.batch_norm_kernel(0, &support::libtorch()).unwrap();
    let ours = |x: &Tensor, residual: Option<&Tensor>, channels: &[Tensor; 4]| {
        let [weight, bias, running_mean, running_var] = channels.each_ref().map(pointer);
        let bn = BatchNormPointers { weight, bias, running_mean, running_var };
        let added = residual.map_or(std::ptr::null_mut(), pointer);
        // SAFETY: the tensors live, and the results are ours.
        let results = unsafe {
            let (x, epsilon) = (pointer(x), 1e-5);
            object.batch_norm_relu(&kernel, x, added, bn, 0.1, epsilon).unwrap()
        };
        results.map(|result| unsafe { Tensor::from_ptr(result.cast()) })
    };
    let theirs = |x: &Tensor, residual: Option<&Tensor>, channels: &[Tensor; 4]| {
        let [weight, bias, mean, var] = channels;
        let (weights, running) = ((Some(weight), Some(bias)), (Some(mean), Some(var)));
        let normal =
            x.batch_norm(weights.0, weights.1, running.0, running.1, true, 0.1, 1e-5, false);
        let y = residual.map_or_else(|| normal.shallow_clone(), |added| &normal + added).relu();
        [y.shallow_clone(), y]
    };
    // From a few rows to many for every thread; channels that do not divide a block. Of millions of numbers next to 0 some take the other
    // side of the ReLU.
    for shape in [[1, 1, 5, 8], [3, 7, 5, 24], [9, 31, 33, 64], [2, 3, 5, 1024], [70, 129, 131, 16]]
    {
        for (kind, tolerance) in [(Kind::Float, 3e-3), (Kind::BFloat16, 0.02)] {
            for with_residual in [false, true] {
                let what = format!("{shape:?} {kind:?}, residual {with_residual}");
                let random = || Tensor::randn(shape, (Kind::Float, GPU)).to_kind(kind);
                let values = [0; 4].map(|_| random().permute([0, 3, 1, 2]));
                let weights = [0; 2].map(|_| Tensor::randn([shape[3]], (Kind::Float, GPU)));
                let exact =
                    |values: &[Tensor; 4]| values.each_ref().map(|v| v.to_kind(Kind::Double));
                let expected = |values: &[Tensor; 4]| {
                    let weights = weights.each_ref().map(|weight| weight.to_kind(Kind::Double));
                    batch_norm(&exact(values), &weights, with_residual, theirs)
                };
                let eager = batch_norm(&values, &weights, with_residual, ours);
                assert_relative(&eager, &expected(&values), tolerance, &what);
                // The order of all sums is fixed.
                let again = batch_norm(&values, &weights, with_residual, ours);
                assert!(
                    eager.iter().zip(&again).all(|(first, second)| first.equal(second)),
                    "{what}"
                );
                let capture = object.graph_begin(0).unwrap();
                let recorded = batch_norm(&values, &weights, with_residual, ours);
                let graph = capture.end().unwrap();
                for tensor in &values {
                    let _ = tensor.shallow_clone().normal_(0.0, 1.0);
                }
                graph.replay().unwrap();
                assert_relative(&recorded, &expected(&values), tolerance, &what);
            }
        }
    }
}

#[test]
fn a_graph_repeats_forward_and_backward_on_new_values() {
    let Some(object) = support::object_with_gpu() else { return };
    let streams = object.side_streams(0, 3).unwrap();
    let weight = Tensor::randn([64, 64], (Kind::Float, GPU)).set_requires_grad(true);
    let input = Tensor::randn([16, 64], (Kind::Float, GPU));
    // Three branches side by side, then the gradient of their sum.
    let step = || {
        streams.fork().unwrap();
        let branches: Vec<Tensor> = (0..3)
            .map(|i| {
                let _guard = streams.enter(i).unwrap();
                (input.matmul(&weight) * (i as f64 + 1.0)).tanh()
            })
            .collect();
        streams.join().unwrap();
        let loss = Tensor::stack(&branches, 0).square().sum(Kind::Float);
        let gradients = Tensor::run_backward(&[&loss], &[&weight], false, false);
        (loss.detach(), gradients[0].shallow_clone())
    };
    streams.fork().unwrap();
    {
        let _guard = streams.enter(0).unwrap();
        drop(step());
    }
    streams.join().unwrap();
    object.release_cached_memory().unwrap();
    let capture = object.graph_begin(0).unwrap();
    let (loss, gradient) = step();
    let graph = capture.end().unwrap();
    for _ in 0..3 {
        let _ = input.shallow_clone().normal_(0.0, 1.0);
        graph.replay().unwrap();
        let (expected_loss, expected_gradient) = step();
        assert_close(&(&loss / &expected_loss), &loss.ones_like(), 1e-5);
        assert_close(&gradient, &expected_gradient, 1e-3);
    }
}

#[test]
fn a_bidirectional_lstm_can_be_recorded() {
    let Some(object) = support::object_with_gpu() else { return };
    let store = tch::nn::VarStore::new(GPU);
    let config = tch::nn::RNNConfig { bidirectional: true, ..Default::default() };
    let lstm = tch::nn::lstm(store.root(), 8, 16, config);
    let input = Tensor::randn([5, 3, 8], (Kind::Float, GPU));
    let variables = store.trainable_variables();
    let step = || {
        let (output, _) = tch::nn::RNN::seq(&lstm, &input);
        let loss = output.square().sum(Kind::Float);
        let variables: Vec<&Tensor> = variables.iter().collect();
        (output.detach(), Tensor::run_backward(&[&loss], &variables, false, false))
    };
    let (expected, gradients) = step();
    let capture = object.graph_begin(0).unwrap();
    let (output, recorded) = step();
    let graph = capture.end().unwrap();
    graph.replay().unwrap();
    assert_close(&output, &expected, 1e-5);
    for (ours, expected) in recorded.iter().zip(&gradients) {
        assert_close(ours, expected, 1e-4);
    }
}

#[test]
fn a_spoilt_capture_leaves_a_process_that_works() {
    let Some(object) = support::object_with_gpu() else { return };
    let values = Tensor::ones([1 << 20], (Kind::Float, GPU));
    for spoil in [false, true] {
        let capture = object.graph_begin(0).unwrap();
        assert!(object.graph_begin(0).is_err(), "a capture inside a capture");
        let inside = values.rand_like() + 1.0;
        if spoil {
            // Reading a value synchronizes, which a capture forbids.
            assert!(inside.sum(Kind::Float).f_double_value(&[]).is_err());
            assert!(capture.end().is_err());
        } else {
            drop(capture);
        }
        // Allocation, random numbers, synchronization and the next capture are as before.
        let random = values.rand_like();
        assert!(random.mean(Kind::Float).double_value(&[]) > 0.4);
        object.release_cached_memory().unwrap();
    }
    let capture = object.graph_begin(0).unwrap();
    let doubled = &values * 2.0;
    let graph = capture.end().unwrap();
    graph.replay().unwrap();
    assert_eq!(doubled.sum(Kind::Double).double_value(&[]), f64::from(1 << 21));
}

#[test]
fn values_are_read_back_while_the_gpu_goes_on() {
    let Some(object) = support::object_with_gpu() else { return };
    let mut readback = object.readback(0, 4).unwrap();
    assert!(!readback.is_ready().unwrap());
    assert_eq!(readback.wait().unwrap_err().to_string(), "nothing was read back yet");
    for round in 0..3 {
        let values = Tensor::arange(4, (Kind::Float, GPU)) + f64::from(round);
        // SAFETY: a live tensor.
        unsafe { readback.start(pointer(&values)).unwrap() };
        drop(values);
        let expected: Vec<f32> = (0..4).map(|i| (i + round) as f32).collect();
        assert_eq!(readback.wait().unwrap(), expected);
        assert!(readback.is_ready().unwrap());
    }
    let long = Tensor::zeros([5], (Kind::Float, GPU));
    // SAFETY: a live tensor.
    let error = unsafe { readback.start(pointer(&long)) }.unwrap_err().to_string();
    assert_eq!(error, "a readback of 5 values into a buffer of 4");
}

#[test]
fn uploads_arrive_in_order() {
    let Some(object) = support::object_with_gpu() else { return };
    let mut upload = object.pinned_upload(0, 1000).unwrap();
    let destination = Tensor::zeros([1000], (Kind::Int64, GPU));
    // More than the ring holds, without waiting.
    let received: Vec<Tensor> = (0..20_i64)
        .map(|round| {
            let values: Vec<i64> = (0..1000).map(|i| i * 31 + round).collect();
            // SAFETY: a live tensor.
            unsafe { upload.send(&values, pointer(&destination)).unwrap() };
            destination.copy()
        })
        .collect();
    for (round, received) in received.iter().enumerate() {
        let expected = Tensor::arange(1000, (Kind::Int64, GPU)) * 31 + round as i64;
        assert!(received.equal(&expected), "upload {round}");
    }
    // SAFETY: a live tensor.
    let error = unsafe { upload.send(&[0; 1001], pointer(&destination)) }.unwrap_err();
    assert_eq!(error.to_string(), "an upload of 1001 values by buffers of 1000");
}

#[test]
fn memory_is_counted() {
    let Some(object) = support::object_with_gpu() else { return };
    let block = 64 << 20;
    object.reset_peak_memory(0).unwrap();
    let before = object.memory(0).unwrap();
    drop(Tensor::zeros([block], (Kind::Uint8, GPU)));
    let after = object.memory(0).unwrap();
    // Other tests of this process may hold some more meanwhile.
    assert!(after.peak_allocated_bytes >= before.allocated_bytes + block as u64);
    assert!(after.peak_reserved_bytes >= after.peak_allocated_bytes);
}
