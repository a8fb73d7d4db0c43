use super::prepared::{Added, Prepared};
use super::problem::{RandomWalk, check_seeds, check_warm_start};
use super::segmentation::{Accuracy, Segmentation, assemble, solve_labels};
use super::weights::{AxisWeights, edge_weights};
use crate::{ImagingError, Size};

/// The preconditioner is built anew once it needs so many more iterations than when it was new.
const SLOWER: usize = 10;

/// A random walk that is solved again and again while seeds are drawn.
///
/// What a stroke does not change is kept: the weights always, the multigrid hierarchy while seeds are only added to those it
/// was built for, and the last answer to start from. The same calls in the same order give the same bits, whatever the
/// number of threads; the answer to a stroke is as accurate as one from nothing, but not the same to the last bit.
pub struct WalkSession {
    size: Size,
    labels: usize,
    priors: Option<Vec<f32>>,
    accuracy: Accuracy,
    weights: [AxisWeights; 3],
    prepared: Option<Prepared>,
    /// Iterations when the hierarchy was new.
    usual: Option<usize>,
    /// The last answer, by label and then voxel.
    earlier: Option<Vec<f32>>,
}

impl WalkSession {
    /// Weighs the edges; solves nothing yet.
    pub fn new(walk: &RandomWalk) -> Result<Self, ImagingError> {
        walk.check()?;
        Ok(Self {
            size: walk.size,
            labels: walk.labels,
            priors: walk.priors.map(<[f32]>::to_vec),
            accuracy: Accuracy { tolerance: walk.tolerance, iterations: walk.iterations },
            weights: edge_weights(walk.images, walk.size, walk.spacing, walk.beta),
            prepared: None,
            usual: None,
            earlier: None,
        })
    }

    /// Starts from these probabilities next time, by label and then voxel.
    pub fn start_from(&mut self, probabilities: &[f32]) -> Result<(), ImagingError> {
        check_warm_start(probabilities, self.size, self.labels)?;
        self.earlier = Some(probabilities.to_vec());
        Ok(())
    }

    /// Solves for all seeds: 0 unknown, 1.. a label, negative for voxels that are no part of the image. After an error the
    /// session is as useful as before.
    pub fn solve(
        &mut self,
        seeds: &[i32],
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Segmentation, ImagingError> {
        check_seeds(seeds, self.size, self.labels)?;
        let kept = self.prepared.take().and_then(|prepared| {
            let added = prepared.added(seeds)?;
            Some((prepared, added))
        });
        if let Some((mut prepared, added)) = kept {
            let before = prepared.hierarchy.fix(&added.rows);
            let solved = self.solve_prepared(&prepared, &added, seeds, cancelled);
            prepared.hierarchy.release(before);
            let slow = match &solved {
                Ok(solved) => self.usual.is_some_and(|usual| solved.iterations > usual + SLOWER),
                Err(error) => matches!(error, ImagingError::NotConverged { .. }),
            };
            if !slow {
                self.prepared = Some(prepared);
            }
            if !slow || solved.is_ok() {
                return solved;
            }
        }
        let priors = self.priors.as_deref();
        let prepared =
            Prepared::build(seeds, priors, self.size, &self.weights, self.labels, cancelled)?;
        self.usual = None;
        let solved = self.solve_prepared(&prepared, &Added::default(), seeds, cancelled);
        self.prepared = Some(prepared);
        solved.map(|solved| Segmentation { reused: false, ..solved })
    }

    fn solve_prepared(
        &mut self,
        prepared: &Prepared,
        added: &Added,
        seeds: &[i32],
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Segmentation, ImagingError> {
        let start = self.earlier.as_deref();
        let solved = solve_labels(prepared, added, start, &self.accuracy, cancelled)?;
        let answer = assemble(seeds, self.labels, &prepared.voxels, &solved);
        self.earlier = Some(answer.probabilities.clone());
        self.usual.get_or_insert(answer.iterations);
        Ok(answer)
    }
}
