//! Reference values from scikit-image 0.26.0 and scipy 1.17.1:
//!
//! ```python
//! v = (np.arange(60) * 37 % 101 - 50).astype(np.float32).reshape(3, 4, 5)   # z, y, x
//! skimage.transform.resize(v, (4, 3, 7), order=1, mode='edge', anti_aliasing=False, preserve_range=True)
//! ndi.zoom(v, (4 / 3, 3 / 4, 7 / 5), order=0, mode='nearest', grid_mode=True)
//! ```

use flc_imaging::{ImagingError, Interpolation, Size, resample};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size = Size { x: 5, y: 4, z: 3 };
const NEW_SIZE: Size = Size { x: 7, y: 3, z: 4 };

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
fn linear_equals_scikit_image() {
    let got = resample(&volume(), SIZE, NEW_SIZE, Interpolation::Linear).unwrap();
    assert_close(&got, &LINEAR, 2e-5);
}

#[test]
fn nearest_equals_scipy() {
    let got = resample(&volume(), SIZE, NEW_SIZE, Interpolation::Nearest).unwrap();
    assert_eq!(got, NEAREST);
}

#[test]
fn half_pixel_centres_by_hand() {
    // Doubling [0, 1] puts the new centres at -0.25, 0.25, 0.75, 1.25 of the old grid.
    let line = |x| Size { x, y: 1, z: 1 };
    let doubled = resample(&[0.0, 1.0], line(2), line(4), Interpolation::Linear).unwrap();
    assert_eq!(doubled, [0.0, 0.25, 0.75, 1.0]);
    let halved = resample(&[0.0, 1.0, 4.0, 7.0], line(4), line(2), Interpolation::Linear).unwrap();
    assert_eq!(halved, [0.5, 5.5]);
}

#[test]
fn the_same_size_changes_nothing_and_values_stay_in_range() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut size = || Size {
        x: random.random_range(1..15),
        y: random.random_range(1..15),
        z: random.random_range(1..6),
    };
    for _ in 0..20 {
        let (old, new) = (size(), size());
        let data: Vec<f32> = (0..old.voxels()).map(|i| ((i * 7919) % 211) as f32).collect();
        for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
            assert_eq!(resample(&data, old, old, interpolation).unwrap(), data);
            let got = resample(&data, old, new, interpolation).unwrap();
            assert_eq!(got.len(), new.voxels());
            let most = data.iter().copied().fold(0.0, f32::max);
            assert!(got.iter().all(|value| (0.0..=most).contains(value)));
        }
        let nearest = resample(&data, old, new, Interpolation::Nearest).unwrap();
        assert!(nearest.iter().all(|value| data.contains(value)));
    }
}

#[test]
fn refuses_a_wrong_length() {
    assert_eq!(
        resample(&volume()[1..], SIZE, NEW_SIZE, Interpolation::Linear),
        Err(ImagingError::Length { what: "data", expected: 60, got: 59 })
    );
}

#[rustfmt::skip]
const LINEAR: [f32; 84] = [
    -36.0, -24.47619, -5.261905, 21.16667, -12.52381, -17.35714, -5.833333, 25.5, -11.07143,
    -27.92857, -1.5, 24.92857, 8.071428, -28.5, 2.833333, 14.35714, 9.523809, -24.16667,
    2.261905, 21.47619, 33.0, -25.89583, -8.360119, 0.3333333, -10.8125, -14.44345, -2.744048,
    14.79167, 14.5625, -3.973214, -7.303571, 19.125, 0.4642857, -7.375, -7.875, 23.45833,
    4.922619, -7.425595, -3.541667, 15.37202, 13.54464, 1.020833, -7.458333, -4.351191,
    -8.282738, -23.9375, -5.023809, 4.872024, 7.979167, 1.4375, 4.544643, 6.625, 6.0, -12.66071,
    -4.267857, 16.875, 10.33333, -4.595238, -7.023809, 14.89583, 11.26488, 3.125, -5.791667,
    13.16667, -13.78571, -28.23809, -13.83333, 12.59524, 2.952381, -24.0, -9.5, 11.64286,
    9.214286, -36.5, -10.07143, 16.35714, 37.5, -32.16667, -11.02381, 10.59524, 25.0, -8.690476,
    -6.309524, 14.83333,
];

#[rustfmt::skip]
const NEAREST: [f32; 84] = [
    -50.0, -13.0, -13.0, 24.0, -40.0, -40.0, -3.0, 17.0, -47.0, -47.0, -10.0, 27.0, 27.0, -37.0,
    0.0, 37.0, 37.0, -27.0, 10.0, 10.0, 47.0, -17.0, 20.0, 20.0, -44.0, -7.0, -7.0, 30.0, 50.0,
    -14.0, -14.0, 23.0, -41.0, -41.0, -4.0, 33.0, -31.0, -31.0, 6.0, 43.0, 43.0, -21.0, -17.0,
    20.0, 20.0, -44.0, -7.0, -7.0, 30.0, 50.0, -14.0, -14.0, 23.0, -41.0, -41.0, -4.0, 33.0,
    -31.0, -31.0, 6.0, 43.0, 43.0, -21.0, 16.0, -48.0, -48.0, -11.0, 26.0, 26.0, -38.0, -18.0,
    19.0, 19.0, -45.0, -8.0, -8.0, 29.0, -35.0, 2.0, 2.0, 39.0, -25.0, -25.0, 12.0,
];
