//! Replays a record of an independent PyTorch implementation in float64: resized images, outputs, gradients of the joint loss, running
//! statistics and centres after one step, everything after three (method.md, section 8). The project's own record is made by
//! `interop/write_parity_record.py`; FLC_PARITY_RECORD names another one of the same form.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use flc_net::config::{LossWeights, NetworkConfig, Precision, TrainConfig};
use flc_net::data::resize;
use flc_net::loss::JointLoss;
use flc_net::model::{Inputs, Outputs};
use flc_net::state_file::{self, StateFile};
use flc_net::train::Learner;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

struct Replay {
    record: StateFile,
    config: TrainConfig,
    precision: Precision,
}

/// Allowed difference from the record: absolute in float64; in float32 the relative L2 norm per tensor, plus 1e-6 absolute.
#[derive(Clone, Copy)]
enum Bound {
    Outputs,
    Gradients,
    AfterThreeSteps,
}

impl Replay {
    fn open(path: &Path, precision: Precision) -> Self {
        let record = state_file::read(path).unwrap();
        let text = |key: &str| record.metadata[key].clone();
        let number = |key: &str| text(key).parse::<f64>().unwrap();
        let network = NetworkConfig {
            depth: number("n") as i64,
            widths: serde_json::from_str(&text("widths")).unwrap(),
            hidden_size: number("hidden") as i64,
            phases: number("phases") as i64,
            classes: number("classes") as i64,
            ..NetworkConfig::default()
        };
        let config = TrainConfig {
            network,
            lambda: number("lambda"),
            alpha: number("alpha"),
            learning_rate: number("learning_rate"),
            momentum: number("momentum"),
            weight_decay: number("weight_decay"),
            loss_weights: LossWeights { last: 0.5, local: 0.25, global: 0.25 },
            precision,
            ..TrainConfig::default()
        };
        Self { record, config, precision }
    }

    fn input(&self, name: &str) -> Tensor {
        self.record.tensors[name].shallow_clone()
    }

    fn image(&self, name: &str) -> Tensor {
        self.input(name).to_kind(self.precision.master())
    }

    fn group(&self, prefix: &str) -> BTreeMap<String, Tensor> {
        let named = self.record.tensors.iter();
        named
            .filter_map(|(name, t)| {
                Some((name.strip_prefix(prefix)?.to_string(), t.shallow_clone()))
            })
            .collect()
    }

    fn learner(&self) -> Learner {
        let mut learner = Learner::new(&self.config, Device::Cpu).unwrap();
        learner.network.parameters.load(&self.group("init.")).unwrap();
        learner.centers.values.copy_(&self.input("input.centers"));
        learner
    }

    fn inputs(&self) -> Inputs {
        let network = &self.config.network;
        Inputs {
            patches: Some(resize(&self.image("input.patch"), network.patch_input).unwrap()),
            rois: Some(resize(&self.image("input.roi"), network.roi_input).unwrap()),
            roi_of_patch: Some(self.input("input.roi_of_patch")),
        }
    }

    fn check(&self, name: &str, ours: &Tensor, bound: Bound) {
        let expected =
            self.record.tensors.get(name).unwrap_or_else(|| panic!("{name} is not in the record"));
        assert_eq!(ours.size(), expected.size(), "shape of {name}");
        let (ours, expected) = (ours.to_kind(Kind::Double), expected.to_kind(Kind::Double));
        let difference = &ours - &expected;
        if self.precision == Precision::Float64 {
            let largest = difference.abs().max().double_value(&[]);
            assert!(largest <= 1e-9, "{name}: largest difference {largest:e}");
            return;
        }
        let relative = match bound {
            Bound::Outputs => 1e-5,
            Bound::Gradients => 1e-2,
            Bound::AfterThreeSteps => 2e-3,
        };
        let norm = |t: &Tensor| t.norm().double_value(&[]);
        let allowed = relative * norm(&expected) + 1e-6 * (expected.numel() as f64).sqrt();
        assert!(norm(&difference) <= allowed, "{name}: {:e} > {allowed:e}", norm(&difference));
    }

    fn check_outputs(&self, prefix: &str, outputs: &Outputs) {
        self.check(&format!("{prefix}.last"), &outputs.last, Bound::Outputs);
        self.check(&format!("{prefix}.local"), outputs.local.as_ref().unwrap(), Bound::Outputs);
        self.check(&format!("{prefix}.global"), outputs.global.as_ref().unwrap(), Bound::Outputs);
        self.check(&format!("{prefix}.feature"), &outputs.feature, Bound::Outputs);
    }

    /// Every tensor of the group `prefix` in the record against the learner's; the number of tensors compared.
    fn check_state(&self, prefix: &str, learner: &Learner, bound: Bound) -> usize {
        let ours: BTreeMap<_, _> = learner.network.parameters.all().collect();
        let group = self.group(prefix);
        for name in group.keys() {
            let tensor =
                if name == "centers" { &learner.centers.values } else { ours[name.as_str()] };
            self.check(&format!("{prefix}{name}"), tensor, bound);
        }
        group.len()
    }

    fn run(&self) {
        let learner = self.learner();
        let inputs = self.inputs();
        let targets = self.input("input.target");
        let patches = inputs.patches.as_ref().unwrap();
        self.check("resized.patch.first", &patches.narrow(0, 0, 1), Bound::Outputs);
        let rois = inputs.rois.as_ref().unwrap();
        self.check("resized.roi.row64", &rois.select(2, 64), Bound::Outputs);
        self.check_outputs("eval", &learner.network.forward(&inputs, false).unwrap());

        // Train-mode forward moves running statistics, so the gradients come from a learner of their own.
        let fresh = self.learner();
        let outputs = fresh.network.forward(&inputs, true).unwrap();
        self.check_outputs("train", &outputs);
        let loss =
            JointLoss::new(&self.config).forward(&outputs, &targets, &fresh.centers).unwrap();
        let gradients = fresh.optimizer.gradients(&loss.total).unwrap();
        let names: Vec<_> = fresh.network.parameters.trainable().map(|(name, _)| name).collect();
        assert_eq!(names.len(), self.group("grad.").len());
        for (name, gradient) in names.iter().zip(&gradients) {
            self.check(&format!("grad.{name}"), gradient, Bound::Gradients);
        }

        let mut learner = self.learner();
        let mut losses = Vec::new();
        for step in 0..3 {
            let outcome = learner.step(&inputs, &targets).unwrap();
            losses.extend([outcome.loss, outcome.inter, outcome.intra]);
            if step == 0 {
                assert!(self.check_state("after1.", &learner, Bound::Outputs) > 1);
            }
        }
        self.check("losses", &Tensor::from_slice(&losses).view([3, 3]), Bound::Outputs);
        // Every weight, statistic and counter, and the centres.
        let all = learner.network.parameters.all().count() + 1;
        assert_eq!(self.check_state("after3.", &learner, Bound::AfterThreeSteps), all);
    }
}

fn replay(path: &Path) {
    tch::set_num_threads(1);
    for precision in [Precision::Float64, Precision::Float32] {
        Replay::open(path, precision).run();
    }
}

fn manifest_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn replays_its_own_record() {
    replay(&manifest_dir().join("tests/fixtures/parity-small.safetensors"));
}

#[test]
fn replays_the_record_named_in_the_environment_or_beside_the_checkout() {
    let beside = manifest_dir().join("../../../../../shared/fixtures/resgl-small.safetensors");
    match std::env::var_os("FLC_PARITY_RECORD").map(PathBuf::from) {
        Some(record) => replay(&record),
        None if beside.exists() => replay(&beside),
        None => eprintln!(
            "skipped: FLC_PARITY_RECORD is not set and no shared record is beside the checkout"
        ),
    }
}
