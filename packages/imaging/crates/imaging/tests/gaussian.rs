//! Reference values from scipy 1.17.1:
//!
//! ```python
//! v = (np.arange(60) * 37 % 101 - 50).astype(np.float32).reshape(3, 4, 5)   # z, y, x
//! ndi.gaussian_filter(v, (0.5, 0.8, 1.2), mode='nearest', truncate=4.0)     # ALL_AXES
//! ndi.gaussian_filter(v, (0, 3, 2.5), mode='nearest', truncate=4.0)         # WIDE: kernel longer than the axes
//! ```

use flc_imaging::{ImagingError, Size, gaussian_filter};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size = Size { x: 5, y: 4, z: 3 };

fn volume() -> Vec<f32> {
    (0..60_u16).map(|i| f32::from(i * 37 % 101) - 50.0).collect()
}

fn assert_close(got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len());
    for (index, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance, "at {index}: {a} instead of {b}");
    }
}

#[test]
fn equals_scipy() {
    let got = gaussian_filter(&volume(), SIZE, &[1.2, 0.8, 0.5]).unwrap();
    assert_close(&got, &ALL_AXES, 1e-5);
}

#[test]
fn equals_scipy_where_the_kernel_is_longer_than_the_axis() {
    let got = gaussian_filter(&volume(), SIZE, &[2.5, 3.0, 0.0]).unwrap();
    assert_close(&got, &WIDE, 1e-5);
}

#[test]
fn zero_sigma_leaves_the_volume_alone() {
    assert_eq!(gaussian_filter(&volume(), SIZE, &[0.0; 3]).unwrap(), volume());
}

#[test]
fn a_constant_stays_and_a_mirrored_volume_gives_the_mirrored_result() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..20 {
        let size = Size {
            x: random.random_range(1..40),
            y: random.random_range(1..20),
            z: random.random_range(1..9),
        };
        let sigma: Vec<f64> = (0..3).map(|_| random.random_range(0.0..4.0)).collect();
        let constant = vec![37.5; size.voxels()];
        assert_close(&gaussian_filter(&constant, size, &sigma).unwrap(), &constant, 1e-4);

        let data: Vec<f32> =
            (0..size.voxels()).map(|_| random.random_range(-100.0..200.0)).collect();
        let mirrored: Vec<f32> = data.iter().rev().copied().collect();
        let mut back = gaussian_filter(&mirrored, size, &sigma).unwrap();
        back.reverse();
        assert_close(&gaussian_filter(&data, size, &sigma).unwrap(), &back, 1e-4);
    }
}

#[test]
fn wide_rows_are_filtered_like_narrow_ones() {
    // Planes of more values than one block: every column must still be filtered on its own.
    let size = Size { x: 61, y: 43, z: 5 };
    let data: Vec<f32> = (0..size.voxels()).map(|i| ((i * 7919) % 1009) as f32).collect();
    let whole = gaussian_filter(&data, size, &[0.0, 0.0, 1.5]).unwrap();
    let plane = size.x * size.y;
    for column in [0, 1023, 1024, plane - 1] {
        let line: Vec<f32> = (0..size.z).map(|z| data[z * plane + column]).collect();
        let alone =
            gaussian_filter(&line, Size { x: size.z, y: 1, z: 1 }, &[1.5, 0.0, 0.0]).unwrap();
        let inside: Vec<f32> = (0..size.z).map(|z| whole[z * plane + column]).collect();
        assert_close(&inside, &alone, 1e-4);
    }
}

#[test]
fn refuses_bad_input() {
    for sigma in [&[1.0, f64::NAN, 1.0][..], &[-1.0, 1.0, 1.0], &[1.0, 1.0], &[1e9, 1.0, 1.0]] {
        let error = gaussian_filter(&volume(), SIZE, sigma).unwrap_err();
        assert_eq!((error.code(), error.what()), ("INVALID_CONFIG", Some("sigmaVoxels")));
    }
    assert_eq!(
        gaussian_filter(&volume()[1..], SIZE, &[1.0; 3]),
        Err(ImagingError::Length { what: "data", expected: 60, got: 59 })
    );
}

#[rustfmt::skip]
const ALL_AXES: [f32; 60] = [
    -21.19062, -12.24286, -5.937011, -5.66085, -6.09352, -0.7366489, -3.435554, -0.9064269,
    -0.510626, -6.336632, 5.727598, -1.342931, -1.469182, 0.4909612, -2.893666, 6.706756,
    3.74702, 3.061472, 9.075406, 16.75773, -11.32507, -7.991936, -6.341114, -1.083256, 8.013494,
    -3.658224, -0.9680486, 0.04536462, 0.6264813, 4.109252, 11.30609, 5.097656, 1.294428,
    -1.204599, -2.17685, 13.31375, 5.429351, 3.980236, 3.615914, -1.110948, -1.095522,
    -7.464853, -7.088045, -3.956221, -6.011803, -0.9403524, -1.952459, -2.060072, 3.905504,
    12.55915, -6.789107, -3.602411, -2.650028, 2.57037, 12.84382, -13.58685, -3.751243,
    1.821215, 3.115197, 6.479705,
];

#[rustfmt::skip]
const WIDE: [f32; 60] = [
    -14.09691, -10.77057, -7.523919, -4.729902, -2.563159, -9.038073, -6.374639, -3.57008,
    -0.9214087, 1.342661, -4.342661, -2.078592, 0.5700799, 3.374638, 6.038072, -0.4368411,
    1.729902, 4.523919, 7.770569, 11.09691, -1.522382, -0.6911744, 0.8820148, 3.207405,
    5.980494, 2.026479, 1.663175, 1.86753, 2.687767, 3.919799, 5.735268, 4.113324, 2.894325,
    2.158135, 1.791612, 9.181883, 6.383548, 3.847003, 1.671334, -0.1849596, -3.806946,
    -4.676317, -5.37967, -6.044534, -6.815301, -5.725927, -5.049147, -4.22891, -3.469303,
    -2.94785, -7.911705, -5.69275, -3.400197, -1.32416, 0.3401033, -10.12716, -6.518659,
    -2.94698, 0.2105524, 2.75806,
];
