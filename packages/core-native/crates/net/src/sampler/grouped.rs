use crate::config::{RoiDraw, TrainConfig};
use crate::data::{Patch, PatchList};
use crate::{NetError, Result};
use rand::Rng;
use rand::seq::index;
use std::collections::BTreeMap;

/// R ROIs, drawn with probability proportional to their patch counts, and B/R patches of each. The global pathway then runs R
/// times, not B times (method.md, section 5). The ROIs are distinct, so every patch is about equally likely where there are
/// many more than R of them; of few, those with few patches are seen more often. Drawn by class, every class has the same
/// share of the batches, and a class of fewer ROIs than its share repeats them.
#[derive(Debug)]
pub struct GroupedSampler {
    list: PatchList,
    /// The ROIs that compete: all of them, or those of each class.
    groups: Vec<Vec<usize>>,
    has_patches: bool,
    rois_per_batch: usize,
    patches_per_roi: usize,
}

impl GroupedSampler {
    /// `classes`: of each sample.
    pub fn new(config: &TrainConfig, list: PatchList, classes: &[i64]) -> Result<Self> {
        let rois = list.samples();
        if rois.is_empty() {
            return Err(NetError::data("no training patch", "Use lesions that have a class."));
        }
        let (wanted, batch) = (config.rois_per_batch as usize, config.batch_size as usize);
        // Without a local pathway a row of the batch is a ROI.
        let (wanted, batch) = if config.network.has_local() {
            (wanted, batch)
        } else {
            (batch, batch.min(rois.len()))
        };
        // Fewer ROIs than asked for: as many as divide the batch evenly, since each gives the same number of patches.
        let most = wanted.min(rois.len());
        let rois_per_batch =
            (1..=most).rev().find(|count| batch.is_multiple_of(*count)).unwrap_or(1);
        let groups = match config.roi_draw {
            RoiDraw::Patches => vec![rois],
            RoiDraw::Classes => by_class(&rois, classes),
        };
        let has_patches = config.network.has_local();
        let patches_per_roi = batch / rois_per_batch;
        Ok(Self { list, groups, has_patches, rois_per_batch, patches_per_roi })
    }

    pub fn draw(&self, generator: &mut impl Rng) -> (Vec<usize>, Vec<(Patch, usize)>) {
        let rois = self.draw_rois(generator);
        let mut patches = Vec::with_capacity(rois.len() * self.patches_per_roi);
        for (position, &roi) in rois.iter().enumerate() {
            let own = &self.list.of_sample[roi];
            let chosen: Vec<usize> = if own.len() >= self.patches_per_roi {
                index::sample(generator, own.len(), self.patches_per_roi).into_vec()
            } else {
                (0..self.patches_per_roi).map(|_| generator.random_range(0..own.len())).collect()
            };
            patches.extend(chosen.into_iter().map(|i| (self.list.patches[own[i]], position)));
        }
        (rois, patches)
    }

    /// Each ROI from a group drawn evenly; within it none comes again before all have come.
    fn draw_rois(&self, generator: &mut impl Rng) -> Vec<usize> {
        let mut left: Vec<Vec<usize>> = vec![Vec::new(); self.groups.len()];
        // No group is empty: each step gives one.
        (0..self.rois_per_batch)
            .filter_map(|_| {
                let group = match self.groups.len() {
                    1 => 0,
                    count => generator.random_range(0..count),
                };
                if left[group].is_empty() {
                    left[group] = self.order(&self.groups[group], generator);
                }
                left[group].pop()
            })
            .collect()
    }

    /// Weighted draw without replacement, the first one last: ascending ln(u) / weight (Efraimidis and Spirakis 2006, algorithm A-ES).
    fn order(&self, rois: &[usize], generator: &mut impl Rng) -> Vec<usize> {
        let mut keyed: Vec<(f64, usize)> = rois
            .iter()
            .map(|&roi| {
                let uniform: f64 = 1.0 - generator.random::<f64>();
                (uniform.ln() / self.weight(roi), roi)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        keyed.into_iter().map(|(_, roi)| roi).collect()
    }

    /// The patches of a ROI; 1 without a local pathway.
    fn weight(&self, roi: usize) -> f64 {
        if self.has_patches { self.list.of_sample[roi].len() as f64 } else { 1.0 }
    }
}

fn by_class(rois: &[usize], classes: &[i64]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for &roi in rois {
        groups.entry(classes[roi]).or_default().push(roi);
    }
    groups.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;
    use std::collections::HashSet;

    fn sampler(counts: &[i32], batch_size: i64, rois_per_batch: i64) -> GroupedSampler {
        drawn_by(RoiDraw::Patches, counts, batch_size, rois_per_batch)
    }

    /// The last sample alone is of class 1.
    fn drawn_by(
        roi_draw: RoiDraw,
        counts: &[i32],
        batch_size: i64,
        rois_per_batch: i64,
    ) -> GroupedSampler {
        let triples: Vec<i32> = counts
            .iter()
            .enumerate()
            .flat_map(|(sample, &count)| (0..count).flat_map(move |row| [sample as i32, row, 0]))
            .collect();
        let list = PatchList::from_triples(&triples, &vec![(1000, 7); counts.len()], 7).unwrap();
        let config = TrainConfig { batch_size, rois_per_batch, roi_draw, ..TrainConfig::default() };
        let mut classes = vec![0; counts.len()];
        classes[counts.len() - 1] = 1;
        GroupedSampler::new(&config, list, &classes).unwrap()
    }

    #[test]
    fn rois_are_distinct_and_give_the_same_number_of_distinct_patches() {
        let sampler = sampler(&[30, 50, 20, 40, 25], 12, 3);
        for step in 0..50 {
            let (rois, patches) = sampler.draw(&mut stream(1, "sampler", step));
            assert_eq!(rois.iter().collect::<HashSet<_>>().len(), 3);
            for position in 0..3 {
                let rows: HashSet<_> =
                    patches.iter().filter(|p| p.1 == position).map(|p| p.0.row).collect();
                assert_eq!(rows.len(), 4);
            }
            assert!(patches.iter().all(|(patch, position)| patch.sample == rois[*position]));
        }
    }

    #[test]
    fn a_roi_is_first_with_probability_proportional_to_its_patches() {
        assert_first_with(RoiDraw::Patches, [0.1, 0.3, 0.6]);
    }

    #[test]
    fn every_class_is_first_with_the_same_probability_where_asked_for() {
        assert_first_with(RoiDraw::Classes, [0.125, 0.375, 0.5]);
    }

    fn assert_first_with(roi_draw: RoiDraw, probabilities: [f64; 3]) {
        let sampler = drawn_by(roi_draw, &[10, 30, 60], 2, 1);
        let mut first = [0; 3];
        for step in 0..4000 {
            first[sampler.draw(&mut stream(7, "sampler", step)).0[0]] += 1;
        }
        for (seen, expected) in first.iter().zip(probabilities) {
            // Four standard deviations of the binomial.
            let tolerance = 4.0 * (expected * (1.0 - expected) / 4000.0_f64).sqrt();
            assert!((f64::from(*seen) / 4000.0 - expected).abs() < tolerance, "{first:?}");
        }
    }

    #[test]
    fn every_class_has_the_same_share_of_the_batches_where_asked_for() {
        // Eleven ROIs of class 0 and one of class 1, ten a batch.
        let sampler = drawn_by(RoiDraw::Classes, &[20; 12], 20, 10);
        let (mut rare, steps) = (0, 1000);
        for step in 0..steps {
            let (rois, _) = sampler.draw(&mut stream(3, "sampler", step));
            let of_rare = rois.iter().filter(|&&roi| roi == 11).count();
            rare += of_rare;
            // None of the many comes twice in one batch.
            assert_eq!(rois.iter().collect::<HashSet<_>>().len(), 10 - of_rare.saturating_sub(1));
        }
        let share = rare as f64 / (10 * steps) as f64;
        // Four standard deviations of the binomial.
        assert!((share - 0.5).abs() < 4.0 * (0.25 / (10 * steps) as f64).sqrt(), "{share}");
    }

    #[test]
    fn too_few_rois_or_patches_still_fill_the_batch() {
        let (rois, patches) = sampler(&[1, 2], 12, 6).draw(&mut stream(1, "sampler", 0));
        assert_eq!((rois.len(), patches.len()), (2, 12));
    }
}
