//! The two comparison networks of Table 2 (Frid-Adar, Yasaka) and the reading of other phases, as configurations of the one network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{
    Backbone, Background, NetworkConfig, OptimizerKind, Pathways, PhaseFusion, Precision,
    TrainConfig,
};
use flc_net::data::{LesionStore, Look, Patch, PatchList, Sample};
use flc_net::inference::FoldedNetwork;
use flc_net::model::{Inputs, ResGlBdLstm};
use flc_net::sampler::Sampler;
use flc_net::train::Learner;
use tch::{Device, Kind, Tensor};

fn yasaka() -> TrainConfig {
    let base = support::small_config();
    TrainConfig {
        network: NetworkConfig {
            backbone: Backbone::Yasaka,
            pathways: Pathways::Global,
            phase_fusion: PhaseFusion::Channels,
            ..base.network
        },
        optimizer: OptimizerKind::Adam,
        learning_rate: 1e-3,
        lambda: 0.0,
        ..base
    }
}

fn frid_adar() -> TrainConfig {
    let base = support::small_config();
    TrainConfig {
        network: NetworkConfig {
            patch_scales: Some([9, 5]),
            phase_fusion: PhaseFusion::Concat,
            roi_input: 16,
            ..base.network
        },
        lambda: 0.0,
        ..base
    }
}

fn lesions() -> Vec<Sample> {
    (0..4).map(|class| support::lesion(class, 9, 3)).collect()
}

fn store(config: &TrainConfig, samples: &[Sample]) -> LesionStore {
    LesionStore::new(samples, &config.network, Background::Lower, Device::Cpu).unwrap()
}

/// The nine places of a 7 x 7 patch in each lesion of 9 x 9.
fn triples() -> Vec<i32> {
    (0..4).flat_map(|sample| (0..9).flat_map(move |i| [sample, i / 3, i % 3])).collect()
}

fn trained(config: &TrainConfig, store: &LesionStore) -> (Learner, f64, f64) {
    let list = PatchList::from_triples(&triples(), &store.sizes, 7).unwrap();
    let classes = [0, 1, 2, 3];
    let sampler = Sampler::new(config, list, &classes).unwrap();
    let mut learner = Learner::new(config, Device::Cpu).unwrap();
    let losses: Vec<f64> = (0..40)
        .map(|step| {
            let members = sampler.draw(config, step);
            let batch = support::place(&members, store, &config.network, &classes);
            let (inputs, targets) = (batch.inputs(store).unwrap(), batch.targets().unwrap());
            learner.step(&inputs, &targets).unwrap().loss
        })
        .collect();
    (learner, losses[0], losses[39])
}

#[test]
fn yasakas_network_has_its_layers_and_learns() {
    let paper = NetworkConfig { roi_input: 64, widths: [16, 32, 64], ..yasaka().network };
    let network = ResGlBdLstm::new(&paper, Precision::Float32, Device::Cpu, 1).unwrap();
    let shape = |name: &str| {
        network.parameters.all().find(|(key, _)| *key == name).map(|(_, tensor)| tensor.size())
    };
    assert_eq!(shape("global.0.conv1.weight").unwrap(), [16, 3, 3, 3]);
    assert_eq!(shape("global.0.conv6.weight").unwrap(), [64, 64, 3, 3]);
    // Three poolings: 64 -> 32 -> 16 -> 8.
    assert_eq!(shape("global.0.fc1.weight").unwrap(), [256, 64 * 8 * 8]);
    assert_eq!(shape("global.0.fc2.weight").unwrap(), [128, 256]);
    assert_eq!(shape("fc.weight").unwrap(), [4, 128]);
    assert_eq!(shape("local.0.conv1.weight"), None);

    let config = yasaka();
    let (_, first, last) = trained(&config, &store(&config, &lesions()));
    assert!(last < 0.5 * first, "{first} -> {last}");
}

#[test]
fn frid_adars_network_learns_from_two_scales() {
    let config = frid_adar();
    let (learner, first, last) = trained(&config, &store(&config, &lesions()));
    assert!(last < 0.5 * first, "{first} -> {last}");
    assert_eq!(learner.network.global.len(), 3);
}

#[test]
fn both_scales_lie_round_the_centre_of_the_grid_patch() {
    // Input sides equal to the patches' own, so that resizing changes nothing.
    let mut config = frid_adar();
    (config.network.patch_input, config.network.roi_input) = (9, 15);
    config.network.patch_scales = Some([9, 15]);
    assert!(config.validate().is_ok());
    let mut sample = support::lesion(2, 9, 3);
    sample = wider(&sample, 4);
    let store = store(&config, std::slice::from_ref(&sample));
    let patch = Patch { sample: 0, row: 1, column: 2 };
    for (side, cut) in [
        (9_usize, support::cut(&store, Look::Patch, &[patch], &[0])),
        (15, support::cut(&store, Look::Wide, &[patch], &[0])),
    ] {
        // The centre of the 7 x 7 patch, in the image with its margin.
        let (row, column) = (sample.margin + 1 + 3 - side / 2, sample.margin + 2 + 3 - side / 2);
        for phase in 0..3 {
            for (r, c) in (0..side).flat_map(|r| (0..side).map(move |c| (r, c))) {
                let pixel = (row + r) * sample.columns + column + c;
                let hu = f64::from(sample.image[phase * sample.rows * sample.columns + pixel]);
                let inside = sample.mask[pixel] != 0;
                let expected = if inside { (hu + 70.0) / 125.0 - 1.0 } else { -1.0 };
                let got = cut.double_value(&[0, phase as i64, r as i64, c as i64]);
                assert!((got - expected).abs() < 1e-5, "{side} {phase} {r} {c}: {got} {expected}");
            }
        }
    }
}

/// The same lesion with a margin of so many pixels more, outside the mask.
fn wider(sample: &Sample, more: usize) -> Sample {
    let (rows, columns) = (sample.rows + 2 * more, sample.columns + 2 * more);
    let mut image = vec![40; 3 * rows * columns];
    let mut mask = vec![0; rows * columns];
    for row in 0..sample.rows {
        for column in 0..sample.columns {
            let (from, to) =
                (row * sample.columns + column, (row + more) * columns + column + more);
            mask[to] = sample.mask[from];
            for phase in 0..3 {
                image[phase * rows * columns + to] =
                    sample.image[phase * sample.rows * sample.columns + from];
            }
        }
    }
    let margin = sample.margin + more;
    Sample { image, mask, rows, columns, margin, ..sample.clone() }
}

#[test]
fn folded_inference_is_the_network_in_evaluation_mode() {
    let patches: Vec<Patch> = (0..4)
        .flat_map(|sample| [(0, 0), (2, 1)].map(|(row, column)| Patch { sample, row, column }))
        .collect();
    for (precision, tolerance) in
        [(Precision::Float64, 1e-7), (Precision::Float32, 1e-5), (Precision::Bf16, 0.06)]
    {
        for config in [yasaka(), frid_adar()] {
            let config = TrainConfig { precision, ..config };
            let store = store(&config, &lesions());
            let (learner, ..) = trained(&config, &store);
            let zeros = vec![0; patches.len()];
            let samples: Vec<usize> = patches.iter().map(|patch| patch.sample).collect();
            let kind = precision.master();
            let inputs = if config.network.patch_scales.is_some() {
                Inputs {
                    patches: Some(
                        support::cut(&store, Look::Patch, &patches, &zeros).to_kind(kind),
                    ),
                    rois: Some(support::cut(&store, Look::Wide, &patches, &zeros).to_kind(kind)),
                    roi_of_patch: None,
                }
            } else {
                let rois = support::rois(&store, &samples, &zeros).to_kind(kind);
                Inputs { patches: None, rois: Some(rois), roi_of_patch: None }
            };
            let _no_grad = tch::no_grad_guard();
            let expected =
                learner.network.forward(&inputs, false).unwrap().last.softmax(1, Kind::Double);
            let folded = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
            let got = folded.predict(&store, &patches, &|| false).unwrap().probabilities;
            let got = Tensor::from_slice(&got).view([patches.len() as i64, -1]);
            let difference = (got.to_kind(Kind::Double) - expected).abs().max().double_value(&[]);
            assert!(difference < tolerance, "{precision:?}: {difference:e}");
        }
    }
}

#[test]
fn phases_are_read_in_the_order_asked_for() {
    let base = support::small_config();
    let read = |phase_order: Option<Vec<i64>>, phases: i64| {
        let network = NetworkConfig { phase_order, phases, ..base.network.clone() };
        let store = LesionStore::new(&lesions(), &network, Background::Lower, Device::Cpu).unwrap();
        (
            support::cut(&store, Look::Patch, &[Patch { sample: 2, row: 1, column: 1 }], &[0]),
            support::rois(&store, &[2], &[0]),
        )
    };
    let (patch, roi) = read(None, 3);
    let (turned_patch, turned_roi) = read(Some(vec![2, 0]), 2);
    for (all, some) in [(patch, turned_patch), (roi, turned_roi)] {
        assert!(some.equal(&all.index_select(1, &Tensor::from_slice(&[2_i64, 0]))));
    }
}

#[test]
fn what_cannot_be_is_refused() {
    use serde_json::json;
    let refused = |network: serde_json::Value| {
        let error = TrainConfig::resolve(&json!({ "network": network })).unwrap_err();
        error.details()["key"].as_str().unwrap().to_string()
    };
    assert_eq!(refused(json!({ "patchScales": [8, 5] })), "patchScales");
    assert_eq!(refused(json!({ "patchScales": [9, 5], "pathways": "local" })), "patchScales");
    assert_eq!(refused(json!({ "phaseOrder": [0, 0, 1] })), "phaseOrder");
    assert_eq!(refused(json!({ "phaseOrder": [0] })), "phaseOrder");
    let missing =
        NetworkConfig { phase_order: Some(vec![3]), phases: 1, ..NetworkConfig::default() };
    let error = LesionStore::new(&lesions(), &missing, Background::Lower, Device::Cpu).unwrap_err();
    assert_eq!(error.code(), "DATA_ERROR");
    // The lesions' margin of 2 pixels is too narrow for a square of 15.
    let wide = NetworkConfig { patch_scales: Some([15, 5]), ..NetworkConfig::default() };
    let error = LesionStore::new(&lesions(), &wide, Background::Lower, Device::Cpu).unwrap_err();
    assert_eq!(error.code(), "DATA_ERROR");
}
