//! The solver against a dense solution, and what must not change its answer. Agreement with scikit-image is in
//! test/random-walk.test.ts of this package.

use flc_imaging::{ImagingError, RandomWalk, Segmentation, Size, random_walk, with_threads};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const NEVER: &(dyn Fn() -> bool + Sync) = &|| false;

/// A noisy ball with one stroke inside and one along a border.
struct Ball {
    image: Vec<f32>,
    seeds: Vec<i32>,
    size: Size,
}

fn ball(size: Size, noise: f32) -> Ball {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut image = Vec::new();
    let half = |n: usize| (n as f32 - 1.0) / 2.0;
    for z in 0..size.z {
        for y in 0..size.y {
            for x in 0..size.x {
                let away = |at: usize, n: usize| ((at as f32 - half(n)) / (0.3 * n as f32)).powi(2);
                let inside = away(x, size.x) + away(y, size.y) + away(z, size.z) < 1.0;
                let value: f32 = random.random_range(-noise..=noise);
                image.push(value + f32::from(u8::from(inside)));
            }
        }
    }
    let mut seeds = vec![0; size.voxels()];
    let middle = (size.z / 2 * size.y + size.y / 2) * size.x + size.x / 2;
    seeds[middle - 2..middle + 3].fill(1);
    seeds[..size.x].fill(2);
    Ball { image, seeds, size }
}

impl Ball {
    fn solve(&self) -> Result<Segmentation, ImagingError> {
        self.solve_with(|_| ())
    }

    fn solve_with(&self, change: impl FnOnce(&mut Settings)) -> Result<Segmentation, ImagingError> {
        let images: &[&[f32]] = &[&self.image];
        self.solve_on(images, change)
    }

    fn solve_on(
        &self,
        images: &[&[f32]],
        change: impl FnOnce(&mut Settings),
    ) -> Result<Segmentation, ImagingError> {
        let mut settings = Settings {
            labels: 2,
            tolerance: 1e-6,
            iterations: 1000,
            beta: 130.0,
            priors: None,
            start: None,
        };
        change(&mut settings);
        let walk = RandomWalk {
            images,
            size: self.size,
            spacing: &[1.0, 1.0, 1.0],
            labels: settings.labels,
            beta: settings.beta,
            tolerance: settings.tolerance,
            iterations: settings.iterations,
            priors: settings.priors.as_deref(),
        };
        random_walk(&walk, &self.seeds, settings.start.as_deref(), NEVER)
    }
}

struct Settings {
    labels: usize,
    tolerance: f64,
    iterations: usize,
    beta: f64,
    priors: Option<Vec<f32>>,
    start: Option<Vec<f32>>,
}

const SMALL: Size = Size { x: 24, y: 20, z: 10 };
const MIDDLE: Size = Size { x: 48, y: 40, z: 16 };

fn most_different(a: &Segmentation, b: &Segmentation) -> f32 {
    let differences = a.probabilities.iter().zip(&b.probabilities).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

#[test]
fn reaches_the_residual_whatever_the_noise() {
    for (noise, exact) in [(0.0, 1e-11), (0.1, 1e-11), (0.3, 1e-11), (0.5, 1e-11), (1.0, 1e-7)] {
        let ball = ball(MIDDLE, noise);
        let solved = ball.solve().unwrap();
        assert!(solved.residual <= 1e-6, "noise {noise}: {}", solved.residual);
        assert!(solved.iterations <= 60, "noise {noise}: {} iterations", solved.iterations);
        let exact = ball.solve_with(|with| with.tolerance = exact).unwrap();
        let difference = most_different(&solved, &exact);
        assert!(difference < 1e-4, "noise {noise}: {difference}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let ball = ball(MIDDLE, 0.2);
    let with = |threads| with_threads(threads, || ball.solve()).unwrap().unwrap();
    let one = with(1);
    for threads in [2, 3, 5] {
        assert_eq!(with(threads), one, "{threads} threads");
    }
}

#[test]
fn a_warm_start_needs_fewer_iterations_for_the_same_answer() {
    let mut ball = ball(MIDDLE, 0.1);
    let first = ball.solve().unwrap();
    let warm = |ball: &Ball| {
        ball.solve_with(|with| with.start = Some(first.probabilities.clone())).unwrap()
    };
    // Probabilities were rounded to float32.
    assert!(warm(&ball).iterations <= 1);
    let corner = ball.size.voxels() - 5;
    ball.seeds[corner..].fill(2);
    let (cold, warm) = (ball.solve().unwrap(), warm(&ball));
    assert!(warm.iterations < cold.iterations, "{} {}", warm.iterations, cold.iterations);
    assert!(most_different(&warm, &cold) < 1e-4);
}

#[test]
fn probabilities_of_many_labels_sum_to_one() {
    let mut ball = ball(SMALL, 0.2);
    let last = ball.size.voxels() - 1;
    for label in 3..=9 {
        ball.seeds[last - 40 * label] = label as i32;
    }
    let solved = ball.solve_with(|with| with.labels = 9).unwrap();
    assert!(solved.residual <= 1e-6);
    for voxel in 0..ball.size.voxels() {
        let sum: f32 =
            (0..9).map(|label| solved.probabilities[label * ball.size.voxels() + voxel]).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum} at {voxel}");
    }
}

#[test]
fn equal_channels_are_one_image() {
    // Four times the squares over twice the divisor.
    let ball = ball(SMALL, 0.1);
    let one = ball.solve_with(|with| with.beta = 40.0).unwrap();
    let four: [&[f32]; 4] = [&ball.image; 4];
    let four = ball.solve_on(&four, |with| with.beta = 20.0).unwrap();
    let difference = most_different(&one, &four);
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn priors_are_edges_to_seeds_of_their_own() {
    // A row of voxels, each with a prior, against the same row with a row of seeds on either side.
    let size = Size { x: 7, y: 1, z: 1 };
    let image: Vec<f32> = vec![0.0; 7];
    let mut seeds = vec![0; 7];
    (seeds[0], seeds[6]) = (1, 2);
    let (one, two) = (0.5_f32, 0.25_f32);
    let priors = [vec![one; 7], vec![two; 7]].concat();
    let row = Ball { image, seeds, size };
    let solved = row.solve_with(|with| with.priors = Some(priors)).unwrap();
    // x(i-1) - (2 + one + two) x(i) + x(i+1) = -one between x(0) = 1 and x(6) = 0, by elimination.
    let mut exact = [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0];
    for _ in 0..200 {
        for i in 1..6 {
            exact[i] =
                (exact[i - 1] + exact[i + 1] + f64::from(one)) / (2.0 + f64::from(one + two));
        }
    }
    for (value, exact) in solved.probabilities.iter().zip(exact) {
        assert!((f64::from(*value) - exact).abs() < 1e-5, "{value} {exact}");
    }
}

#[test]
fn a_prior_reaches_where_no_seed_does() {
    let mut walled = ball(SMALL, 0.1);
    walled.seeds[SMALL.x * SMALL.y * 8..SMALL.x * SMALL.y * 9].fill(-1);
    let n = SMALL.voxels();
    let priors = (0..2 * n).map(|i| if i < n { 0.1 } else { 0.2 }).collect();
    let solved = walled.solve_with(|with| with.priors = Some(priors)).unwrap();
    assert!((solved.probabilities[n - 1] - 1.0 / 3.0).abs() < 1e-5);
}

#[test]
fn refuses_priors_that_are_none() {
    let ball = ball(SMALL, 0.1);
    for (priors, text) in [
        (vec![0.0; 5], "priors"),
        (vec![-1.0; 2 * SMALL.voxels()], "priors: a value is not from 0 to 1e6"),
        (vec![f32::NAN; 2 * SMALL.voxels()], "priors"),
    ] {
        let error = ball.solve_with(|with| with.priors = Some(priors)).unwrap_err();
        assert_eq!(error.code(), "DATA_ERROR");
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[test]
fn stops_when_told_to() {
    let ball = ball(MIDDLE, 0.2);
    let walk = RandomWalk {
        images: &[&ball.image],
        size: ball.size,
        spacing: &[1.0; 3],
        labels: 2,
        beta: 130.0,
        tolerance: 1e-6,
        iterations: 1000,
        priors: None,
    };
    assert_eq!(random_walk(&walk, &ball.seeds, None, &|| true), Err(ImagingError::Cancelled));
}

#[test]
fn says_when_iterations_do_not_do() {
    let ball = ball(MIDDLE, 0.2);
    let error = ball.solve_with(|with| with.iterations = 2).unwrap_err();
    assert!(matches!(error, ImagingError::NotConverged { iterations: 2, .. }));
    assert_eq!(error.code(), "INVALID_CONFIG");
}

#[test]
fn refuses_seeds_that_cannot_do() {
    let good = ball(SMALL, 0.1);
    let code = |seeds: Vec<i32>, labels: usize| {
        let ball = Ball { image: good.image.clone(), seeds, size: SMALL };
        let error = ball.solve_with(|with| with.labels = labels).unwrap_err();
        (error.code(), error.to_string())
    };
    let (with_third, all, none) = (3, vec![1; SMALL.voxels()], vec![0; SMALL.voxels()]);
    assert_eq!(code(good.seeds.clone(), with_third).1, "seeds: label 3 has no seed");
    assert_eq!(code(none, 2).1, "seeds: label 1 has no seed");
    let mut full = all;
    full[0] = 2;
    assert_eq!(code(full, 2).1, "seeds: no voxel is without a label");
    let mut stranger = good.seeds.clone();
    stranger[100] = 3;
    assert_eq!(code(stranger, 2).1, "seeds: label 3 of 2 labels");
    // A wall of voxels outside, and nothing marked behind it.
    let mut walled = good.seeds.clone();
    walled[SMALL.x * SMALL.y * 8..SMALL.x * SMALL.y * 9].fill(-1);
    let (kind, text) = code(walled, 2);
    assert_eq!(kind, "DATA_ERROR");
    assert_eq!(text, format!("seeds: no seed reaches voxel {}", SMALL.x * SMALL.y * 9));
}

#[test]
fn a_stranger_image_gives_an_answer() {
    // Random images of random sizes: whatever the weights, an answer or a coded error, and no panic.
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..40 {
        let size = Size {
            x: random.random_range(1..12),
            y: random.random_range(1..9),
            z: random.random_range(1..7),
        };
        let scale: f32 = 10_f32.powi(random.random_range(-30..30));
        let image: Vec<f32> =
            (0..size.voxels()).map(|_| scale * random.random_range(-1.0..1.0_f32)).collect();
        let seeds: Vec<i32> = (0..size.voxels()).map(|_| random.random_range(-1..4)).collect();
        let ball = Ball { image, seeds, size };
        match ball.solve_with(|with| with.labels = 3) {
            Ok(solved) => assert!(solved.probabilities.iter().all(|p| (0.0..=1.0).contains(p))),
            Err(error) => assert_eq!(error.what(), Some("seeds"), "{error}"),
        }
    }
}
