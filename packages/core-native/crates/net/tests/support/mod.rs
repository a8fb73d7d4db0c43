//! Shared by the integration tests: small cohorts with known content.
#![allow(dead_code, reason = "each test executable uses its own part")]

pub mod instructions;
pub mod ranks;

use flc_net::config::{IntraReduction, NetworkConfig, Precision, TrainConfig};
use flc_net::data::{LesionStore, Look, Patch, PlacedBatch, Sample};
use flc_net::sampler::Members;
use flc_net::train::{TrainingJob, TrainingSample};
use flc_net::{random, state_file};
use rand::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Tensor};

/// A network that trains in milliseconds.
pub fn small_network() -> NetworkConfig {
    NetworkConfig {
        depth: 1,
        widths: [4, 6, 8],
        hidden_size: 5,
        patch_input: 16,
        roi_input: 24,
        ..NetworkConfig::default()
    }
}

pub fn small_config() -> TrainConfig {
    TrainConfig {
        network: small_network(),
        batch_size: 12,
        rois_per_batch: 3,
        intra_reduction: IntraReduction::Mean,
        device: "cpu".into(),
        threads: 1,
        precision: Precision::Float32,
        seed: 7,
        ..TrainConfig::default()
    }
}

/// The images and classes of `members` on the CPU.
pub fn place(
    members: &Members,
    store: &LesionStore,
    config: &NetworkConfig,
    classes: &[i64],
) -> PlacedBatch {
    PlacedBatch::new(&members.plan(store, config, classes), Device::Cpu).unwrap()
}

/// `patches` as the network sees them, each turned by its symmetry.
pub fn cut(store: &LesionStore, look: Look, patches: &[Patch], symmetries: &[i64]) -> Tensor {
    store.cut_planned(look, &store.plan_patches(look, patches, symmetries)).unwrap()
}

pub fn rois(store: &LesionStore, samples: &[usize], symmetries: &[i64]) -> Tensor {
    store.cut_planned(Look::Roi, &store.plan_rois(samples, symmetries)).unwrap()
}

/// A square lesion of the class's brightness in each phase, with noise.
pub fn lesion(class: i64, side: usize, seed: u64) -> Sample {
    const HU: [[f64; 3]; 4] =
        [[10., 11., 12.], [47., 115., 112.], [44., 95., 86.], [40., 70., 95.]];
    let margin = 2;
    let total = side + 2 * margin;
    let mut generator = random::stream(seed, "test lesion", class as u64);
    let mut image = Vec::new();
    for phase in HU[class as usize] {
        image.extend(
            (0..total * total).map(|_| (phase + generator.random_range(-12.0..12.0)) as i16),
        );
    }
    Sample {
        image,
        mask: vec![1; total * total],
        phases: 3,
        rows: total,
        columns: total,
        margin,
        height: side,
        width: side,
        window: vec![[-70.0, 180.0]; 3],
    }
}

/// Writes a prepared file with one lesion per class and returns a job over `lesions` of them, every third for validation.
pub fn job(folder: &Path, lesions: usize, config: TrainConfig) -> TrainingJob {
    let mut tensors = BTreeMap::new();
    let (mut samples, mut training_patches, mut validation_patches) =
        (Vec::new(), Vec::new(), Vec::new());
    let file = folder.join("case.safetensors");
    for index in 0..lesions {
        let class = (index % 4) as i64;
        let lesion = lesion(class, 12, index as u64);
        insert(&mut tensors, &format!("lesion-{index}"), &lesion);
        let list = if index >= 4 && index % 3 == 0 {
            &mut validation_patches
        } else {
            &mut training_patches
        };
        for place in 0..36 {
            list.extend([index as i32, place / 6, place % 6]);
        }
        samples.push(TrainingSample {
            file: file.clone(),
            key: format!("lesion-{index}"),
            class,
            group: format!("lesion {index}"),
        });
    }
    state_file::write(&file, &tensors, &BTreeMap::new()).unwrap();
    let run_dir = folder.join("run");
    TrainingJob {
        config,
        samples,
        training_patches,
        validation_patches,
        run_dir,
        resume: false,
        force: false,
        placement: None,
        cuda_object: None,
    }
}

fn insert(tensors: &mut BTreeMap<String, Tensor>, key: &str, sample: &Sample) {
    let (rows, columns) = (sample.rows as i64, sample.columns as i64);
    let window: Vec<f32> = sample.window.iter().flatten().copied().collect();
    let box_ = [0_i32, 0, sample.height as i32, sample.width as i32];
    tensors
        .insert(format!("{key}.image"), Tensor::from_slice(&sample.image).view([3, rows, columns]));
    tensors.insert(format!("{key}.mask"), Tensor::from_slice(&sample.mask).view([rows, columns]));
    tensors.insert(format!("{key}.box"), Tensor::from_slice(&box_));
    tensors.insert(format!("{key}.window"), Tensor::from_slice(&window).view([3, 2]));
}
