//! Reference values from SimpleITK 2.5.7 (the same values come from scipy 1.17.1's `map_coordinates(mode='nearest')`
//! with -1000 written where a position is more than half a voxel outside):
//!
//! ```python
//! i = np.arange(60)
//! v = (i * 37 % 101 - 50).astype(np.float32).reshape(3, 4, 5)   # z, y, x
//! f = np.stack([(i * 13 % 17) / 4 - 2, (i * 7 % 11) / 4 - 1.25, (i * 5 % 7) / 5 - 0.6]).astype(np.float32)
//! image = sitk.GetImageFromArray(v)
//! field = sitk.GetImageFromArray(np.moveaxis(f.reshape(3, 3, 4, 5), 0, -1).astype(np.float64), isVector=True)
//! sitk.Resample(image, image, sitk.DisplacementFieldTransform(field), sitk.sitkLinear, -1000.0)
//! sitk.Resample(image, image, sitk.DisplacementFieldTransform(field), sitk.sitkNearestNeighbor, -1000.0)
//! ```

use flc_imaging::{ImagingError, Interpolation, Size, warp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size = Size { x: 5, y: 4, z: 3 };

fn volume() -> Vec<f32> {
    (0..60_u16).map(|i| f32::from(i * 37 % 101) - 50.0).collect()
}

fn field() -> Vec<f32> {
    let plane = |scale: u16, modulus: u16, divisor: f64, shift: f64| {
        (0..60_u16).map(move |i| (f64::from(i * scale % modulus) / divisor - shift) as f32)
    };
    plane(13, 17, 4.0, 2.0).chain(plane(7, 11, 4.0, 1.25)).chain(plane(5, 7, 5.0, 0.6)).collect()
}

fn assert_close(got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (index, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-5, "at {index}: {a} instead of {b}");
    }
}

#[test]
fn linear_equals_itk() {
    let got = warp(&volume(), SIZE, &field(), Interpolation::Linear, -1000.0).unwrap();
    assert_close(&got, &LINEAR);
}

#[test]
fn nearest_equals_itk() {
    let got = warp(&volume(), SIZE, &field(), Interpolation::Nearest, -1000.0).unwrap();
    assert_close(&got, &NEAREST);
}

#[test]
fn a_zero_field_changes_nothing_and_a_whole_shift_moves_voxels() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
        for _ in 0..20 {
            let size = Size {
                x: random.random_range(1..12),
                y: random.random_range(1..12),
                z: random.random_range(1..6),
            };
            let n = size.voxels();
            let data: Vec<f32> = (0..n).map(|_| random.random_range(-100.0..200.0)).collect();
            assert_eq!(warp(&data, size, &vec![0.0; 3 * n], interpolation, 0.0).unwrap(), data);

            let shift: [isize; 3] =
                std::array::from_fn(|_| random.random_range(-2..=2_i64) as isize);
            let field: Vec<f32> = shift.iter().flat_map(|&s| vec![s as f32; n]).collect();
            let moved = warp(&data, size, &field, interpolation, -7.0).unwrap();
            for (voxel, &value) in moved.iter().enumerate() {
                let at = [voxel % size.x, voxel / size.x % size.y, voxel / (size.x * size.y)];
                let from: [usize; 3] =
                    std::array::from_fn(|axis| at[axis].wrapping_add_signed(shift[axis]));
                let inside = from[0] < size.x && from[1] < size.y && from[2] < size.z;
                let expected = if inside {
                    data[(from[2] * size.y + from[1]) * size.x + from[0]]
                } else {
                    -7.0
                };
                assert_eq!(value, expected);
            }
        }
    }
}

#[test]
fn linear_is_exact_on_a_ramp() {
    let size = Size { x: 9, y: 8, z: 7 };
    let n = size.voxels();
    let at = |voxel: usize| [voxel % 9, voxel / 9 % 8, voxel / 72].map(|index| index as f64);
    let ramp = |[x, y, z]: [f64; 3]| 2.0 * x - 3.0 * y + 0.5 * z + 1.0;
    let data: Vec<f32> = (0..n).map(|voxel| ramp(at(voxel)) as f32).collect();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let target: Vec<[f64; 3]> = (0..n)
        .map(|_| {
            [
                random.random_range(0.0..8.0),
                random.random_range(0.0..7.0),
                random.random_range(0.0..6.0),
            ]
        })
        .collect();
    let field: Vec<f32> = (0..3)
        .flat_map(|axis| (0..n).map(move |voxel| (axis, voxel)))
        .map(|(axis, voxel)| (target[voxel][axis] - at(voxel)[axis]) as f32)
        .collect();
    let got = warp(&data, size, &field, Interpolation::Linear, f64::INFINITY).unwrap();
    for (value, position) in got.iter().zip(target) {
        assert!((f64::from(*value) - ramp(position)).abs() < 1e-5);
    }
}

#[test]
fn refuses_bad_input() {
    let refuse = |data: &[f32], field: &[f32], fill| {
        warp(data, SIZE, field, Interpolation::Linear, fill).unwrap_err()
    };
    assert_eq!(
        refuse(&volume()[1..], &field(), 0.0),
        ImagingError::Length { what: "data", expected: 60, got: 59 }
    );
    assert_eq!(
        refuse(&volume(), &field()[..60], 0.0),
        ImagingError::Length { what: "field", expected: 180, got: 60 }
    );
    let mut broken = field();
    broken[170] = f32::NAN;
    assert_eq!(
        refuse(&volume(), &broken, 0.0),
        ImagingError::NotFinite { what: "field", index: 170 }
    );
    assert_eq!(refuse(&volume(), &field(), f64::NAN).code(), "INVALID_CONFIG");

    let long = Size { x: 9000, y: 1, z: 1 };
    let mut field = vec![0.0; 27000];
    field[26_500] = f32::INFINITY;
    assert_eq!(
        warp(&vec![0.0; 9000], long, &field, Interpolation::Nearest, 0.0),
        Err(ImagingError::NotFinite { what: "field", index: 26_500 })
    );
}

#[rustfmt::skip]
const LINEAR: [f32; 60] = [
    -1000.0, 5.125, 8.0, 12.0, -8.012501, 0.275, -28.5, -1000.0, -1.5, -1000.0, -26.75, -7.625,
    -2.6, -1000.0, -1000.0, 13.2, 12.75, -1000.0, 6.199998, -30.4, -1000.0, -1000.0, -1000.0,
    3.0, -1.7, -1000.0, -10.7, -13.2125, 0.650001, -4.9, 40.0, -2.95, -13.55, 10.45, 7.9,
    -10.325, -1000.0, -21.75, -14.625, -1000.0, -16.0, -1000.0, -3.1, -1000.0, -1000.0, -2.5,
    -1000.0, 24.75, 35.15, 8.650001, -1000.0, -1000.0, 5.05, -1000.0, 5.5, -1000.0, -1000.0,
    -9.75, -1000.0, 14.0,
];

#[rustfmt::skip]
const NEAREST: [f32; 60] = [
    -1000.0, 7.0, 24.0, 7.0, -44.0, 24.0, -10.0, -1000.0, 24.0, -1000.0, -47.0, 3.0, 37.0,
    -1000.0, -1000.0, 0.0, 17.0, -1000.0, -21.0, -37.0, -1000.0, -1000.0, -1000.0, 13.0, 30.0,
    -1000.0, -24.0, -7.0, 27.0, -24.0, 40.0, 6.0, -45.0, 40.0, 6.0, 37.0, -1000.0, -31.0, -14.0,
    -1000.0, -48.0, -1000.0, 3.0, -1000.0, -1000.0, -18.0, -1000.0, 29.0, 46.0, 30.0, -1000.0,
    -1000.0, 9.0, -1000.0, -8.0, -1000.0, -1000.0, -25.0, -1000.0, -25.0,
];
