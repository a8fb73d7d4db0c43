use crate::failure::{BindingFailure, outcome};
use flc_net::NetError;
use flc_net::config::TrainConfig;
use napi::Either;
use napi_derive::napi;
use serde_json::Value;

/// Defaults overlaid with `overrides` and checked as a whole; unknown keys are refused.
#[napi]
pub fn resolve_train_config(overrides: Value) -> Either<Value, BindingFailure> {
    outcome(|| {
        let config = TrainConfig::resolve(&overrides)?;
        serde_json::to_value(config).map_err(|error| NetError::Internal(error.to_string()))
    })
}
