//! Shared by the integration tests: small cohorts with known content.
#![allow(dead_code, reason = "each test executable uses its own part")]

use flc_net::config::{IntraReduction, NetworkConfig, Precision, TrainConfig};
use flc_net::data::Sample;
use flc_net::random;
use rand::Rng;

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
