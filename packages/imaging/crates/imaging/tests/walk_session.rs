//! A session against solutions from nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use flc_imaging::{
    ImagingError, RandomWalk, Segmentation, Size, WalkSession, random_walk, with_threads,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const NEVER: &(dyn Fn() -> bool + Sync) = &|| false;
const SIZE: Size = Size { x: 48, y: 40, z: 16 };

/// A noisy ball of value 1 in 0.
fn image() -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let away = |at: usize, n: usize| ((2 * at + 1) as f32 / n as f32 - 1.0).powi(2);
    let values = (0..SIZE.voxels()).map(|i| {
        let (x, y, z) = (i % SIZE.x, i / SIZE.x % SIZE.y, i / (SIZE.x * SIZE.y));
        let inside = away(x, SIZE.x) + away(y, SIZE.y) + away(z, SIZE.z) < 0.3;
        f32::from(u8::from(inside)) + random.random_range(-0.3..0.3_f32)
    });
    values.collect()
}

/// One stroke in the middle, one along a border.
fn seeds() -> Vec<i32> {
    let mut seeds = vec![0; SIZE.voxels()];
    let middle = at(24, 20, 8);
    seeds[middle - 2..middle + 3].fill(1);
    seeds[..SIZE.x].fill(2);
    seeds
}

fn at(x: usize, y: usize, z: usize) -> usize {
    (z * SIZE.y + y) * SIZE.x + x
}

/// Three more strokes of five voxels, one of them beside an earlier one.
fn strokes() -> [(usize, i32); 3] {
    [(at(25, 27, 9), 1), (at(8, 30, 4), 2), (at(22, 21, 8), 1)]
}

fn draw(seeds: &mut [i32], (from, label): (usize, i32)) {
    seeds[from..from + 5].fill(label);
}

fn walk<'a>(images: &'a [&'a [f32]], tolerance: f64) -> RandomWalk<'a> {
    RandomWalk {
        images,
        size: SIZE,
        spacing: &[1.0; 3],
        labels: 2,
        beta: 130.0,
        tolerance,
        iterations: 1000,
        priors: None,
    }
}

fn most_different(a: &Segmentation, b: &Segmentation) -> f32 {
    let differences = a.probabilities.iter().zip(&b.probabilities).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

#[test]
fn every_stroke_is_answered_as_from_nothing() {
    let image = image();
    for (labels, priors) in [(2, None), (3, Some(vec![1e-3; 3 * SIZE.voxels()]))] {
        let images: &[&[f32]] = &[&image];
        let walk = RandomWalk { labels, priors: priors.as_deref(), ..walk(images, 1e-6) };
        let mut seeds = seeds();
        if labels == 3 {
            draw(&mut seeds, (at(40, 20, 12), 3));
        }
        let mut session = WalkSession::new(&walk).unwrap();
        assert!(!session.solve(&seeds, NEVER).unwrap().reused);
        for stroke in strokes() {
            draw(&mut seeds, stroke);
            let answer = session.solve(&seeds, NEVER).unwrap();
            let cold = random_walk(&walk, &seeds, None, NEVER).unwrap();
            assert!(answer.reused && !cold.reused);
            assert!(answer.residual <= 1e-6, "{}", answer.residual);
            assert!(answer.iterations <= cold.iterations, "{}", answer.iterations);
            assert_eq!(answer.labels, cold.labels);
            let difference = most_different(&answer, &cold);
            assert!(difference < 1e-5, "{labels} labels: {difference}");
        }
    }
}

#[test]
fn seeds_that_are_not_only_added_make_it_prepare_anew() {
    let image = image();
    let images: &[&[f32]] = &[&image];
    let walk = walk(images, 1e-6);
    let first = seeds();
    let middle = at(24, 20, 8);
    let (mut fewer, mut other, mut outside, mut many) =
        (first.clone(), first.clone(), first.clone(), first.clone());
    fewer[middle] = 0;
    other[middle] = 2;
    outside[at(40, 39, 15)] = -1;
    many[at(0, 0, 15)..].fill(2);
    for changed in [fewer, other, outside, many] {
        let mut session = WalkSession::new(&walk).unwrap();
        session.solve(&first, NEVER).unwrap();
        let answer = session.solve(&changed, NEVER).unwrap();
        assert!(!answer.reused);
        let cold = random_walk(&walk, &changed, None, NEVER).unwrap();
        assert_eq!(answer.labels, cold.labels);
        assert!(most_different(&answer, &cold) < 1e-5);
    }
}

#[test]
fn a_stroke_can_be_taken_back() {
    let image = image();
    let images: &[&[f32]] = &[&image];
    let walk = walk(images, 1e-6);
    let first = seeds();
    let mut session = WalkSession::new(&walk).unwrap();
    let before = session.solve(&first, NEVER).unwrap();
    let mut more = first.clone();
    draw(&mut more, strokes()[1]);
    session.solve(&more, NEVER).unwrap();
    let after = session.solve(&first, NEVER).unwrap();
    assert!(after.reused);
    assert!(most_different(&before, &after) < 1e-5);
}

#[test]
fn is_as_useful_after_an_error() {
    let image = image();
    let images: &[&[f32]] = &[&image];
    let walk = walk(images, 1e-6);
    let (first, mut more) = (seeds(), seeds());
    draw(&mut more, strokes()[0]);
    let undisturbed = {
        let mut session = WalkSession::new(&walk).unwrap();
        session.solve(&first, NEVER).unwrap();
        session.solve(&more, NEVER).unwrap()
    };
    let mut session = WalkSession::new(&walk).unwrap();
    assert_eq!(session.solve(&first, &|| true), Err(ImagingError::Cancelled));
    session.solve(&first, NEVER).unwrap();
    // Between two iterations.
    let asked = AtomicUsize::new(0);
    let third = || asked.fetch_add(1, Ordering::Relaxed) == 2;
    assert_eq!(session.solve(&more, &third), Err(ImagingError::Cancelled));
    let error = session.solve(&vec![0; SIZE.voxels()], NEVER).unwrap_err();
    assert_eq!(error.to_string(), "seeds: label 1 has no seed");
    assert_eq!(session.solve(&more, NEVER).unwrap(), undisturbed);
}

#[test]
fn threads_do_not_change_a_bit() {
    let image = image();
    let images: &[&[f32]] = &[&image];
    let walk = walk(images, 1e-6);
    let answers = |threads| {
        let run = || {
            let mut session = WalkSession::new(&walk).unwrap();
            let mut seeds = seeds();
            session.solve(&seeds, NEVER).unwrap();
            strokes().map(|stroke| {
                draw(&mut seeds, stroke);
                session.solve(&seeds, NEVER).unwrap()
            })
        };
        with_threads(threads, run).unwrap()
    };
    let one = answers(1);
    for threads in [2, 3, 5] {
        assert_eq!(answers(threads), one, "{threads} threads");
    }
}
