//! The rows of Table 2 and the other ablations: names, shapes and parameter counts as method.md section 3 gives them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{
    Directions, NetworkConfig, Pathways, PhaseFusion, Precision, Readout, Shortcut, TrainConfig,
};
use flc_net::model::{Inputs, ResGlBdLstm};
use flc_net::train::Learner;
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

fn names(config: &NetworkConfig) -> BTreeMap<String, Vec<i64>> {
    let network = ResGlBdLstm::new(config, Precision::Float32, Device::Cpu, 1).unwrap();
    network.parameters.all().map(|(name, tensor)| (name.to_string(), tensor.size())).collect()
}

#[test]
fn the_papers_network_has_the_papers_size() {
    let network =
        ResGlBdLstm::new(&NetworkConfig::default(), Precision::Float32, Device::Cpu, 1).unwrap();
    // A pathway: 19 convolutions of 3 x 3 and their batch norms.
    let convolutions = 9 * (16 + 6 * 16 * 16 + 16 * 32 + 5 * 32 * 32 + 32 * 64 + 5 * 64 * 64);
    let norms = 2 * (7 * 16 + 6 * 32 + 6 * 64);
    let lstm = 2 * (4 * 64 * (128 + 64) + 2 * 4 * 64);
    let heads = (128 * 4 + 4) + 2 * (192 * 4 + 4);
    assert_eq!(network.parameters.count(), 6 * (convolutions + norms) + lstm + heads);
}

#[test]
fn names_are_those_of_the_file_format() {
    let all = names(&NetworkConfig::default());
    assert_eq!(all["local.0.conv1.weight"], [16, 1, 3, 3]);
    assert_eq!(all["global.2.blocks.8.conv2.weight"], [64, 64, 3, 3]);
    assert_eq!(all["local.1.blocks.3.bn1.running_var"], [32]);
    assert_eq!(all["local.1.blocks.3.bn1.num_batches_tracked"], [0_i64; 0]);
    assert_eq!(all["lstm.weight_ih_l0_reverse"], [256, 128]);
    assert_eq!(all["fc.weight"], [4, 128]);
    assert_eq!(all["fc_local.weight"], [4, 192]);
    assert!(!all.keys().any(|name| name.contains("downsample")));
}

#[test]
fn each_row_and_ablation_has_its_own_tensors_and_trains() {
    let base = support::small_network();
    let (n, f) = (3, base.widths[2]);
    let one_way = NetworkConfig {
        phase_fusion: PhaseFusion::Lstm,
        directions: Directions::Backward,
        ..base.clone()
    };
    let cases = [
        (
            "ResNet_Local",
            NetworkConfig {
                pathways: Pathways::Local,
                phase_fusion: PhaseFusion::Concat,
                ..base.clone()
            },
            n * f,
        ),
        (
            "ResGLNet",
            NetworkConfig { phase_fusion: PhaseFusion::Concat, ..base.clone() },
            2 * n * f,
        ),
        ("ResGL-BDLSTM", base.clone(), 2 * base.hidden_size),
        (
            "every state",
            NetworkConfig { readout: Readout::All, ..base.clone() },
            6 * base.hidden_size,
        ),
        ("one direction", one_way, base.hidden_size),
        (
            "global only",
            NetworkConfig { pathways: Pathways::Global, ..base.clone() },
            2 * base.hidden_size,
        ),
        (
            "phases as channels",
            NetworkConfig { phase_fusion: PhaseFusion::Channels, ..base.clone() },
            2 * f,
        ),
        (
            "projection",
            NetworkConfig { shortcut: Shortcut::Projection, ..base.clone() },
            2 * base.hidden_size,
        ),
    ];
    for (name, network, feature) in cases {
        let all = names(&network);
        assert_eq!(all["fc.weight"], [4, feature], "{name}");
        let has = |prefix: &str| all.keys().any(|key| key.starts_with(prefix));
        assert_eq!(has("global."), network.has_global(), "{name}");
        assert_eq!(has("local."), network.has_local(), "{name}");
        assert_eq!(has("fc_local."), network.pathways == Pathways::Both, "{name}");
        assert_eq!(has("lstm."), network.is_recurrent(), "{name}");
        assert_eq!(
            all.keys().any(|key| key.ends_with("_reverse")),
            network.is_bidirectional(),
            "{name}"
        );
        assert_eq!(
            has("local.1.") || has("global.1."),
            network.phase_fusion != PhaseFusion::Channels,
            "{name}"
        );
        trains(name, network);
    }
}

fn trains(name: &str, network: NetworkConfig) {
    let config = TrainConfig { network, ..support::small_config() };
    tch::manual_seed(2);
    let image = |side: i64| Tensor::randn([8, 3, side, side], (Kind::Float, Device::Cpu));
    let inputs = Inputs {
        patches: config.network.has_local().then(|| image(config.network.patch_input)),
        rois: config.network.has_global().then(|| image(config.network.roi_input)),
        roi_of_patch: None,
    };
    let targets = Tensor::from_slice(&[0_i64, 1, 2, 3, 0, 1, 2, 3]);
    let mut learner = Learner::new(&config, Device::Cpu).unwrap();
    let first = learner.step(&inputs, &targets).unwrap().loss;
    let last = (0..15).map(|_| learner.step(&inputs, &targets).unwrap().loss).last().unwrap();
    assert!(last < first, "{name}: {first} -> {last}");
}

#[test]
fn initial_weights_have_the_stated_variance_and_depend_on_the_seed_alone() {
    let weights = |seed| {
        ResGlBdLstm::new(&NetworkConfig::default(), Precision::Float32, Device::Cpu, seed)
            .unwrap()
            .parameters
            .snapshot()
            .unwrap()
    };
    let (a, same, other) = (weights(1), weights(1), weights(2));
    let name = "global.1.blocks.8.conv1.weight";
    assert!(a[name].equal(&same[name]) && !a[name].equal(&other[name]));
    let variance = |name: &str| a[name].var(false).double_value(&[]);
    // 36,864 and 32,768 draws: four standard deviations of a variance are 3 %.
    assert!((variance(name) / (2.0 / (64.0 * 9.0)) - 1.0).abs() < 0.03);
    assert!((variance("lstm.weight_ih_l0") / (1.0 / 128.0) - 1.0).abs() < 0.03);
    assert_eq!(a["fc.bias"].abs().max().double_value(&[]), 0.0);
}

#[test]
fn configurations_that_cannot_be_are_refused_with_key_and_remedy() {
    let refused = |overrides: serde_json::Value| {
        let error = TrainConfig::resolve(&overrides).unwrap_err();
        assert_eq!(error.code(), "INVALID_CONFIG");
        assert!(!error.remedy().is_empty());
        error.details()["key"].as_str().unwrap().to_string()
    };
    use serde_json::json;
    assert_eq!(refused(json!({ "lamda": 1 })), "lamda");
    assert_eq!(refused(json!({ "network": { "width": [1, 2, 3] } })), "network.width");
    assert_eq!(refused(json!({ "network": { "directions": "forward" } })), "directions");
    assert_eq!(refused(json!({ "batchSize": 100, "roisPerBatch": 7 })), "roisPerBatch");
    assert_eq!(refused(json!({ "learningRate": -1 })), "learningRate");
    assert_eq!(refused(json!({ "device": "tpu" })), "device");
    assert_eq!(refused(json!({ "network": { "widths": [16, 8, 8] } })), "widths");
    let resolved = TrainConfig::resolve(&json!({ "lossWeights": { "last": 1 } })).unwrap();
    assert_eq!((resolved.loss_weights.last, resolved.loss_weights.local), (1.0, 0.25));
}
