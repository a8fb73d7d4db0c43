//! k-means: Lloyd's iteration (IEEE Trans. Inf. Theory 28 (1982) 129-137) from a k-means++ start (Arthur and
//! Vassilvitskii, SODA 2007), with the stopping rules of scikit-learn's `KMeans`, so that equal starts give equal centres.

mod lloyd;
mod start;
mod update;

use crate::ImagingError;
use crate::centred::{mean, minus};
use crate::rows::Rows;

/// A clustering problem.
pub struct KMeans<'a> {
    /// Vectors, [count, dimensions].
    pub data: &'a [f32],
    pub dimensions: usize,
    pub start: Start<'a>,
    pub max_iterations: usize,
    /// Iterations end when the centres together move by no more than this part of the mean variance of a dimension.
    pub tolerance: f64,
}

/// Where the centres begin.
pub enum Start<'a> {
    /// At these vectors, [clusters, dimensions].
    Centres(&'a [f32]),
    /// At vectors that k-means++ picks with these numbers from [0, 1), one for each cluster.
    Draws(&'a [f64]),
}

/// What a clustering found.
pub struct Clusters {
    /// [clusters, dimensions]
    pub centres: Vec<f32>,
    /// The cluster of each vector: the nearest centre.
    pub labels: Vec<u32>,
    /// Sum of the squared distances to the nearest centre.
    pub inertia: f64,
    pub iterations: usize,
}

/// Clusters vectors. Equal input gives equal bits, whatever the number of threads.
pub fn k_means(
    problem: &KMeans,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Clusters, ImagingError> {
    let points = Rows::parse("data", problem.data, problem.dimensions)?;
    check(problem, points)?;
    // As scikit-learn: distances are differences of squares, which the mean would drown.
    let shift = mean(points);
    let centred = minus(points, &shift);
    let centred = Rows::new(&centred, problem.dimensions);
    let centres = match problem.start {
        Start::Centres(centres) => {
            let centres = Rows::parse("centres", centres, problem.dimensions)?;
            check_count(centres.count(), points)?;
            minus(centres, &shift)
        }
        Start::Draws(draws) => start::k_means_plus_plus(centred, draws, cancelled)?,
    };
    let mut clusters = lloyd::lloyd(centred, centres, problem, cancelled)?;
    for centre in clusters.centres.chunks_exact_mut(problem.dimensions) {
        for (value, shift) in centre.iter_mut().zip(&shift) {
            *value = (f64::from(*value) + shift) as f32;
        }
    }
    Ok(clusters)
}

fn check(problem: &KMeans, points: Rows) -> Result<(), ImagingError> {
    let refuse = |what, expected, got: String| ImagingError::Parameter { what, expected, got };
    if problem.max_iterations == 0 {
        return Err(refuse("maxIterations", "1 or more", "0".to_owned()));
    }
    if !(0.0..=1.0).contains(&problem.tolerance) {
        return Err(refuse("tolerance", "0 to 1", problem.tolerance.to_string()));
    }
    if points.count() > i32::MAX as usize {
        let problem = format!("{} vectors are more than labels can number", points.count());
        return Err(ImagingError::Content { what: "data", problem });
    }
    let Start::Draws(draws) = problem.start else { return Ok(()) };
    if draws.iter().any(|draw| !(0.0..1.0).contains(draw)) {
        return Err(refuse("draws", "numbers from 0 to below 1", "another".to_owned()));
    }
    check_count(draws.len(), points)
}

fn check_count(clusters: usize, points: Rows) -> Result<(), ImagingError> {
    if (1..=points.count()).contains(&clusters) {
        return Ok(());
    }
    Err(ImagingError::Parameter {
        what: "clusters",
        expected: "1 to the number of vectors",
        got: format!("{clusters} for {} vectors", points.count()),
    })
}
