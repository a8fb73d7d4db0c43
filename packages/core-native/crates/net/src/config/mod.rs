//! Every number of the method that another reading of the paper could change (method.md). All defaults live here.

mod network;
mod train;

pub use network::{
    Backbone, Directions, NetworkConfig, Pathways, PhaseFusion, Readout, Shortcut, YASAKA_LAYERS,
};
pub use train::{
    Augmentation, Background, Graphs, IntraReduction, LossWeights, OptimizerKind, Precision,
    RoiDraw, SamplerKind, Switch, TrainConfig,
};

use crate::{NetError, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// `overrides` laid over `defaults`, unknown keys refused with the nearest known one.
pub fn merge<T: DeserializeOwned>(defaults: Value, overrides: &Value) -> Result<T> {
    let mut merged = defaults;
    overlay(&mut merged, overrides, "")?;
    serde_json::from_value(merged).map_err(|error| {
        NetError::config(
            "config",
            error.to_string(),
            "Correct the value; see `defaultTrainConfig()`.",
        )
    })
}

fn overlay(base: &mut Value, overrides: &Value, path: &str) -> Result<()> {
    let (Value::Object(base), Value::Object(overrides)) = (&mut *base, overrides) else {
        *base = overrides.clone();
        return Ok(());
    };
    for (key, value) in overrides {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match base.get_mut(key) {
            Some(slot) => overlay(slot, value, &full)?,
            None => {
                let known: Vec<_> = base.keys().map(String::as_str).collect();
                return Err(NetError::config(
                    &full,
                    "unknown configuration key",
                    format!("Known keys here: {}.", known.join(", ")),
                ));
            }
        }
    }
    Ok(())
}
