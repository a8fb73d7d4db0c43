//! Reference values from scipy 1.17.1; scikit-image 0.26.0's `measure.label(m, connectivity=k)` gives the same:
//!
//! ```python
//! i = np.arange(120)
//! m = ((i * i * 14 + i * 27) % 89 < 26).astype(np.uint8).reshape(4, 5, 6)   # z, y, x
//! ndi.label(m, ndi.generate_binary_structure(3, k))[0]   # k = 1: FACES, 2: EDGES, 3: CORNERS
//! ```

use flc_imaging::{Connectivity, ImagingError, Size, connected_components};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size = Size { x: 6, y: 5, z: 4 };
const ALL: [Connectivity; 3] = [Connectivity::Faces, Connectivity::Edges, Connectivity::Corners];

fn mask() -> Vec<u8> {
    (0..120_u32).map(|i| u8::from((i * i * 14 + i * 27) % 89 < 26)).collect()
}

#[test]
fn equals_scipy() {
    for (connectivity, expected) in ALL.into_iter().zip([FACES, EDGES, CORNERS]) {
        let parts = connected_components(&mask(), SIZE, connectivity).unwrap();
        assert_eq!(parts.labels, expected, "{connectivity:?}");
        for (index, &size) in parts.sizes.iter().enumerate() {
            let counted = expected.iter().filter(|&&label| label == index as i32 + 1).count();
            assert_eq!(size as usize, counted);
        }
        assert_eq!(parts.sizes.len() as i32, expected.into_iter().fold(0, i32::max));
    }
}

#[test]
fn touching_voxels_share_a_label_and_others_are_reached_by_no_path() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    for round in 0..30 {
        let size = Size {
            x: random.random_range(1..14),
            y: random.random_range(1..14),
            z: random.random_range(1..6),
        };
        let density = 0.1 + 0.02 * f64::from(round);
        let mask: Vec<u8> =
            (0..size.voxels()).map(|_| u8::from(random.random_bool(density))).collect();
        let mut counts = Vec::new();
        for (most, connectivity) in (1..).zip(ALL) {
            let parts = connected_components(&mask, size, connectivity).unwrap();
            assert_eq!(parts.labels, flood(&mask, size, most));
            counts.push(parts.sizes.len());
        }
        assert!(counts.is_sorted_by(|faces, edges| faces >= edges));
    }
}

/// The same by another way: a flood from each voxel that has no label yet. `most` is the city-block distance that
/// still counts as touching.
fn flood(mask: &[u8], size: Size, most: isize) -> Vec<i32> {
    let mut labels = vec![0; mask.len()];
    let mut last = 0;
    for seed in 0..mask.len() {
        if mask[seed] == 0 || labels[seed] != 0 {
            continue;
        }
        last += 1;
        let mut open = vec![seed];
        while let Some(voxel) = open.pop() {
            labels[voxel] = last;
            for other in 0..mask.len() {
                if mask[other] != 0 && labels[other] == 0 && touch(voxel, other, size, most) {
                    open.push(other);
                }
            }
        }
    }
    labels
}

fn touch(a: usize, b: usize, size: Size, most: isize) -> bool {
    let at = |voxel: usize| [voxel % size.x, voxel / size.x % size.y, voxel / (size.x * size.y)];
    let steps: [isize; 3] =
        std::array::from_fn(|axis| (at(a)[axis] as isize - at(b)[axis] as isize).abs());
    steps.iter().all(|&step| step <= 1) && steps.iter().sum::<isize>() <= most
}

#[test]
fn an_empty_and_a_full_mask() {
    let empty = connected_components(&[0; 120], SIZE, Connectivity::Corners).unwrap();
    assert!(empty.sizes.is_empty() && empty.labels.iter().all(|&label| label == 0));
    let full = connected_components(&[255; 120], SIZE, Connectivity::Faces).unwrap();
    assert_eq!(full.sizes, [120]);
}

#[test]
fn refuses_bad_input() {
    assert_eq!(
        connected_components(&mask()[1..], SIZE, Connectivity::Faces),
        Err(ImagingError::Length { what: "mask", expected: 120, got: 119 })
    );
    for neighbours in [0.0, 4.0, 8.0, f64::NAN] {
        assert_eq!(Connectivity::parse(neighbours).unwrap_err().code(), "INVALID_CONFIG");
    }
}

#[rustfmt::skip]
const FACES: [i32; 120] = [
    1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 6, 0, 0, 5, 0,
    0, 0, 0, 7, 0, 0, 0, 0, 8, 0, 0, 9, 0, 0, 8, 0, 0, 0, 0, 0, 0, 10, 0, 11, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 12, 0, 13, 0, 14, 0, 0, 0, 0, 0, 0, 15, 0, 0, 16, 0, 0, 0, 0, 0, 0, 17, 0,
    18, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 21, 0, 0, 0, 0, 0, 0, 22, 0, 0, 23, 0, 0,
    22, 0,
];

#[rustfmt::skip]
const EDGES: [i32; 120] = [
    1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4, 0, 0, 3, 0,
    0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 5, 0, 0, 3, 0, 0, 0, 0, 0, 0, 3, 0, 6, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 5, 0, 3, 0, 3, 0, 0, 0, 0, 0, 0, 3, 0, 0, 7, 0, 0, 0, 0, 0, 0, 7, 0, 7, 0, 8, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 7, 0, 0, 0, 0, 0, 0, 7, 0, 0, 10, 0, 0, 7, 0,
];

#[rustfmt::skip]
const CORNERS: [i32; 120] = [
    1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 0, 0, 2, 0,
    0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 2, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 0, 2, 0,
];
