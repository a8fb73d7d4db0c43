//! Sharing the global pathway changes nothing: grouped step = pair-wise step, label map = patch by patch; and folded inference = the network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{Background, Precision, Shortcut, TrainConfig};
use flc_net::data::{LesionStore, Look, Patch, Sample};
use flc_net::inference::FoldedNetwork;
use flc_net::model::Inputs;
use flc_net::train::Learner;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
}

#[test]
fn grouped_step_equals_the_pairwise_step_of_the_same_members() {
    let config = TrainConfig { precision: Precision::Float64, ..support::small_config() };
    tch::manual_seed(1);
    let image =
        |count: i64, side: i64| Tensor::randn([count, 3, side, side], (Kind::Double, Device::Cpu));
    let (patches, rois) =
        (image(6, config.network.patch_input), image(3, config.network.roi_input));
    let roi_of_patch = Tensor::from_slice(&[0_i64, 0, 1, 1, 2, 2]);
    let targets = Tensor::from_slice(&[0_i64, 0, 1, 1, 3, 3]);
    let grouped = Inputs {
        patches: Some(patches.shallow_clone()),
        rois: Some(rois.shallow_clone()),
        roi_of_patch: Some(roi_of_patch.shallow_clone()),
    };
    let pairwise = Inputs {
        patches: Some(patches),
        rois: Some(rois.index_select(0, &roi_of_patch)),
        roi_of_patch: None,
    };

    let mut shared = Learner::new(&config, Device::Cpu).unwrap();
    let mut paired = Learner::new(&config, Device::Cpu).unwrap();
    for _ in 0..3 {
        let (a, b) =
            (shared.step(&grouped, &targets).unwrap(), paired.step(&pairwise, &targets).unwrap());
        assert!((a.loss - b.loss).abs() < 1e-12, "{} {}", a.loss, b.loss);
    }
    assert!(largest_difference(&shared.centers.values, &paired.centers.values) < 1e-12);
    let theirs: BTreeMap<_, _> = paired.network.parameters.all().collect();
    for (name, tensor) in shared.network.parameters.all() {
        // The running variance keeps n / (n - 1) of the rows that were computed, and n differs (method.md, section 5).
        if !(name.starts_with("global") && name.ends_with("running_var")) {
            let difference = largest_difference(tensor, theirs[name]);
            assert!(difference < 1e-12, "{name}: {difference:e}");
        }
    }
}

/// Three lesions of different sizes, their store, and every patch at pace 1.
fn cohort(config: &TrainConfig) -> (LesionStore, Vec<Patch>) {
    let samples: Vec<Sample> =
        [(0, 9), (1, 12), (3, 8)].map(|(class, side)| support::lesion(class, side, 2)).into();
    let store =
        LesionStore::new(&samples, &config.network, Background::Lower, Device::Cpu).unwrap();
    let mut patches = Vec::new();
    for (sample, (height, width)) in store.sizes.iter().enumerate() {
        let columns = *width - 6;
        patches.extend((0..(height - 6) * columns).map(|i| Patch {
            sample,
            row: i / columns,
            column: i % columns,
        }));
    }
    (store, patches)
}

/// A learner whose running statistics have moved away from 0 and 1.
fn trained(config: &TrainConfig, store: &LesionStore, patches: &[Patch]) -> Learner {
    let mut learner = Learner::new(config, Device::Cpu).unwrap();
    let chosen = &patches[..6];
    let inputs = Inputs {
        patches: config.network.has_local().then(|| {
            support::cut(store, Look::Patch, chosen, &[0; 6]).to_kind(config.precision.master())
        }),
        rois: config.network.has_global().then(|| {
            support::rois(store, &[0, 0, 1, 1, 2, 2], &[0; 6]).to_kind(config.precision.master())
        }),
        roi_of_patch: None,
    };
    for _ in 0..4 {
        learner.step(&inputs, &Tensor::from_slice(&[0_i64, 0, 1, 1, 3, 3])).unwrap();
    }
    learner
}

/// Softmax of `fc` for one patch with its own copy of the ROI, by the training network in evaluation mode.
fn patch_by_patch(learner: &Learner, store: &LesionStore, patches: &[Patch]) -> Tensor {
    let _no_grad = tch::no_grad_guard();
    let kind = learner.network.precision.master();
    let rows: Vec<_> = patches
        .iter()
        .map(|patch| {
            let inputs = Inputs {
                patches: Some(support::cut(store, Look::Patch, &[*patch], &[0]).to_kind(kind)),
                rois: Some(support::rois(store, &[patch.sample], &[0]).to_kind(kind)),
                roi_of_patch: None,
            };
            learner.network.forward(&inputs, false).unwrap().last.softmax(1, Kind::Double)
        })
        .collect();
    Tensor::cat(&rows, 0)
}

fn folded(learner: &Learner, store: &LesionStore, patches: &[Patch]) -> Tensor {
    let network = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
    let predictions = network.predict(store, patches, &|| false).unwrap();
    Tensor::from_slice(&predictions.probabilities).view([patches.len() as i64, -1])
}

#[test]
fn label_map_with_shared_global_features_equals_patch_by_patch() {
    for shortcut in [Shortcut::Pad, Shortcut::Projection] {
        // Stored probabilities are float32; bf16 keeps 8 bits through the pathways.
        for (precision, tolerance) in
            [(Precision::Float64, 1e-7), (Precision::Float32, 1e-5), (Precision::Bf16, 0.05)]
        {
            let mut config = TrainConfig { precision, ..support::small_config() };
            config.network.shortcut = shortcut;
            let (store, patches) = cohort(&config);
            let learner = trained(&config, &store, &patches);
            let difference = largest_difference(
                &folded(&learner, &store, &patches),
                &patch_by_patch(&learner, &store, &patches),
            );
            assert!(difference < tolerance, "{precision:?} {shortcut:?}: {difference:e}");
        }
    }
}

#[test]
fn evaluation_twice_gives_equal_bits_and_leaves_the_network_alone() {
    let config = support::small_config();
    let (store, patches) = cohort(&config);
    let learner = trained(&config, &store, &patches);
    let before = learner.network.parameters.snapshot().unwrap();
    let (first, second) = (folded(&learner, &store, &patches), folded(&learner, &store, &patches));
    assert!(first.equal(&second));
    for (name, tensor) in learner.network.parameters.all() {
        assert!(tensor.equal(&before[name]), "{name}");
    }
}

#[test]
fn a_turned_patch_is_the_turned_image() {
    let config = support::small_config();
    let (store, patches) = cohort(&config);
    let one = |symmetry| support::cut(&store, Look::Patch, &patches[4..5], &[symmetry]);
    // Bit 0 flips columns, bit 1 rows, bit 2 transposes; resizing with half-pixel centres commutes with all of them.
    assert!(largest_difference(&one(1), &one(0).flip([3])) < 1e-6);
    assert!(largest_difference(&one(2), &one(0).flip([2])) < 1e-6);
    assert!(largest_difference(&one(4), &one(0).transpose(2, 3)) < 1e-6);
    let roi = |symmetry| support::rois(&store, &[1], &[symmetry]);
    assert!(largest_difference(&roi(3), &roi(0).flip([2, 3])) < 1e-6);
    assert!(largest_difference(&roi(4), &roi(0).transpose(2, 3)) < 1e-6);
}

#[test]
fn what_is_done_otherwise_is_told_by_the_next_prediction_alone() {
    let config = support::small_config();
    let learner = Learner::new(&config, Device::Cpu).unwrap();
    let network = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
    let samples = [support::lesion(1, 12, 3)];
    let store =
        LesionStore::new(&samples, &config.network, config.background, Device::Cpu).unwrap();
    let notices = |patches: &[Patch]| network.predict(&store, patches, &|| false).unwrap().notices;
    let patch = Patch { sample: 0, row: 0, column: 0 };
    network.notice("device auto is the CPU".into());
    assert!(notices(&[]).is_empty());
    assert_eq!(notices(&[patch]), ["device auto is the CPU"]);
    assert!(notices(&[patch]).is_empty());
}
