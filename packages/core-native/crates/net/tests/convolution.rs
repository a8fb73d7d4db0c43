//! Minimal filtering against libtorch's convolution in float64, forward and backward. Where a CPU lacks the instructions there is nothing to test.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::model::{Builder, ConvBn, Parameters, Source, channels_last};
use flc_torch_ext::{WinogradWeights, winograd_convolution};
use support::instructions::{passes_with_fewer_instructions, winograd_multiple, winograd_takes};
use tch::{Device, Kind, Tensor};

/// [images, in, height, width], out.
const SHAPES: [([i64; 4], i64); 11] = [
    ([2, 16, 20, 30], 16),
    // Several blocks of tiles, which end in the middle of rows and images.
    ([3, 32, 50, 70], 32),
    ([3, 64, 16, 16], 64),
    ([1, 32, 12, 12], 64),
    // Odd sides; channels that fill no pair of registers.
    ([2, 48, 13, 11], 48),
    ([2, 16, 13, 12], 48),
    // For AVX2 alone, whose registers are half as wide.
    ([2, 8, 13, 11], 24),
    ([2, 24, 9, 20], 8),
    // Sides that the window reaches across.
    ([2, 16, 1, 1], 16),
    ([2, 16, 1, 2], 32),
    ([2, 32, 2, 1], 16),
];

fn relative(ours: &Tensor, reference: &Tensor) -> f64 {
    let difference = (ours.to_kind(Kind::Double) - reference).norm().double_value(&[]);
    difference / reference.norm().double_value(&[])
}

/// y, and the gradients of input and weight for the upstream gradient.
fn differentiate(y: Tensor, leaves: [&Tensor; 2], upstream: &Tensor) -> [Tensor; 3] {
    let upstream = upstream.to_kind(y.kind());
    let gradients = Tensor::run_backward(&[(&y * upstream).sum(y.kind())], &leaves, false, false);
    let [x, weight] = gradients.try_into().unwrap();
    [y.detach(), x, weight]
}

/// Largest relative errors of y, input gradient and weight gradient over the shapes that are taken; `None` where this CPU lacks the instructions.
fn errors(kind: Kind) -> Option<[f64; 3]> {
    tch::manual_seed(7);
    let leaf = |t: Tensor| t.set_requires_grad(true);
    let mut worst = None;
    for (size, out) in SHAPES {
        // Values that the type holds exactly, so that only the arithmetic differs.
        let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu)).to_kind(kind);
        let values = random(&size);
        let weights = random(&[out, size[1], 3, 3]);
        let (x, weight) =
            (leaf(values.to_kind(kind).copy()), leaf(weights.to_kind(Kind::Float).copy()));
        let y = winograd_convolution(&x, &weight).unwrap();
        assert_eq!(y.is_some(), winograd_takes(kind, [size[1], out]), "{kind:?} {size:?} {out}");
        let Some(y) = y else { continue };
        let upstream = random(&y.size());
        let ours = differentiate(y, [&x, &weight], &upstream);
        assert_eq!(ours[2].kind(), Kind::Float);

        let double = |t: &Tensor| leaf(t.to_kind(Kind::Double).copy());
        let (x, weight) = (double(&values), double(&weights));
        let y = x.conv2d(&weight, None::<&Tensor>, [1; 2], [1; 2], [1; 2], 1);
        let theirs = differentiate(y, [&x, &weight], &upstream.to_kind(Kind::Double));
        let worst = worst.get_or_insert([0.0_f64; 3]);
        for ((worst, ours), theirs) in worst.iter_mut().zip(&ours).zip(&theirs) {
            let error = relative(ours, theirs);
            assert!(error < 1e-2, "{kind:?} {size:?} {out}: {error:e}");
            *worst = worst.max(error);
        }
    }
    assert_eq!(worst.is_some(), winograd_multiple(kind).is_some());
    worst
}

#[test]
fn float32_equals_libtorch_in_float64() {
    let worst = errors(Kind::Float);
    assert!(worst.is_none_or(|errors| errors.iter().all(|&error| error < 1e-6)), "{worst:?}");
}

#[test]
fn a_strided_projection_of_few_channels_stays_within_its_memory() {
    tch::manual_seed(9);
    // oneDNN's own writes beyond its memory below 8 (AVX2) or 16 (AVX-512) channels, by more the larger the image is.
    for (channels, side) in [1, 3, 4, 6, 12].into_iter().flat_map(|c| [2, 4, 8, 16].map(|s| (c, s)))
    {
        let values = Tensor::randn([12, channels, side, side], (Kind::Float, Device::Cpu));
        let errors = {
            let mut parameters = Parameters::default();
            let builder =
                &mut Builder::new(&mut parameters, Source::Seed(1), Kind::Float, Device::Cpu);
            let conv = ConvBn::new(builder, ("0", "1"), [channels, 24], 1, 2).unwrap();
            let x = channels_last(&values).unwrap().copy().set_requires_grad(true);
            let y = conv.convolve(&x).unwrap();
            let upstream = Tensor::randn(y.size(), (Kind::Float, Device::Cpu));
            let ours = differentiate(y, [&x, &conv.weight], &upstream);

            let double = |t: &Tensor| t.detach().to_kind(Kind::Double).set_requires_grad(true);
            let (x, weight) = (double(&values), double(&conv.weight));
            let y = x.conv2d(&weight, None::<&Tensor>, [2; 2], [0; 2], [1; 2], 1);
            let theirs = differentiate(y, [&x, &weight], &upstream.to_kind(Kind::Double));
            [0, 1, 2].map(|i| relative(&ours[i], &theirs[i]))
        };
        assert!(errors.iter().all(|&error| error < 1e-5), "{channels} {side}: {errors:?}");
    }
}

#[test]
fn bfloat16_is_right_to_a_unit_in_the_last_place() {
    let worst = errors(Kind::BFloat16);
    // 8 bits: a unit is at most 2^-7 of a value. libtorch's own, which rounds results only, stays below half of one.
    let unit = 2f64.powi(-7);
    assert!(worst.is_none_or(|errors| errors.iter().all(|&error| error < unit)), "{worst:?}");
}

#[test]
fn older_processors_compute_the_same() {
    passes_with_fewer_instructions("float32_equals_libtorch_in_float64");
    passes_with_fewer_instructions("bfloat16_is_right_to_a_unit_in_the_last_place");
}

/// What the weight gradient keeps beside its tiles grows with the larger number of channels.
#[test]
fn thousands_of_channels_stay_within_their_memory() {
    tch::manual_seed(6);
    for kind in [Kind::Float, Kind::BFloat16] {
        for (inputs, out) in [(8192, 16), (16, 8192)] {
            // 64 tiles: a whole block.
            let random = |shape: &[i64]| Tensor::randn(shape, (kind, Device::Cpu));
            let x = random(&[1, inputs, 16, 16]).set_requires_grad(true);
            let weight = random(&[out, inputs, 3, 3]).to_kind(Kind::Float).set_requires_grad(true);
            let y = winograd_convolution(&x, &weight).unwrap();
            assert_eq!(y.is_some(), winograd_takes(kind, [inputs, out]));
            let Some(y) = y else { continue };
            let upstream = random(&y.size());
            let [.., ours] = differentiate(y, [&x, &weight], &upstream);
            let y =
                x.to_kind(Kind::Float).conv2d(&weight, None::<&Tensor>, [1; 2], [1; 2], [1; 2], 1);
            let [.., theirs] = differentiate(y, [&x, &weight], &upstream);
            let error = relative(&ours, &theirs.to_kind(Kind::Double));
            assert!(error < if kind == Kind::Float { 1e-6 } else { 1e-2 }, "{kind:?}: {error:e}");
        }
    }
}

#[test]
fn inference_adds_bias_and_residual_and_cuts_off() {
    tch::manual_seed(9);
    let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu));
    for (size, out) in SHAPES {
        let (x, weight, bias) = (random(&size), random(&[out, size[1], 3, 3]), random(&[out]));
        let weights = WinogradWeights::new(&weight).unwrap();
        assert_eq!(weights.is_some(), winograd_takes(Kind::Float, [size[1], out]));
        let Some(weights) = weights else { continue };
        let plain = x.conv2d(&weight, Some(&bias), [1; 2], [1; 2], [1; 2], 1);
        let around = random(&plain.size());
        let added = (&plain + &around).relu();
        let ours = weights.convolve_relu(&x, &bias, None).unwrap();
        assert!(relative(&ours, &plain.relu().to_kind(Kind::Double)) < 1e-6);
        let ours = weights.convolve_relu(&x, &bias, Some(around)).unwrap();
        assert!(relative(&ours, &added.to_kind(Kind::Double)) < 1e-6);
    }
}

#[test]
fn shapes_that_do_not_agree_are_errors() {
    let ones = |shape: &[i64]| Tensor::ones(shape, (Kind::Float, Device::Cpu));
    for shape in [&[32, 16, 1, 1][..], &[32], &[]] {
        assert!(WinogradWeights::new(&ones(shape)).unwrap().is_none(), "{shape:?}");
    }
    let weights = WinogradWeights::new(&ones(&[32, 16, 3, 3])).unwrap();
    assert_eq!(weights.is_some(), winograd_takes(Kind::Float, [16, 32]));
    let Some(weights) = weights else { return };
    let (x, bias) = (ones(&[1, 16, 4, 4]), ones(&[32]));
    assert!(weights.convolve_relu(&ones(&[1, 32, 4, 4]), &bias, None).is_err());
    assert!(weights.convolve_relu(&x, &ones(&[16]), None).is_err());
    assert!(weights.convolve_relu(&x, &bias, Some(ones(&[1, 32, 4, 5]))).is_err());
    assert!(weights.convolve_relu(&x.to_kind(Kind::BFloat16), &bias, None).is_err());
}

#[test]
fn the_weight_gradient_does_not_depend_on_the_number_of_threads() {
    tch::manual_seed(8);
    let x = Tensor::randn([5, 16, 40, 40], (Kind::Float, Device::Cpu));
    let weight = Tensor::randn([16, 16, 3, 3], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let run = |threads| {
        let before = tch::get_num_threads();
        tch::set_num_threads(threads);
        let y = winograd_convolution(&x, &weight).unwrap()?;
        let gradient =
            Tensor::run_backward(&[y.square().sum(Kind::Float)], &[&weight], false, false);
        tch::set_num_threads(before);
        gradient.into_iter().next()
    };
    let one = run(1);
    assert_eq!(one.is_some(), winograd_takes(Kind::Float, [16, 16]));
    let Some(one) = one else { return };
    assert!(one.equal(&run(2).unwrap()));
}

#[test]
fn what_does_not_fit_is_left_to_libtorch() {
    let x = Tensor::ones([1, 16, 8, 8], (Kind::Float, Device::Cpu));
    let weight =
        |out, inner, side| Tensor::ones([out, inner, side, side], (Kind::Float, Device::Cpu));
    for (x, weight) in [
        (&x, weight(16, 16, 1)),
        (&x, weight(16, 8, 3)),
        (&x, weight(20, 16, 3)),
        (&x.to_kind(Kind::Double), weight(16, 16, 3)),
        (&x, weight(16, 16, 3).to_kind(Kind::Double)),
        (&x.narrow(0, 0, 0), weight(16, 16, 3)),
        (&x.squeeze_dim(0), weight(16, 16, 3)),
        (&x, weight(16, 16, 3).flatten(2, 3)),
        // No dimension at all.
        (&x, Tensor::from(1.0_f32)),
        (&Tensor::from(1.0_f32), weight(16, 16, 3)),
        (&Tensor::new(), weight(16, 16, 3)),
        (&x, Tensor::new()),
    ] {
        assert!(winograd_convolution(x, &weight).unwrap().is_none());
    }
}
