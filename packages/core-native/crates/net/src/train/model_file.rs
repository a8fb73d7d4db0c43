//! The network's part of a model bundle: `weights.safetensors`, a PyTorch state_dict, and `network.json`, what it takes to build the network.

use crate::config::{Background, NetworkConfig, Precision};
use crate::model::ResGlBdLstm;
use crate::{NetError, Result, state_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use tch::Device;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkFile {
    pub format: String,
    pub version: u32,
    pub network: NetworkConfig,
    pub background: Background,
}

const FORMAT: &str = "flc-network";
const VERSION: u32 = 1;

pub fn save_model(folder: &Path, network: &ResGlBdLstm, background: Background) -> Result<()> {
    let description = NetworkFile {
        format: FORMAT.into(),
        version: VERSION,
        network: network.config.clone(),
        background,
    };
    let text = serde_json::to_string_pretty(&description)
        .map_err(|error| NetError::Internal(error.to_string()))?;
    let metadata = BTreeMap::from([("format".to_string(), "pt".to_string())]);
    state_file::write(
        &folder.join("weights.safetensors"),
        &network.parameters.snapshot()?,
        &metadata,
    )?;
    state_file::write_atomic(&folder.join("network.json"), text.as_bytes())
}

pub fn load_model(
    folder: &Path,
    precision: Precision,
    device: Device,
) -> Result<(ResGlBdLstm, Background)> {
    let file = folder.join("network.json");
    let text = std::fs::read_to_string(&file).map_err(|source| NetError::io(&file, source))?;
    let corrupt = |file: &Path, problem: String| NetError::CheckpointCorrupt {
        file: file.to_path_buf(),
        problem,
        remedy: "Use another copy of the model, or train again.".into(),
    };
    let description: NetworkFile =
        serde_json::from_str(&text).map_err(|error| corrupt(&file, error.to_string()))?;
    if description.format != FORMAT || description.version != VERSION {
        let found =
            format!("format {} version {} is not known", description.format, description.version);
        return Err(corrupt(&file, found));
    }
    description.network.validate().map_err(|error| corrupt(&file, error.to_string()))?;
    let weights = folder.join("weights.safetensors");
    let tensors = state_file::read(&weights)?.tensors;
    let named = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    if let Some(name) = state_file::first_not_finite(named)? {
        return Err(corrupt(&weights, format!("{name} is not finite: its training diverged")));
    }
    let network = ResGlBdLstm::of_values(&description.network, precision, device, &tensors);
    let network = network.map_err(|error| match error {
        NetError::Data { problem, .. } => corrupt(&weights, problem),
        other => other,
    })?;
    Ok((network, description.background))
}
