//! The patch kernel's source, compiled for the host (tests/host), against PyTorch and NumPy (tests/reference/cut_patches.py).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod host_support;

use serde_json::Value;
use std::ffi::{c_int, c_void};

type Cut =
    unsafe extern "C" fn(*const f32, *const i64, c_int, c_int, c_int, c_int, c_int, *mut c_void);

const PHASES: usize = 2;
const SYMMETRIES: usize = 8;

fn compiled() -> Cut {
    let library = host_support::compiled("cut_patches");
    // SAFETY: the function has this type.
    unsafe { std::mem::transmute::<*mut c_void, Cut>(library.function(c"flc_host_cut")) }
}

fn fixture() -> Value {
    host_support::fixture("cut-patches.json")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Eight copies of a square, one for each symmetry, in a sea of NaN that must not be read.
fn place(side: usize, phases: &[Vec<f64>]) -> (Vec<f32>, Vec<i64>) {
    let (mut pixels, mut plan) = (Vec::new(), Vec::new());
    for symmetry in 0..SYMMETRIES {
        // Another margin for every copy, so that no two rows of the plan are alike.
        let (stride, before) = (side + 1 + symmetry, 2 * symmetry + 1);
        let image = stride * (side + 2);
        let start = pixels.len();
        pixels.resize(start + image * PHASES, f32::NAN);
        let corner = start + stride + before.min(stride - side);
        plan.extend([corner, stride, image, symmetry].map(|number| number as i64));
        for (phase, square) in phases.iter().enumerate() {
            for (row, line) in square.chunks(side).enumerate() {
                for (column, &value) in line.iter().enumerate() {
                    pixels[corner + phase * image + row * stride + column] = value as f32;
                }
            }
        }
    }
    (pixels, plan)
}

#[test]
fn squares_are_cut_turned_and_resized_as_in_pytorch() {
    let cut = compiled();
    for case in fixture()["cases"].as_array().unwrap() {
        let side = case["side"].as_u64().unwrap() as usize;
        let input = case["input"].as_u64().unwrap() as usize;
        let phases: Vec<_> = case["phases"].as_array().unwrap().iter().map(numbers).collect();
        let (pixels, plan) = place(side, &phases);
        let area = input * input;
        let length = PHASES * SYMMETRIES * area;
        let guard = 1234.5_f32;
        let mut out = vec![guard; length + 1];
        let sizes = [SYMMETRIES, PHASES, side, input].map(|size| size as c_int);
        let [squares, count, from, to] = sizes;
        // SAFETY: every square of the plan lies in `pixels`; `out` has room for all results.
        unsafe {
            let place = out.as_mut_ptr().cast();
            cut(pixels.as_ptr(), plan.as_ptr(), squares, count, from, to, 0, place);
        }
        assert_eq!(out[length], guard, "written behind the end");
        for symmetry in 0..SYMMETRIES {
            for phase in 0..PHASES {
                let expected = numbers(&case["results"][symmetry][phase]);
                let ours = &out[(phase * SYMMETRIES + symmetry) * area..][..area];
                for (ours, expected) in ours.iter().zip(expected) {
                    let difference = (f64::from(*ours) - expected).abs();
                    // Coordinates are float32, the reference is float64.
                    assert!(
                        difference < 5e-6,
                        "{side} to {input}, symmetry {symmetry}: {ours} for {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn bfloat16_is_rounded_as_in_pytorch() {
    let cut = compiled();
    let rounding = &fixture()["rounding"];
    let pixels: Vec<f32> =
        numbers(&rounding["float32"]).into_iter().map(|bits| f32::from_bits(bits as u32)).collect();
    let expected: Vec<u16> =
        numbers(&rounding["bfloat16"]).into_iter().map(|bits| bits as u16).collect();
    // Squares of one pixel, which stay what they are.
    let plan: Vec<i64> = (0..pixels.len() as i64).flat_map(|corner| [corner, 1, 1, 0]).collect();
    let mut out = vec![0_u16; pixels.len()];
    // SAFETY: as above.
    unsafe {
        let (squares, place) = (pixels.len() as c_int, out.as_mut_ptr().cast());
        cut(pixels.as_ptr(), plan.as_ptr(), squares, 1, 1, 1, 1, place);
    }
    assert_eq!(out, expected);

    // Of NaN any will do, and PyTorch's differ from one instruction set to another.
    let (nan, mut rounded) = ([f32::NAN, f32::from_bits(0x7f80_0001)], [0_u16; 2]);
    // SAFETY: as above.
    unsafe {
        cut(nan.as_ptr(), plan.as_ptr(), 2, 1, 1, 1, 1, rounded.as_mut_ptr().cast());
    }
    assert!(rounded.iter().all(|bits| f32::from_bits(u32::from(*bits) << 16).is_nan()));
}
