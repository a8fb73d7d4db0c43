use super::dense::Cholesky;
use super::graph::Graph;
use super::hierarchy::{Bottom, Hierarchy, Level};
use super::matching::NO_GROUP;

/// A node of less than this part of its former diagonal has lost all its members.
const EMPTY: f32 = 1e-6;

/// What [`Hierarchy::fix`] changed, as it was.
#[derive(Default)]
pub struct Unfixed {
    rows: Vec<(u32, f32, u32)>,
    coarse: Vec<Graph>,
    bottom: Option<Bottom>,
}

/// Changes of one level's graph.
#[derive(Default)]
struct Changes {
    leaks: Vec<(u32, f32)>,
    links: Vec<(u32, u32, f32)>,
}

impl Hierarchy {
    /// Keeps these unknowns at 0: sweeps leave them so, they leave their groups, and the coarse graphs become what grouping
    /// the others the same way would have made of them.
    pub fn fix(&mut self, rows: &[u32]) -> Unfixed {
        let Some((Level { graph, group }, coarse)) = self.levels.split_first_mut() else {
            return Unfixed::default();
        };
        let mut before = Unfixed {
            coarse: coarse.iter().map(|level| level.graph.clone()).collect(),
            bottom: Some(self.bottom.clone()),
            ..Unfixed::default()
        };
        let mut changes = Changes::default();
        for &row in rows {
            let i = row as usize;
            let own = std::mem::replace(&mut group[i], NO_GROUP);
            before.rows.push((row, std::mem::take(&mut graph.inverse[i]), own));
            if own != NO_GROUP {
                changes.leave(graph, group, i, own);
            }
        }
        for level in coarse {
            changes.apply(&mut level.graph);
            changes = changes.on_next(&level.group);
        }
        match &mut self.bottom {
            Bottom::Direct(factor, graph) => {
                changes.apply(graph);
                if let Some(fixed) = Cholesky::factor(graph) {
                    *factor = fixed;
                }
            }
            Bottom::Smoothed(graph) => changes.apply(graph),
        }
        before
    }

    /// Undoes [`Self::fix`].
    pub fn release(&mut self, before: Unfixed) {
        let Some((Level { graph, group }, coarse)) = self.levels.split_first_mut() else { return };
        for (row, inverse, own) in before.rows {
            (graph.inverse[row as usize], group[row as usize]) = (inverse, own);
        }
        for (level, graph) in coarse.iter_mut().zip(before.coarse) {
            level.graph = graph;
        }
        if let Some(bottom) = before.bottom {
            self.bottom = bottom;
        }
    }
}

impl Changes {
    /// Of a node that leaves its group: its links become leaks of the groups at their other ends.
    fn leave(&mut self, graph: &Graph, group: &[u32], node: usize, own: u32) {
        self.leaks.push((own, -graph.leak[node]));
        for link in graph.links(node) {
            let other = group[link.to as usize];
            if other == NO_GROUP {
                self.leaks.push((own, -link.weight));
            } else {
                self.leaks.push((other, link.weight));
                if other != own {
                    self.links.push((own, other, -link.weight));
                }
            }
        }
    }

    fn apply(&self, graph: &mut Graph) {
        for &(node, by) in &self.leaks {
            let leak = &mut graph.leak[node as usize];
            *leak = (*leak + by).max(0.0);
        }
        for &(a, b, by) in &self.links {
            graph.change_link(a, b, by);
            graph.change_link(b, a, by);
        }
        let of_links = self.links.iter().flat_map(|&(a, b, _)| [a, b]);
        for node in self.leaks.iter().map(|&(node, _)| node).chain(of_links) {
            let node = node as usize;
            let diagonal = graph.diagonal_of(node) as f32;
            let empty = diagonal <= EMPTY * graph.diagonal[node];
            graph.inverse[node] = if empty { 0.0 } else { 1.0 / diagonal };
        }
    }

    /// The same on the graph of the groups.
    fn on_next(&self, group: &[u32]) -> Self {
        let of = |node: u32| group[node as usize];
        let mut next = Self::default();
        let leaks = self.leaks.iter().map(|&(node, by)| (of(node), by));
        next.leaks.extend(leaks.filter(|&(group, _)| group != NO_GROUP));
        for &(a, b, by) in &self.links {
            match (of(a), of(b)) {
                (a, b) if a == b => {}
                (NO_GROUP, other) | (other, NO_GROUP) => next.leaks.push((other, by)),
                (a, b) => next.links.push((a, b, by)),
            }
        }
        next
    }
}
