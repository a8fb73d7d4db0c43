//! A batch in parts: the step is that of the whole batch's loss, with batch statistics of each part alone. And what a run says when its
//! batch does not fit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use flc_net::config::{IntraReduction, Precision, TrainConfig};
use flc_net::data::{LesionStore, PatchList};
use flc_net::distributed::Team;
use flc_net::loss::JointLoss;
use flc_net::model::Outputs;
use flc_net::sampler::{Members, Sampler};
use flc_net::train::{Event, Learner, Portion, train};
use tch::{Device, Tensor};

const CLASSES: [i64; 4] = [0, 1, 2, 3];

fn config(intra_reduction: IntraReduction) -> TrainConfig {
    let precision = Precision::Float64;
    TrainConfig {
        intra_reduction,
        precision,
        batch_size: 16,
        rois_per_batch: 4,
        ..support::small_config()
    }
}

fn cohort(config: &TrainConfig) -> (LesionStore, Members) {
    let samples: Vec<_> = (0..4).map(|class| support::lesion(class, 10, 1)).collect();
    let store =
        LesionStore::new(&samples, &config.network, config.background, Device::Cpu).unwrap();
    let triples: Vec<i32> =
        (0..4).flat_map(|sample| (0..4).flat_map(move |i| [sample, i % 2, i / 2])).collect();
    let list = PatchList::from_triples(&triples, &store.sizes, 7).unwrap();
    let members = Sampler::new(config, list, &CLASSES).unwrap().draw(config, 0);
    (store, members)
}

fn portions(config: &TrainConfig, store: &LesionStore, parts: &[Members]) -> Vec<Portion> {
    let rows: usize = parts.iter().map(|part| part.rows(&config.network)).sum();
    parts
        .iter()
        .map(|part| {
            let placed = support::place(part, store, &config.network, &CLASSES);
            let mut inputs = placed.inputs(store).unwrap();
            for images in [&mut inputs.patches, &mut inputs.rois].into_iter().flatten() {
                *images = images.to_kind(config.precision.master());
            }
            let part = part.rows(&config.network) as f64 / rows as f64;
            Portion { inputs, targets: placed.targets().unwrap(), part }
        })
        .collect()
}

/// The same by the formulas of the whole batch: logits and features of the parts, one after the other, in one loss.
fn whole_loss_step(config: &TrainConfig, learner: &mut Learner, portions: &[Portion]) -> f64 {
    let outputs: Vec<Outputs> =
        portions.iter().map(|part| learner.network.forward(&part.inputs, true).unwrap()).collect();
    let join = |of: &dyn Fn(&Outputs) -> Tensor| {
        Tensor::cat(&outputs.iter().map(of).collect::<Vec<_>>(), 0)
    };
    let joined = Outputs {
        last: join(&|o| o.last.shallow_clone()),
        local: Some(join(&|o| o.local.as_ref().unwrap().shallow_clone())),
        global: Some(join(&|o| o.global.as_ref().unwrap().shallow_clone())),
        feature: join(&|o| o.feature.shallow_clone()),
    };
    let targets = portions.iter().map(|part| part.targets.shallow_clone()).collect::<Vec<_>>();
    let targets = Tensor::cat(&targets, 0);
    let loss = JointLoss::new(config).forward(&joined, &targets, &learner.centers).unwrap();
    let gradients = learner.optimizer.gradients(&loss.total).unwrap();
    learner.optimizer.step(&gradients).unwrap();
    learner.centers.update(&joined.feature, &targets, config.alpha, &Team::alone()).unwrap();
    loss.total.double_value(&[])
}

#[test]
fn parts_give_the_step_of_the_whole_batch_loss() {
    for reduction in [IntraReduction::Sum, IntraReduction::Mean] {
        let config = config(reduction);
        let (store, members) = cohort(&config);
        // 4 ROIs in 3 parts: they differ in size.
        let parts = members.parts(3);
        assert_eq!(parts.iter().map(|part| part.patches.len()).sum::<usize>(), 16);
        let mut accumulated = Learner::new(&config, Device::Cpu).unwrap();
        let mut expected = Learner::new(&config, Device::Cpu).unwrap();
        for _ in 0..3 {
            let own = portions(&config, &store, &parts);
            let sums = accumulated.advance(&Team::alone(), own.into_iter().map(Ok)).unwrap();
            let loss = accumulated.read(&sums).unwrap().loss;
            let whole = whole_loss_step(&config, &mut expected, &portions(&config, &store, &parts));
            assert!((loss - whole).abs() < 1e-10 * whole, "{loss} {whole}");
        }
        let centers = (&accumulated.centers.values - &expected.centers.values).abs().max();
        assert!(centers.double_value(&[]) < 1e-12);
        for ((name, ours), (_, theirs)) in
            accumulated.network.parameters.all().zip(expected.network.parameters.all())
        {
            let difference = (ours - theirs).abs().max().double_value(&[]);
            assert!(difference < 1e-10, "{name}: {difference:e}");
        }
    }
}

#[test]
fn a_run_in_parts_learns_and_says_that_batch_statistics_are_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig {
        max_steps: 60,
        evaluate_every: 20,
        batch_size: 24,
        rois_per_batch: 6,
        accumulate: 2,
        ..support::small_config()
    };
    let mut warnings = Vec::new();
    let result = train(support::job(folder.path(), 16, config), &|| false, &mut |event| {
        if let Event::Start { warnings: own, .. } = event {
            warnings.extend(own.clone());
        }
    });
    // Chance is 0.25.
    assert!(result.unwrap().best_accuracy > 0.5);
    assert!(warnings[0].contains("batch statistics are each part's own"), "{warnings:?}");
}

#[test]
fn more_parts_than_rois_are_refused() {
    let config = TrainConfig { accumulate: 4, ..support::small_config() };
    let error = config.validate().unwrap_err();
    assert_eq!(
        (error.code(), error.details()["key"].as_str()),
        ("INVALID_CONFIG", Some("accumulate"))
    );
}
