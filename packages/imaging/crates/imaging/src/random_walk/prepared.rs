use std::borrow::Cow;

use super::conjugate_gradient::clear;
use super::hierarchy::Hierarchy;
use super::system::{System, build_system, unreached};
use super::weights::AxisWeights;
use crate::{ImagingError, Size};

/// More seeds than this part of the unknowns, and the preconditioner of before is not worth keeping.
const MOST_ADDED: f64 = 0.05;

/// Seeds that the hierarchy does not know.
#[derive(Default)]
pub struct Added {
    /// Unknowns that they were.
    pub rows: Vec<u32>,
    /// From 0.
    labels: Vec<usize>,
}

/// A system with its preconditioner, which serves as long as seeds are only added.
pub struct Prepared {
    seeds: Vec<i32>,
    /// Voxel of each unknown, ascending.
    pub voxels: Vec<u32>,
    right: Vec<Vec<f64>>,
    pub hierarchy: Hierarchy,
}

impl Prepared {
    pub fn build(
        seeds: &[i32],
        priors: Option<&[f32]>,
        size: Size,
        weights: &[AxisWeights; 3],
        labels: usize,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, ImagingError> {
        let System { graph, voxels, right } = build_system(seeds, priors, size, weights, labels);
        if let Some(row) = unreached(&graph) {
            let problem = format!("no seed reaches voxel {}", voxels[row]);
            return Err(ImagingError::Content { what: "seeds", problem });
        }
        let hierarchy = Hierarchy::build(graph, cancelled)?;
        Ok(Self { seeds: seeds.to_vec(), voxels, right, hierarchy })
    }

    /// What `seeds` have more than those that this was built for; None if something else differs, or too much.
    pub fn added(&self, seeds: &[i32]) -> Option<Added> {
        let most = (MOST_ADDED * self.voxels.len() as f64) as usize;
        let mut added = Added::default();
        for (voxel, (&before, &now)) in self.seeds.iter().zip(seeds).enumerate() {
            if before == now {
                continue;
            }
            if before != 0 || now < 0 || added.rows.len() == most {
                return None;
            }
            let row = self.voxels.binary_search(&(voxel as u32)).ok()?;
            added.rows.push(row as u32);
            added.labels.push(now as usize - 1);
        }
        Some(added)
    }

    pub fn image_voxels(&self) -> usize {
        self.seeds.len()
    }

    /// The right side of each label: neighbours of added seeds get what they would have got from the start, and the rows of
    /// the seeds themselves are 0.
    pub fn rights(&self, added: &Added) -> Cow<'_, [Vec<f64>]> {
        if added.rows.is_empty() {
            return Cow::Borrowed(&self.right);
        }
        let graph = self.hierarchy.finest();
        let mut right = self.right.clone();
        for (&row, &label) in added.rows.iter().zip(&added.labels) {
            for link in graph.links(row as usize) {
                right[label][link.to as usize] += f64::from(link.weight);
            }
        }
        for right in &mut right {
            clear(right, &added.rows);
        }
        Cow::Owned(right)
    }
}
