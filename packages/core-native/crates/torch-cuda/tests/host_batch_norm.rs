//! The batch norm kernels' source, compiled for the host (tests/host), against PyTorch in float64 (tests/reference/batch_norm_relu.py).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host_support;

use serde_json::Value;
use std::ffi::{c_int, c_longlong, c_void};

type BatchNorm = unsafe extern "C" fn(
    c_int,
    c_longlong,
    c_int,
    *const c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *const f32,
    *const f32,
    *mut f32,
    *mut c_void,
    *mut c_void,
    *mut c_void,
    *mut f32,
);

/// What the kernels read and write, aligned to their 16 bytes.
#[derive(Clone)]
#[repr(C, align(16))]
struct Chunk([u8; 16]);

/// The bytes of float32, or of bfloat16, which holds the upper half of their bits.
fn packed(values: &[f32], is_bfloat16: bool) -> Vec<Chunk> {
    let skipped = if is_bfloat16 { 2 } else { 0 };
    let bytes: Vec<u8> =
        values.iter().flat_map(|value| value.to_le_bytes()[skipped..].to_vec()).collect();
    bytes.chunks(16).map(|chunk| Chunk(chunk.try_into().unwrap())).collect()
}

fn unpacked(chunks: &[Chunk], is_bfloat16: bool) -> Vec<f32> {
    let bytes: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.0).collect();
    if is_bfloat16 {
        bytes.chunks(2).map(|half| f32::from_le_bytes([0, 0, half[0], half[1]])).collect()
    } else {
        bytes.chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    }
}

/// As the reference makes them.
fn numbers(count: usize, salt: u64) -> Vec<f32> {
    let number = |index: u64| {
        let mixed = (index * 2_654_435_761 + salt * 40_503) % (1 << 32);
        let mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % (1 << 32);
        ((mixed >> 24) as f32 - 128.0) / 64.0
    };
    (0..count as u64).map(number).collect()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn assert_close(name: &str, ours: impl Iterator<Item = f32>, expected: &[f64], tolerance: f64) {
    let scale = expected.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
    let ours: Vec<f32> = ours.collect();
    assert!(ours.len() >= expected.len(), "{name}: {} of {}", ours.len(), expected.len());
    for (index, (ours, expected)) in ours.into_iter().zip(expected).enumerate() {
        let difference = (f64::from(ours) - expected).abs();
        let is_close = difference <= tolerance * scale;
        assert!(is_close, "{name}, value {index}: {ours} for {expected}");
    }
}

fn check(batch_norm: BatchNorm, case: &Value, is_bfloat16: bool) {
    let whole = |name: &str| case[name].as_u64().unwrap();
    let flag = |name: &str| case[name].as_bool().unwrap();
    let (rows, channels) = (whole("rows") as usize, whole("channels") as usize);
    let (count, salt) = (rows * channels, whole("salt"));
    let pack = |values: &[f32]| packed(values, is_bfloat16);
    let offset = whole("offset") as f32;
    let factor = if offset > 0.0 { 3.0 } else { 1.0 };
    let x: Vec<f32> = numbers(count, salt).iter().map(|x| x * factor + offset).collect();
    let [x, residual, dy, dy2] = [
        pack(&x),
        pack(&numbers(count, salt + 1)),
        pack(&numbers(count, salt + 2)),
        pack(&numbers(count, salt + 3)),
    ];
    let weight: Vec<f32> = numbers(channels, salt + 4).iter().map(|value| value + 0.5).collect();
    let bias = numbers(channels, salt + 5);
    let mut running = numbers(channels, salt + 6);
    running.extend(numbers(channels, salt + 7).iter().map(|value| value + 3.0));
    // One chunk more than is needed, to see what is written behind the end.
    let mut out = vec![Chunk([0x5a; 16]); x.len() + 1];
    let (mut masked, mut dx) = (out.clone(), out.clone());
    let mut gradients = vec![f32::NAN; 2 * channels];
    let given = |name: &str, values: &[Chunk]| {
        if flag(name) { values.as_ptr().cast() } else { std::ptr::null() }
    };
    // SAFETY: every array has room for its rows and channels.
    unsafe {
        batch_norm(
            is_bfloat16.into(),
            rows as c_longlong,
            channels as c_int,
            x.as_ptr().cast(),
            given("residual", &residual),
            dy.as_ptr().cast(),
            given("second", &dy2),
            weight.as_ptr(),
            bias.as_ptr(),
            running.as_mut_ptr(),
            out.as_mut_ptr().cast(),
            masked.as_mut_ptr().cast(),
            dx.as_mut_ptr().cast(),
            gradients.as_mut_ptr(),
        );
    }
    for (name, result) in [("out", &out), ("masked", &masked), ("dx", &dx)] {
        assert_eq!(result[x.len()].0, [0x5a; 16], "{name} is written behind its end");
    }
    // Sums are in float32 for both types; those of the gradient before it is rounded.
    let (rounding, sums) = if is_bfloat16 { (0.006, 2e-5) } else { (2e-5, 2e-5) };
    let step = whole("step") as usize;
    let taken = |values: &[Chunk]| unpacked(values, is_bfloat16).into_iter().step_by(step);
    let what = |name: &str| format!("{rows} x {channels}, bfloat16 {is_bfloat16}, {name}");
    assert_close(&what("out"), taken(&out), &list(&case["out"]), rounding);
    assert_close(&what("dx"), taken(&dx), &list(&case["dx"]), rounding);
    assert_close(&what("dresidual"), taken(&masked), &list(&case["dresidual"]), rounding);
    let (dweight, dbias) = gradients.split_at(channels);
    let (mean, variance) = running.split_at(channels);
    let of_channels =
        [("dweight", dweight), ("dbias", dbias), ("mean", mean), ("variance", variance)];
    for (name, ours) in of_channels {
        assert_close(&what(name), ours.iter().copied(), &list(&case[name]), sums);
    }
}

#[test]
fn forward_and_backward_are_those_of_pytorch() {
    let library = host_support::compiled("batch_norm_relu");
    // SAFETY: the function has this type.
    let batch_norm: BatchNorm =
        unsafe { std::mem::transmute(library.function(c"flc_host_batch_norm")) };
    let cases = host_support::fixture("batch-norm-relu.json");
    for case in cases.as_array().unwrap() {
        check(batch_norm, case, false);
        if case["offset"] == 0 {
            check(batch_norm, case, true);
        }
    }
}
