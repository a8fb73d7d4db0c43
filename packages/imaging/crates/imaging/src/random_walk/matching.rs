use super::graph::{Graph, Link};

/// The group of a node that has none.
pub const NO_GROUP: u32 = u32::MAX;

/// A link counts as strong from this tie on (see [`tie`]); 1/3 joins two nodes of an even grid in three dimensions.
const STRONG: f32 = 0.25;

/// A node that leaks this many times more than it is joined to others is settled by smoothing alone.
const SETTLED: f32 = 4.0;

/// From this tie on a node goes to any group.
const DOMINANT: f32 = 0.5;

/// Nodes with weaker ties that a pair takes in.
const GUESTS: u8 = 2;

/// Groups of nodes: `group[i]` is the number of node i's, or [`NO_GROUP`].
pub struct Groups {
    pub group: Vec<u32>,
    pub count: usize,
}

/// Joins nodes that are strongly linked into pairs; `mass` is what holds a node on the level where smoothing happens (the
/// diagonal there, summed over members). Who finds no free partner joins the
/// pair of its strongest neighbour.
///
/// From each node the walk follows the strongest free link until it meets a pair that prefer each other (the locally
/// heaviest edge), so the result does not depend on the order of nodes but for ties.
pub fn pair_up(graph: &Graph, mass: &[f32]) -> Groups {
    let nodes = graph.nodes();
    let mut group = vec![NO_GROUP; nodes];
    let mut taken: Vec<bool> = (0..nodes).map(|i| is_settled(graph, i)).collect();
    let mut alone = Vec::new();
    let mut count = 0_u32;
    for first in 0..nodes {
        let mut at = first;
        while !taken[at] {
            let Some(next) = strongest_free(graph, mass, at, &taken) else {
                taken[at] = true;
                alone.push(at);
                break;
            };
            let partner = next.to as usize;
            let back = strongest_free(graph, mass, partner, &taken);
            if back.is_none_or(|back| tie(mass, partner, back) <= tie(mass, at, next)) {
                (taken[at], taken[partner]) = (true, true);
                (group[at], group[partner]) = (count, count);
                count += 1;
                at = first;
            } else {
                at = partner;
            }
        }
    }
    let mut joined = vec![0_u8; count as usize];
    for node in alone {
        let Some(host) = strongest(graph, mass, node) else { continue };
        let to = group[host.to as usize];
        let tie = tie(mass, node, host);
        let weak = tie < DOMINANT;
        if to == NO_GROUP || tie < STRONG || (weak && joined[to as usize] >= GUESTS) {
            group[node] = count;
            count += 1;
            joined.push(0);
        } else {
            group[node] = to;
            joined[to as usize] = joined[to as usize].saturating_add(u8::from(weak));
        }
    }
    Groups { group, count: count as usize }
}

fn is_settled(graph: &Graph, node: usize) -> bool {
    let joined = graph.diagonal[node] - graph.leak[node];
    graph.leak[node] > SETTLED * joined
}

/// How well a pair would hold together: its weight against what holds each of the two.
///
/// Twice the inverse bounds what grouping the pair costs in convergence (A. Napov and Y. Notay, SIAM J. Sci.
/// Comput. 34 (2012), equation 4.4, for rows that sum to nothing).
fn tie(mass: &[f32], node: usize, link: Link) -> f32 {
    link.weight * (1.0 / mass[node] + 1.0 / mass[link.to as usize])
}

fn strongest(graph: &Graph, mass: &[f32], node: usize) -> Option<Link> {
    best_link(graph, mass, node, |_| true).map(|(link, _)| link)
}

/// The strongest link to a node that is not taken, if it is strong.
fn strongest_free(graph: &Graph, mass: &[f32], node: usize, taken: &[bool]) -> Option<Link> {
    best_link(graph, mass, node, |to| !taken[to])
        .and_then(|(link, tie)| (tie >= STRONG).then_some(link))
}

fn best_link(
    graph: &Graph,
    mass: &[f32],
    node: usize,
    free: impl Fn(usize) -> bool,
) -> Option<(Link, f32)> {
    let mut best: Option<(Link, f32)> = None;
    for &link in graph.links(node) {
        if free(link.to as usize) {
            let tie = tie(mass, node, link);
            if best.is_none_or(|(_, most)| tie > most) {
                best = Some((link, tie));
            }
        }
    }
    best
}

/// The graph of the groups: weights between two groups and leaks of a group are summed.
///
/// This is the Galerkin product with the piecewise constant prolongation. What leads to nodes without a group becomes
/// leak: there the coarse correction is zero.
pub fn contract(graph: &Graph, groups: &Groups) -> Graph {
    let members = members(groups);
    let mut start = Vec::with_capacity(groups.count + 1);
    let mut links: Vec<Link> = Vec::with_capacity(graph.links.len() / 2);
    let mut leak = Vec::with_capacity(groups.count);
    // Where in `links` the neighbour group was last written; older entries than the group's start are stale.
    let mut place = vec![u32::MAX; groups.count];
    start.push(0);
    for number in 0..groups.count {
        let from = links.len();
        let mut lost = 0.0_f32;
        for &node in members.of(number) {
            lost += graph.leak[node as usize];
            for link in graph.links(node as usize) {
                let to = groups.group[link.to as usize];
                if to == number as u32 {
                    continue;
                }
                if to == NO_GROUP {
                    lost += link.weight;
                    continue;
                }
                let at = place[to as usize] as usize;
                if at >= from && at < links.len() && links[at].to == to {
                    links[at].weight += link.weight;
                } else {
                    place[to as usize] = links.len() as u32;
                    links.push(Link { to, weight: link.weight });
                }
            }
        }
        start.push(links.len() as u32);
        leak.push(lost);
    }
    Graph::new(start, links, leak)
}

struct Members {
    start: Vec<u32>,
    nodes: Vec<u32>,
}

impl Members {
    fn of(&self, group: usize) -> &[u32] {
        &self.nodes[self.start[group] as usize..self.start[group + 1] as usize]
    }
}

fn members(groups: &Groups) -> Members {
    let mut start = vec![0_u32; groups.count + 1];
    for &group in groups.group.iter().filter(|&&group| group != NO_GROUP) {
        start[group as usize + 1] += 1;
    }
    for i in 0..groups.count {
        start[i + 1] += start[i];
    }
    let mut next = start.clone();
    let mut nodes = vec![0_u32; start[groups.count] as usize];
    for (node, &group) in groups.group.iter().enumerate() {
        if group != NO_GROUP {
            nodes[next[group as usize] as usize] = node as u32;
            next[group as usize] += 1;
        }
    }
    Members { start, nodes }
}
