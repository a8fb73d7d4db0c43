use rayon::prelude::*;

use super::chunks::CHUNK;
use super::dense::Cholesky;
use super::graph::Graph;
use super::matching::{Groups, NO_GROUP, contract, pair_up};
use crate::ImagingError;

/// Pairing goes on until there are this many times fewer nodes, but not for more passes than below.
const RATIO: usize = 6;
const PASSES: usize = 4;

/// Below this number of nodes the system is solved directly.
const DIRECT: usize = 160;

/// A pass that leaves more than this part of the nodes is not worth a level.
const STALLED: f64 = 0.9;

/// A graph and how its nodes join into those of the next, coarser one.
pub struct Level {
    pub graph: Graph,
    /// `group[i]` is the node of the next level that holds node i.
    pub group: Vec<u32>,
}

/// What is left where no level is made any more.
#[derive(Clone)]
pub enum Bottom {
    Direct(Cholesky, Graph),
    /// Too many nodes for a direct solution, yet too loosely linked to group: smoothing settles them.
    Smoothed(Graph),
}

/// Levels of ever coarser graphs below the finest.
pub struct Hierarchy {
    pub levels: Vec<Level>,
    pub bottom: Bottom,
}

impl Hierarchy {
    /// The finest graph: that of the system.
    pub fn finest(&self) -> &Graph {
        match (self.levels.first(), &self.bottom) {
            (Some(level), _) => &level.graph,
            (None, Bottom::Direct(_, graph) | Bottom::Smoothed(graph)) => graph,
        }
    }

    /// Takes the finest graph and groups until few nodes are left.
    pub fn build(
        finest: Graph,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, ImagingError> {
        let mut levels = Vec::new();
        let mut graph = finest;
        loop {
            if graph.nodes() <= DIRECT {
                let bottom = match Cholesky::factor(&graph) {
                    Some(factor) => Bottom::Direct(factor, graph),
                    None => Bottom::Smoothed(graph),
                };
                return Ok(Self { levels, bottom });
            }
            if cancelled() {
                return Err(ImagingError::Cancelled);
            }
            let (group, coarse) = coarsen(&graph);
            if coarse.nodes() as f64 > STALLED * graph.nodes() as f64 {
                return Ok(Self { levels, bottom: Bottom::Smoothed(graph) });
            }
            levels.push(Level { graph, group });
            graph = coarse;
        }
    }
}

/// Pairs up until few enough are left; returns the joint grouping and the graph of the groups.
fn coarsen(graph: &Graph) -> (Vec<u32>, Graph) {
    let mut groups = pair_up(graph, &graph.diagonal);
    let mut coarse = contract(graph, &groups);
    for _ in 1..PASSES {
        if coarse.nodes() * RATIO <= graph.nodes() {
            break;
        }
        let mass = sum_by_group(&groups, &graph.diagonal);
        let next = pair_up(&coarse, &mass);
        let contracted = contract(&coarse, &next);
        compose(&mut groups, &next);
        coarse = contracted;
    }
    (groups.group, coarse)
}

fn compose(first: &mut Groups, second: &Groups) {
    first.group.par_chunks_mut(CHUNK).for_each(|groups| {
        for group in groups.iter_mut().filter(|group| **group != NO_GROUP) {
            *group = second.group[*group as usize];
        }
    });
    first.count = second.count;
}

/// What holds all members of a group, by group.
fn sum_by_group(groups: &Groups, values: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; groups.count];
    for (&group, value) in groups.group.iter().zip(values) {
        if group != NO_GROUP {
            sums[group as usize] += value;
        }
    }
    sums
}
