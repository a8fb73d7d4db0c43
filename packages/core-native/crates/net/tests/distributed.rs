//! Several processes train as one. The processes are threads here, each with a connection of its own; what a killed process does to the
//! others is tested with real ones (packages/cli/test/processes.test.ts).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{IntraReduction, OptimizerKind, Precision, TrainConfig};
use flc_net::distributed::{Placement, Team};
use flc_net::model::Inputs;
use flc_net::train::Learner;
use std::collections::BTreeMap;
use support::ranks::{on_ranks, placements};
use tch::{Device, Kind, Tensor};

fn double(config: TrainConfig) -> TrainConfig {
    TrainConfig { precision: Precision::Float64, ..config }
}

/// Patches [2 per ROI] and ROIs with their targets, of pseudo-random content.
fn batch(config: &TrainConfig, rois: i64, seed: i64) -> (Tensor, Tensor, Tensor) {
    let generator = |shape: &[i64], phase: f64| {
        let count = shape.iter().product::<i64>();
        let index = Tensor::arange(count, (Kind::Double, Device::Cpu));
        ((index * 0.37 + phase + seed as f64 * 1.7).sin() * 0.9).view(shape)
    };
    let (patch, roi) = (config.network.patch_input, config.network.roi_input);
    let targets: Vec<i64> = (0..2 * rois).map(|row| (row * 5 + seed) % 4).collect();
    (
        generator(&[2 * rois, 3, patch, patch], 0.0),
        generator(&[rois, 3, roi, roi], 0.4),
        Tensor::from_slice(&targets),
    )
}

/// The rows of ROIs `from .. to`, two patches each.
fn inputs(patches: &Tensor, rois: &Tensor, from: i64, to: i64) -> Inputs {
    let of_patch: Vec<i64> = (0..2 * (to - from)).map(|row| row / 2).collect();
    Inputs {
        patches: Some(patches.narrow(0, 2 * from, 2 * (to - from))),
        rois: Some(rois.narrow(0, from, to - from)),
        roi_of_patch: Some(Tensor::from_slice(&of_patch)),
    }
}

fn state(learner: &Learner) -> BTreeMap<String, Tensor> {
    let mut state = learner.network.parameters.snapshot().unwrap();
    state.insert("centers".into(), learner.centers.values.copy());
    state.extend(learner.optimizer.state().into_iter().map(|(name, t)| (name, t.copy())));
    state
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
}

fn assert_close(ours: &BTreeMap<String, Tensor>, theirs: &BTreeMap<String, Tensor>, skip: &str) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, tensor) in ours.iter().filter(|(name, _)| !name.ends_with(skip)) {
        let difference = largest_difference(tensor, &theirs[name]);
        assert!(difference < 1e-11, "{name}: {difference:e}");
    }
}

/// Batch statistics are each process's own. Where both see the same images they are those of the whole batch, and two processes are
/// exactly one with both halves.
#[test]
fn two_processes_are_one_on_the_same_batch() {
    for (intra_reduction, optimizer) in [
        (IntraReduction::Sum, OptimizerKind::Momentum),
        (IntraReduction::Mean, OptimizerKind::Adam),
    ] {
        let config = double(TrainConfig { intra_reduction, optimizer, ..support::small_config() });
        let (patches, rois, first) = batch(&config, 3, 1);
        let second = Tensor::from_slice(&[3_i64, 3, 0, 2, 1, 0]);
        let (all_patches, all_rois) =
            (Tensor::cat(&[&patches, &patches], 0), Tensor::cat(&[&rois, &rois], 0));
        let all_targets = Tensor::cat(&[&first, &second], 0);
        let targets = [Vec::<i64>::try_from(&first).unwrap(), Vec::try_from(&second).unwrap()];

        let mut alone = Learner::new(&config, Device::Cpu).unwrap();
        let whole = inputs(&all_patches, &all_rois, 0, 6);
        let expected: Vec<_> = (0..3).map(|_| alone.step(&whole, &all_targets).unwrap()).collect();

        let results = on_ranks(2, |place| {
            let team = Team::join(Some(&place), &|| false).unwrap();
            let (patches, rois, _) = batch(&config, 3, 1);
            let own = Tensor::from_slice(&targets[place.rank]);
            let mut learner = Learner::new(&config, Device::Cpu).unwrap();
            let inputs = inputs(&patches, &rois, 0, 3);
            let step = |_| learner.step_in(&team, 0.5, &inputs, &own).unwrap();
            let outcomes: Vec<_> = (0..3).map(step).collect();
            team.leave(Ok((outcomes, state(&learner)))).unwrap()
        });
        for (outcomes, state_of_rank) in &results {
            for (ours, theirs) in outcomes.iter().zip(&expected) {
                assert!((ours.loss - theirs.loss).abs() < 1e-10, "{ours:?} {theirs:?}");
                assert!((ours.intra - theirs.intra).abs() < 1e-10, "{ours:?} {theirs:?}");
                assert!((ours.accuracy - theirs.accuracy).abs() < 1e-12, "{ours:?} {theirs:?}");
            }
            // The running variance keeps n / (n - 1) of half the rows.
            assert_close(state_of_rank, &state(&alone), "running_var");
        }
        for (name, tensor) in &results[0].1 {
            assert!(tensor.equal(&results[1].1[name]), "{name} differs between the ranks");
        }
    }
}

/// With images of their own: one process that computes every part's gradient by itself and averages them in proportion to their rows.
#[test]
fn unequal_parts_count_by_their_rows() {
    let config =
        double(TrainConfig { intra_reduction: IntraReduction::Sum, ..support::small_config() });
    let parts = [(0_i64, 2_i64), (2, 5)];
    let results = on_ranks(2, |place| {
        let team = Team::join(Some(&place), &|| false).unwrap();
        let (patches, rois, targets) = batch(&config, 5, 2);
        let (from, to) = parts[place.rank];
        let own = targets.narrow(0, 2 * from, 2 * (to - from));
        let mut learner = Learner::new(&config, Device::Cpu).unwrap();
        let inputs = inputs(&patches, &rois, from, to);
        let part = (to - from) as f64 / 5.0;
        for _ in 0..2 {
            learner.step_in(&team, part, &inputs, &own).unwrap();
        }
        team.leave(Ok(state(&learner))).unwrap()
    });

    let mut emulated = Learner::new(&config, Device::Cpu).unwrap();
    for _ in 0..2 {
        emulate(&mut emulated, &config, &parts);
    }
    assert_close(&results[0], &state(&emulated), "none");
    assert_close(&results[1], &results[0], "none");
}

/// A step of several processes in one: written out from the definitions of the loss and of the centres' update.
fn emulate(learner: &mut Learner, config: &TrainConfig, parts: &[(i64, i64)]) {
    let (patches, rois, targets) = batch(config, 5, 2);
    let before = learner.network.parameters.snapshot().unwrap();
    let mut gradients: Vec<Tensor> = Vec::new();
    let mut after: Vec<BTreeMap<String, Tensor>> = Vec::new();
    let mut features = Vec::new();
    let weights = config.loss_weights;
    for &(from, to) in parts {
        learner.network.parameters.load(&before).unwrap();
        let own = targets.narrow(0, 2 * from, 2 * (to - from));
        let outputs = learner.network.forward(&inputs(&patches, &rois, from, to), true).unwrap();
        let sum_of = |logits: &Tensor| {
            -logits
                .log_softmax(1, Kind::Double)
                .gather(1, &own.unsqueeze(1), false)
                .sum(Kind::Double)
        };
        let inter = (sum_of(&outputs.last) * weights.last
            + sum_of(outputs.local.as_ref().unwrap()) * weights.local
            + sum_of(outputs.global.as_ref().unwrap()) * weights.global)
            / 10.0;
        let distance = &outputs.feature - learner.centers.values.index_select(0, &own);
        let loss = inter + distance.square().sum(Kind::Double) * (0.5 * config.lambda);
        let own_gradients = learner.optimizer.gradients(&loss).unwrap();
        if gradients.is_empty() {
            gradients = own_gradients;
        } else {
            gradients = gradients.iter().zip(&own_gradients).map(|(a, b)| a + b).collect();
        }
        after.push(learner.network.parameters.snapshot().unwrap());
        features.push(outputs.feature.detach());
    }
    learner.network.parameters.load(&before).unwrap();
    let names: Vec<String> =
        learner.network.parameters.all().map(|(name, _)| name.to_string()).collect();
    let averaged: BTreeMap<String, Tensor> = names
        .into_iter()
        .map(|name| {
            let is_count = name.ends_with("num_batches_tracked");
            let mean = (&after[0][&name] + &after[1][&name]) / 2.0;
            let value = if is_count { after[0][&name].copy() } else { mean };
            (name, value)
        })
        .collect();
    learner.network.parameters.load(&averaged).unwrap();
    learner.optimizer.step(&gradients).unwrap();
    let feature = Tensor::cat(&features, 0);
    learner.centers.update(&feature, &targets, config.alpha, &Team::alone()).unwrap();
}

#[test]
fn shares_cover_everything_once() {
    let shares = on_ranks(3, |place| {
        let team = Team::join(Some(&place), &|| false).unwrap();
        let shares = [0, 2, 3, 10].map(|count| team.share(count));
        team.leave(Ok(shares)).unwrap()
    });
    for (index, count) in [0, 2, 3, 10].into_iter().enumerate() {
        let joined: Vec<usize> = shares.iter().flat_map(|s| s[index].clone()).collect();
        assert_eq!(joined, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_process_that_vanishes_is_named() {
    let errors = on_ranks(2, |place| {
        let team = Team::join(Some(&place), &|| false).unwrap();
        if place.rank == 1 {
            team.sum_numbers(&[1.0]).unwrap();
            return None;
        }
        assert_eq!(team.sum_numbers(&[1.0]).unwrap(), [2.0]);
        let lost = team.sum_numbers(&[1.0]).unwrap_err();
        Some(team.leave::<()>(Err(lost)).unwrap_err())
    });
    let error = errors[0].as_ref().unwrap();
    assert_eq!((error.code(), &error.details()["ranks"]), ("INTERNAL", &serde_json::json!([1])));
    assert!(error.to_string().contains("rank 1 ended"), "{error}");
}

#[test]
fn who_does_not_come_is_named() {
    let [mut first, _] = <[Placement; 2]>::try_from(placements(2, 0.3)).unwrap();
    let error = Team::join(Some(&first), &|| false).unwrap_err();
    assert!(error.to_string().starts_with("rank 1 of 2 has not joined"), "{error}");
    first.rank = 1;
    let error = Team::join(Some(&first), &|| false).unwrap_err();
    assert!(error.to_string().starts_with("rank 0 did not answer"), "{error}");
}
