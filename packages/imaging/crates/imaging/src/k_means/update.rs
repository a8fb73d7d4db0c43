use rayon::prelude::*;

use crate::rows::{Rows, squared_distance};

/// The mean of each cluster's points; a cluster without any gets a point that is far from its centre.
pub fn move_centres(points: Rows, labels: &[u32], centres: Rows) -> Vec<f32> {
    let dimensions = points.dimensions();
    let mut members = members(labels, centres.count());
    relocate(&mut members, points, labels, centres);
    let mut moved = vec![0.0_f32; centres.data().len()];
    // A task per cluster: its points are summed in their own order, whatever the number of threads.
    moved.par_chunks_mut(dimensions).zip(&members).enumerate().for_each(
        |(cluster, (centre, members))| {
            if members.is_empty() {
                return centre.copy_from_slice(centres.row(cluster));
            }
            for (value, total) in centre.iter_mut().zip(sum(points, members)) {
                *value = (total / members.len() as f64) as f32;
            }
        },
    );
    moved
}

/// Points that are summed in float32 before their sum counts in float64.
const SUMMED: usize = 32;

fn sum(points: Rows, members: &[u32]) -> Vec<f64> {
    let mut total = vec![0.0_f64; points.dimensions()];
    let mut part = vec![0.0_f32; points.dimensions()];
    for members in members.chunks(SUMMED) {
        part.fill(0.0);
        for &point in members {
            for (sum, value) in part.iter_mut().zip(points.row(point as usize)) {
                *sum += value;
            }
        }
        for (total, sum) in total.iter_mut().zip(&part) {
            *total += f64::from(*sum);
        }
    }
    total
}

/// The points of each cluster, ascending.
fn members(labels: &[u32], clusters: usize) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); clusters];
    for (point, label) in labels.iter().enumerate() {
        members[*label as usize].push(point as u32);
    }
    members
}

/// Gives empty clusters the points farthest from their own centres, the farthest to the first, as scikit-learn.
fn relocate(members: &mut [Vec<u32>], points: Rows, labels: &[u32], centres: Rows) {
    let empty: Vec<usize> = (0..members.len()).filter(|&c| members[c].is_empty()).collect();
    if empty.is_empty() {
        return;
    }
    let mut far: Vec<(f32, usize)> = labels
        .par_iter()
        .enumerate()
        .map(|(point, label)| {
            (squared_distance(points.row(point), centres.row(*label as usize)), point)
        })
        .collect();
    far.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (cluster, (distance, point)) in empty.into_iter().zip(far) {
        // With as many distinct points as clusters or fewer, nothing is far: the cluster stays empty.
        if distance == 0.0 {
            return;
        }
        members[labels[point] as usize].retain(|&member| member as usize != point);
        members[cluster].push(point as u32);
    }
}
