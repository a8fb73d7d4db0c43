//! Leaves a trained model with inputs and outputs where FLC_INTEROP_MODEL says; `interop/test_interop.py` then loads it in PyTorch and
//! computes the same outputs. Without the variable the model goes to a temporary folder and only the native side reads it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{Background, Precision, TrainConfig};
use flc_net::data::resize;
use flc_net::model::Inputs;
use flc_net::state_file;
use flc_net::train::{Learner, load_model, save_model};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tch::{Device, Kind, Tensor};

#[test]
fn a_trained_model_is_written_with_its_outputs() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("FLC_INTEROP_MODEL")
        .map_or_else(|| temporary.path().join("model"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let config = TrainConfig { learning_rate: 0.05, ..support::small_config() };
    let network = &config.network;

    // Values in [-1, 1] that no two pixels share.
    let image = |count: i64, side: i64| {
        let numbers = Tensor::arange(count * 3 * side * side, (Kind::Float, Device::Cpu));
        (numbers * 0.37).sin().reshape([count, 3, side, side])
    };
    let (patch, roi) = (image(6, 7), image(2, 20));
    let roi_of_patch = Tensor::from_slice(&[0_i64, 0, 1, 1, 0, 1]);
    let inputs = Inputs {
        patches: Some(resize(&patch, network.patch_input).unwrap()),
        rois: Some(resize(&roi, network.roi_input).unwrap()),
        roi_of_patch: Some(roi_of_patch.shallow_clone()),
    };
    // Steps move every parameter and the running statistics away from their initial values.
    let mut learner = Learner::new(&config, Device::Cpu).unwrap();
    for _ in 0..5 {
        learner.step(&inputs, &Tensor::from_slice(&[0_i64, 1, 2, 3, 0, 1])).unwrap();
    }
    let outputs = learner.network.forward(&inputs, false).unwrap();

    save_model(&folder, &learner.network, Background::Zero).unwrap();
    let record = BTreeMap::from([
        ("input.patch".to_string(), patch),
        ("input.roi".to_string(), roi),
        ("input.roi_of_patch".to_string(), roi_of_patch),
        ("eval.last".to_string(), outputs.last.shallow_clone()),
        ("eval.local".to_string(), outputs.local.unwrap()),
        ("eval.global".to_string(), outputs.global.unwrap()),
        ("eval.feature".to_string(), outputs.feature),
    ]);
    state_file::write(&folder.join("outputs.safetensors"), &record, &BTreeMap::new()).unwrap();

    let (loaded, background) = load_model(&folder, Precision::Float32, Device::Cpu).unwrap();
    assert_eq!(background, Background::Zero);
    assert_eq!(loaded.forward(&inputs, false).unwrap().last, outputs.last);
}
