//! Several processes train as one. The processes are threads here, each with a connection of its own; what a killed process does to the
//! others is tested with real ones (packages/cli/test/processes.test.ts).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::NetError;
use flc_net::config::{IntraReduction, OptimizerKind, Precision, TrainConfig};
use flc_net::data::{LesionStore, PatchList, Sample, SampleRef};
use flc_net::distributed::{Placement, Team};
use flc_net::model::Inputs;
use flc_net::train::{Event, Learner, TrainingJob, Validation, load_model, train};
use std::collections::BTreeMap;
use std::net::TcpListener;
use tch::{Device, Kind, Tensor};

/// Placements of `size` processes at a free port.
fn placements(size: usize, timeout_seconds: f64) -> Vec<Placement> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (0..size)
        .map(|rank| Placement {
            rank,
            world_size: size,
            local_rank: rank,
            local_world_size: size,
            store: format!("127.0.0.1:{port}"),
            timeout_seconds,
            store_is_served: false,
            attempt: 0,
        })
        .collect()
}

/// Runs `body` as each of `size` processes and returns the results by rank.
fn on_ranks<T: Send>(size: usize, body: impl Fn(Placement) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = placements(size, 30.0)
            .into_iter()
            .map(|place| {
                let body = &body;
                scope.spawn(move || body(place))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

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
            let team = Team::join(Some(&place)).unwrap();
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
        let team = Team::join(Some(&place)).unwrap();
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
        let team = Team::join(Some(&place)).unwrap();
        let shares = [0, 2, 3, 10].map(|count| team.share(count));
        team.leave(Ok(shares)).unwrap()
    });
    for (index, count) in [0, 2, 3, 10].into_iter().enumerate() {
        let joined: Vec<usize> = shares.iter().flat_map(|s| s[index].clone()).collect();
        assert_eq!(joined, (0..count).collect::<Vec<_>>());
    }
}

fn run_config(max_steps: i64) -> TrainConfig {
    TrainConfig {
        max_steps,
        evaluate_every: 4,
        patience: 100,
        checkpoint_every: 1000,
        ..support::small_config()
    }
}

fn checkpoint(job: &TrainingJob) -> BTreeMap<String, Tensor> {
    flc_net::state_file::read(&job.run_dir.join("checkpoint/state.safetensors")).unwrap().tensors
}

#[test]
fn only_rank_0_writes_and_all_agree_on_evaluation_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let job = support::job(folder.path(), 12, run_config(8));
    let results = on_ranks(2, |place| {
        let mut job = job.clone();
        if place.rank == 1 {
            job.run_dir = folder.path().join("run-of-rank-1");
        }
        job.placement = Some(place);
        let mut log = Vec::new();
        let result = train(job, &|| false, &mut |event| {
            log.push(serde_json::to_value(event).unwrap());
        });
        (result.unwrap(), log)
    });
    assert!(!folder.path().join("run-of-rank-1").exists());
    let of = |rank: usize, kind: &str, key: &str| -> Vec<String> {
        let log = results[rank].1.iter().filter(|event| event["type"] == kind);
        log.map(|event| event[key].to_string()).collect()
    };
    for (kind, key) in
        [("step", "loss"), ("step", "accuracy"), ("evaluation", "accuracy"), ("evaluation", "loss")]
    {
        assert!(!of(0, kind, key).is_empty());
        assert_eq!(of(0, kind, key), of(1, kind, key), "{kind} {key}");
    }
    assert_eq!(of(0, "start", "processes"), ["2"]);
    assert_eq!(of(0, "checkpoint", "step").len(), 1);
    assert!(of(1, "checkpoint", "step").is_empty());
    assert_eq!(results[0].0.best_step, results[1].0.best_step);
    assert!(job.run_dir.join("model/weights.safetensors").exists());

    // The accuracy of the shares is that of the whole: one process says the same of the kept weights.
    let (network, background) =
        load_model(&job.run_dir.join("model"), Precision::Float32, Device::Cpu).unwrap();
    let refs: Vec<_> = (job.samples.iter())
        .map(|sample| SampleRef { file: sample.file.clone(), key: sample.key.clone() })
        .collect();
    let samples = Sample::read_all(&refs).unwrap();
    let store = LesionStore::new(&samples, &network.config, background, Device::Cpu).unwrap();
    let list = PatchList::from_triples(&job.validation_patches, &store.sizes, 7).unwrap();
    let groups: Vec<_> = job.samples.iter().map(|sample| sample.group.clone()).collect();
    let classes: Vec<_> = job.samples.iter().map(|sample| sample.class).collect();
    let whole = Validation::new(&list, &groups, &classes, 32, job.config.seed, false);
    let tally = whole.evaluate(&network, &store, Device::Cpu, &|| false).unwrap();
    assert_eq!(tally.accuracy(), results[0].0.best_accuracy);
    assert_eq!(tally.count, 32.0 * 2.0);
}

#[test]
fn a_run_goes_on_bit_for_bit_with_as_many_processes_and_on_with_others() {
    let whole = tempfile::tempdir().unwrap();
    let parts = tempfile::tempdir().unwrap();
    let uninterrupted = support::job(whole.path(), 12, run_config(8));
    let on_two = |job: &TrainingJob, stop_at: i64| {
        on_ranks(2, |place| {
            // Only one process is asked to stop: both must.
            let asked = place.rank == 1;
            let step = std::cell::Cell::new(0);
            let job = TrainingJob { placement: Some(place), ..job.clone() };
            train(job, &|| asked && step.get() >= stop_at, &mut |event| {
                if let Event::Step { step: done, .. } = event {
                    step.set(*done);
                }
            })
        })
    };
    assert!(on_two(&uninterrupted, 100).iter().all(Result::is_ok));

    let mut interrupted = support::job(parts.path(), 12, run_config(8));
    for outcome in on_two(&interrupted, 3) {
        assert_eq!(outcome.unwrap_err().code(), "CANCELLED");
    }
    interrupted.resume = true;
    assert!(on_two(&interrupted, 100).iter().all(Result::is_ok));
    for (name, tensor) in checkpoint(&uninterrupted) {
        assert!(tensor.equal(&checkpoint(&interrupted)[&name]), "{name} differs");
    }

    // One process takes it on, with another number of threads.
    let mut longer = interrupted.clone();
    (longer.config.max_steps, longer.config.threads) = (11, 2);
    let mut warnings = String::new();
    let result = train(longer, &|| false, &mut |event| {
        if let Event::Start { warnings: found, .. } = event {
            warnings = found.join(" ");
        }
    });
    assert_eq!(result.unwrap().step, 11);
    assert!(warnings.contains("1 instead of 2 processes"), "{warnings}");
}

#[test]
fn a_process_that_fails_ends_the_others_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let job = support::job(folder.path(), 12, run_config(8));
    let errors = on_ranks(2, |place| {
        let mut job = job.clone();
        if place.rank == 1 {
            job.samples[0].file = folder.path().join("absent");
        }
        job.placement = Some(place);
        train(job, &|| false, &mut |_| ()).unwrap_err()
    });
    assert_eq!(errors[1].code(), "IO_ERROR");
    assert_eq!(errors[0].code(), "IO_ERROR");
    assert!(matches!(errors[0], NetError::RankFailed { rank: 1, .. }), "{:?}", errors[0]);

    let errors = on_ranks(2, |place| {
        let mut job = job.clone();
        job.config.learning_rate *= 1.0 + place.rank as f64;
        job.placement = Some(place);
        train(job, &|| false, &mut |_| ()).unwrap_err()
    });
    assert_eq!(errors[1].details()["key"], "learningRate");
    assert!(errors[0].to_string().contains("rank 1 failed: learningRate"), "{}", errors[0]);
}

#[test]
fn a_process_that_vanishes_is_named() {
    let errors = on_ranks(2, |place| {
        let team = Team::join(Some(&place)).unwrap();
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
    let error = Team::join(Some(&first)).unwrap_err();
    assert!(error.to_string().starts_with("rank 1 of 2 has not joined"), "{error}");
    first.rank = 1;
    let error = Team::join(Some(&first)).unwrap_err();
    assert!(error.to_string().starts_with("rank 0 did not answer"), "{error}");
}

#[test]
fn more_processes_than_rois_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = support::job(folder.path(), 12, run_config(4));
    (job.config.rois_per_batch, job.config.batch_size) = (1, 4);
    let errors = on_ranks(2, |place| {
        let job = TrainingJob { placement: Some(place), ..job.clone() };
        train(job, &|| false, &mut |_| ()).unwrap_err()
    });
    assert_eq!(errors[0].details()["key"], "roisPerBatch");
}
