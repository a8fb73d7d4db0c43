//! A batch does not fit the device: which part of it would.

use super::{Learner, Portion};
use crate::config::TrainConfig;
use crate::data::{LesionStore, PlacedBatch};
use crate::sampler::Members;
use crate::{NetError, Result, runtime};
use tch::Device;

/// `error` as it is, unless memory ran out: then with the number of parts whose largest passes forward and backward. The run is over,
/// so the trials may move running statistics.
pub(super) fn explain(
    error: NetError,
    learner: &Learner,
    members: &Members,
    store: &LesionStore,
    classes: &[i64],
    config: &TrainConfig,
    device: Device,
) -> NetError {
    let NetError::OutOfMemory { device: name, problem, .. } = error else { return error };
    let rows = members.rows(&config.network);
    let mut tried = config.accumulate as usize;
    let fitting = std::iter::from_fn(|| {
        tried *= 2;
        (tried <= members.rois.len()).then_some(tried)
    })
    .find_map(|parts| {
        runtime::release_cached_memory(device);
        let parts = members.parts(parts);
        let largest = parts.iter().max_by_key(|part| part.rows(&config.network))?;
        let fits = try_part(learner, largest, store, classes, config, device).is_ok();
        fits.then(|| (parts.len(), largest.rows(&config.network)))
    });
    let (advice, remedy) = match fitting {
        Some((parts, largest)) => (
            format!("{largest} rows fit"),
            format!(
                "Use accumulate: {parts} (--accumulate {parts}), which computes the batch in {parts} parts: the same loss, but batch statistics of each part alone. Or lower batchSize."
            ),
        ),
        None => (
            "nor does one ROI with its patches".to_string(),
            "Lower batchSize, or use a device with more memory.".to_string(),
        ),
    };
    let problem = format!("a batch of {rows} rows does not fit, {advice} ({problem})");
    NetError::OutOfMemory { device: name, problem, remedy }
}

fn try_part(
    learner: &Learner,
    part: &Members,
    store: &LesionStore,
    classes: &[i64],
    config: &TrainConfig,
    device: Device,
) -> Result<()> {
    let placed = PlacedBatch::new(&part.plan(store, &config.network, classes), device)?;
    let portion = Portion { inputs: placed.inputs(store)?, targets: placed.targets()?, part: 1.0 };
    learner.gradients(&portion, 1)?;
    runtime::finish(device)
}
