//! Behaviour of whole runs on tiny prepared files: learning, early stopping, cancelling, resuming bit for bit, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::NetError;
use flc_net::config::{Switch, TrainConfig};
use flc_net::data::LesionStore;
use flc_net::distributed::Team;
use flc_net::train::{Event, Learner, TrainingJob, train};
use flc_net::{sampler, state_file};
use std::cell::Cell;
use std::collections::BTreeMap;
use support::job;
use tch::{Device, Kind, Tensor};

fn config(max_steps: i64) -> TrainConfig {
    TrainConfig {
        max_steps,
        evaluate_every: 5,
        patience: 100,
        checkpoint_every: 1000,
        ..support::small_config()
    }
}

fn never() -> bool {
    false
}

fn checkpoint_tensors(job: &TrainingJob) -> BTreeMap<String, Tensor> {
    state_file::read(&job.run_dir.join("checkpoint/state.safetensors")).unwrap().tensors
}

#[test]
fn one_batch_is_overfitted() {
    let config = TrainConfig { learning_rate: 0.02, ..support::small_config() };
    let samples: Vec<_> = (0..4).map(|class| support::lesion(class, 10, 1)).collect();
    let store =
        LesionStore::new(&samples, &config.network, config.background, Device::Cpu).unwrap();
    let triples: Vec<i32> =
        (0..4).flat_map(|sample| (0..3).flat_map(move |i| [sample, i, i])).collect();
    let list = flc_net::data::PatchList::from_triples(&triples, &store.sizes, 7).unwrap();
    let members = sampler::Sampler::new(&config, list, &[0, 1, 2, 3]).unwrap().draw(&config, 0);
    let batch = support::place(&members, &store, &config.network, &[0, 1, 2, 3]);
    let (inputs, targets) = (batch.inputs(&store).unwrap(), batch.targets().unwrap());
    let mut learner = Learner::new(&config, Device::Cpu).unwrap();
    let outcome = (0..120).map(|_| learner.step(&inputs, &targets).unwrap()).last().unwrap();
    assert_eq!(outcome.accuracy, 1.0);
    assert!(outcome.inter < 0.05, "{outcome:?}");
}

#[test]
fn a_run_learns_and_leaves_log_checkpoint_and_best_weights() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path(), 16, config(60));
    let mut kinds = Vec::new();
    let result = train(job.clone(), &never, &mut |event| kinds.push(kind(event))).unwrap();
    // Chance is 0.25.
    assert!(result.best_accuracy > 0.6, "{result:?}");
    assert_eq!(kinds.first().map(String::as_str), Some("start"));
    assert_eq!(kinds.last().map(String::as_str), Some("end"));
    assert_eq!(kinds.iter().filter(|kind| *kind == "step").count(), 60);
    let log = std::fs::read_to_string(job.run_dir.join("events.jsonl")).unwrap();
    let logged: Vec<String> = log
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .into()
        })
        .collect();
    assert_eq!(logged, kinds);
    for file in [
        "config.json",
        "model/weights.safetensors",
        "model/network.json",
        "checkpoint/state.safetensors",
    ] {
        assert!(job.run_dir.join(file).exists(), "{file}");
    }
}

fn kind(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_string()
}

#[test]
fn a_resumed_run_is_bit_equal_to_an_uninterrupted_one() {
    let whole = tempfile::tempdir().unwrap();
    let parts = tempfile::tempdir().unwrap();
    let uninterrupted = job(whole.path(), 10, config(17));
    train(uninterrupted.clone(), &never, &mut |_| ()).unwrap();

    // Cancelled at three odd places: between steps, and where an evaluation is due.
    let mut interrupted = job(parts.path(), 10, config(17));
    for stop in [3, 10, 11] {
        let steps = Cell::new(0);
        let error = train(interrupted.clone(), &|| steps.get() >= stop, &mut |event| {
            if let Event::Step { step, .. } = event {
                steps.set(*step);
            }
        })
        .unwrap_err();
        assert_eq!(error.code(), "CANCELLED");
        assert!(matches!(error, NetError::Cancelled { checkpoint: Some(path) } if path.exists()));
        interrupted.resume = true;
    }
    train(interrupted.clone(), &never, &mut |_| ()).unwrap();

    let (a, b) = (checkpoint_tensors(&uninterrupted), checkpoint_tensors(&interrupted));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, tensor) in &a {
        assert!(tensor.equal(&b[name]), "{name} differs");
    }
    assert_eq!(comparable_log(&uninterrupted), comparable_log(&interrupted));
    let weights =
        |job: &TrainingJob| std::fs::read(job.run_dir.join("model/weights.safetensors")).unwrap();
    assert_eq!(weights(&uninterrupted), weights(&interrupted));
}

/// Steps and evaluations without times and memory.
fn comparable_log(job: &TrainingJob) -> Vec<(String, i64, String)> {
    let log = std::fs::read_to_string(job.run_dir.join("events.jsonl")).unwrap();
    log.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["type"] == "step" || record["type"] == "evaluation")
        .map(|record| {
            let numbers =
                format!("{} {} {}", record["loss"], record["accuracy"], record["lossIntra"]);
            (record["type"].as_str().unwrap().into(), record["step"].as_i64().unwrap(), numbers)
        })
        .collect()
}

#[test]
fn training_stops_when_validation_no_longer_improves() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(500);
    (config.patience, config.evaluate_every, config.learning_rate) = (3, 2, 0.0);
    let result = train(job(folder.path(), 10, config), &never, &mut |_| ()).unwrap();
    assert_eq!(serde_json::to_value(&result).unwrap()["reason"], "patience");
    assert!(result.step < 500);
}

#[test]
fn what_is_not_done_as_asked_for_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig { phase_streams: Switch::On, ..config(1) };
    let mut warnings = Vec::new();
    train(job(folder.path(), 10, config), &never, &mut |event| {
        if let Event::Start { warnings: found, .. } = event {
            warnings.clone_from(found);
        }
    })
    .unwrap();
    assert_eq!(warnings, ["phases are computed one after the other: streams are for GPUs"]);
}

fn error_of(job: TrainingJob) -> NetError {
    train(job, &never, &mut |_| ()).unwrap_err()
}

#[test]
fn what_would_lose_or_mix_runs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = job(folder.path(), 10, config(3));
    assert_eq!(error_of(TrainingJob { resume: true, ..first.clone() }).code(), "DATA_ERROR");
    train(first.clone(), &never, &mut |_| ()).unwrap();
    assert_eq!(error_of(first.clone()).code(), "INVALID_CONFIG");

    let resumed = TrainingJob { resume: true, ..first.clone() };
    let threads = TrainConfig { threads: 2, ..config(6) };
    let refused = error_of(TrainingJob { config: threads.clone(), ..resumed.clone() });
    assert_eq!(
        (refused.code(), refused.details()["key"].as_str()),
        ("INVALID_CONFIG", Some("threads"))
    );
    train(TrainingJob { config: threads, force: true, ..resumed.clone() }, &never, &mut |_| ())
        .unwrap();

    let mut other_patches = resumed.clone();
    other_patches.training_patches.truncate(30);
    assert_eq!(error_of(other_patches).code(), "DATA_ERROR");

    let file = first.run_dir.join("checkpoint/state.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(error_of(resumed.clone()).code(), "CHECKPOINT_CORRUPT");
    let mut flipped = bytes.clone();
    let last = flipped.len() - 5;
    flipped[last] ^= 1;
    std::fs::write(&file, flipped).unwrap();
    assert_eq!(error_of(resumed).code(), "CHECKPOINT_CORRUPT");
}

#[test]
fn bad_data_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = job(folder.path(), 10, config(3));
    let code = |change: &dyn Fn(&mut TrainingJob)| {
        let mut job = good.clone();
        change(&mut job);
        error_of(job).code()
    };
    assert_eq!(code(&|job| job.training_patches[1] = 6), "DATA_ERROR");
    assert_eq!(code(&|job| job.training_patches[0] = 99), "DATA_ERROR");
    assert_eq!(code(&|job| job.samples[0].class = 4), "DATA_ERROR");
    assert_eq!(code(&|job| job.samples[0].key = "lesion-77".into()), "DATA_ERROR");
    assert_eq!(code(&|job| job.samples[0].file = folder.path().join("absent")), "IO_ERROR");
    assert_eq!(code(&|job| job.validation_patches.clear()), "DATA_ERROR");
    assert_eq!(code(&|job| job.samples[0].group = "lesion 6".into()), "DATA_ERROR");
    assert_eq!(code(&|job| job.run_dir = "/proc/nowhere".into()), "IO_ERROR");
    assert_eq!(code(&|job| job.config.device = "cuda:0".into()), "CUDA_UNAVAILABLE");
}

#[test]
fn a_diverging_run_says_so_and_keeps_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let diverging = TrainConfig { learning_rate: 1e12, ..config(50) };
    let error = error_of(job(folder.path(), 10, diverging));
    assert_eq!(error.code(), "INVALID_CONFIG");
    assert!(error.to_string().contains("diverged"), "{error}");
}

#[test]
fn centres_move_as_the_formula_says() {
    let mut centers = flc_net::loss::Centers::new(3, 2, Kind::Double, Device::Cpu).unwrap();
    let feature = Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).view([3, 2]);
    let team = Team::alone();
    centers.update(&feature, &Tensor::from_slice(&[0_i64, 0, 2]), 0.2, &team).unwrap();
    // c_0 = 0.2 * ((1, 2) + (3, 4)) / 3, c_1 = 0, c_2 = 0.2 * (5, 6) / 2
    let expected = Tensor::from_slice(&[0.8 / 3.0, 0.4, 0.0, 0.0, 0.5, 0.6]).view([3, 2]);
    assert!((centers.values - expected).abs().max().double_value(&[]) < 1e-12);
}
