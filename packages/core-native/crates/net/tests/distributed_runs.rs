//! Whole runs by several processes: who writes, what is agreed on, stopping, resuming and failing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::NetError;
use flc_net::config::{Precision, TrainConfig};
use flc_net::data::{LesionStore, PatchList, Sample, SampleRef};
use flc_net::train::{EndReason, Event, TrainingJob, Validation, load_model, train};
use std::collections::BTreeMap;
use support::ranks::on_ranks;
use tch::{Device, Tensor};

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
    // One for each model that was the best so far, and one at the end.
    let best = of(0, "evaluation", "best").iter().filter(|best| *best == "true").count();
    assert_eq!(of(0, "checkpoint", "step").len(), best + 1);
    assert!(of(1, "checkpoint", "step").is_empty());
    assert_eq!(results[0].0.best_step, results[1].0.best_step);
    assert!(results.iter().all(|(result, _)| !result.run_dir_is_shared));
    assert!(!job.run_dir.join("team").exists());
    assert!(job.run_dir.join("model/weights.safetensors").exists());

    // The accuracy of the shares is that of the whole: one process says the same of the kept weights.
    let (network, background) =
        load_model(&job.run_dir.join("model"), Precision::Float32, Device::Cpu).unwrap();
    let refs: Vec<_> = (job.samples.iter())
        .map(|sample| SampleRef { file: sample.file.clone(), key: sample.key.clone() })
        .collect();
    let samples = Sample::read_all(&refs, &|| false).unwrap();
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
    for result in on_two(&uninterrupted, 100) {
        assert!(result.unwrap().run_dir_is_shared);
    }

    let mut interrupted = support::job(parts.path(), 12, run_config(8));
    for outcome in on_two(&interrupted, 3) {
        assert_eq!(outcome.unwrap_err().code(), "CANCELLED");
    }
    interrupted.resume = true;
    assert!(on_two(&interrupted, 100).iter().all(Result::is_ok));
    let (expected, found) = (checkpoint(&uninterrupted), checkpoint(&interrupted));
    for (name, tensor) in expected {
        assert!(tensor.equal(&found[&name]), "{name} differs");
    }

    // One process takes it on, with another number of threads.
    let mut longer = interrupted.clone();
    (longer.config.max_steps, longer.config.threads) = (9, 2);
    let mut warnings = String::new();
    let result = train(longer, &|| false, &mut |event| {
        if let Event::Start { warnings: found, .. } = event {
            warnings = found.join(" ");
        }
    });
    assert_eq!(result.unwrap().step, 9);
    assert!(warnings.contains("1 instead of 2 processes"), "{warnings}");
}

#[test]
fn all_stop_at_the_same_step_when_validation_no_longer_improves() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = run_config(500);
    (config.patience, config.evaluate_every, config.learning_rate) = (2, 2, 0.0);
    let job = support::job(folder.path(), 12, config);
    let ends = on_ranks(2, |place| {
        let job = TrainingJob { placement: Some(place), ..job.clone() };
        let mut end = serde_json::Value::Null;
        let result = train(job, &|| false, &mut |event| {
            end = serde_json::to_value(event).unwrap();
        });
        (result.unwrap(), end)
    });
    for (result, end) in &ends {
        assert_eq!(result.reason, EndReason::Patience);
        // The best evaluation, and `patience` more.
        assert_eq!(result.step, result.best_step + 2 * 2);
        assert_eq!((&end["type"], &end["reason"]), (&"end".into(), &"patience".into()));
        assert_eq!(end["step"], result.step);
    }
    assert_eq!(ends[0].0.step, ends[1].0.step);
    assert_eq!(ends[0].0.best_step, ends[1].0.best_step);
    assert!(ends[0].0.step < 500);
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
