//! Failures as data: the binding turns them into an `FlcError` of the same code, details and remedy.

use serde_json::{Value, json};
use std::path::PathBuf;

pub type Result<T, E = NetError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("{key}: {problem}")]
    InvalidConfig { key: String, problem: String, remedy: String },
    #[error("{problem}")]
    Data { file: Option<PathBuf>, problem: String, remedy: String },
    #[error("{}: {problem}", file.display())]
    CheckpointCorrupt { file: PathBuf, problem: String, remedy: String },
    #[error("{problem}")]
    CudaUnavailable { problem: String, remedy: String },
    #[error("out of memory on {device}: {problem}")]
    OutOfMemory { device: String, problem: String, remedy: String },
    #[error("{}: {source}", file.display())]
    Io { file: PathBuf, source: std::io::Error },
    #[error("cancelled")]
    Cancelled { checkpoint: Option<PathBuf> },
    /// Other processes of the run ended without a word, or hang.
    #[error("{problem}")]
    RankLost { ranks: Vec<usize>, problem: String },
    /// Another process of the run failed, and said why.
    #[error("rank {rank} failed: {problem}")]
    RankFailed { rank: usize, code: &'static str, problem: String, remedy: String },
    #[error("internal: {0}")]
    Internal(String),
}

const CODES: [&str; 8] = [
    "INVALID_CONFIG",
    "DATA_ERROR",
    "CHECKPOINT_CORRUPT",
    "CUDA_UNAVAILABLE",
    "OUT_OF_MEMORY",
    "IO_ERROR",
    "CANCELLED",
    "INTERNAL",
];

impl NetError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidConfig { .. } => "INVALID_CONFIG",
            Self::Data { .. } => "DATA_ERROR",
            Self::CheckpointCorrupt { .. } => "CHECKPOINT_CORRUPT",
            Self::CudaUnavailable { .. } => "CUDA_UNAVAILABLE",
            Self::OutOfMemory { .. } => "OUT_OF_MEMORY",
            Self::Io { .. } => "IO_ERROR",
            Self::Cancelled { .. } => "CANCELLED",
            Self::RankFailed { code, .. } => code,
            Self::RankLost { .. } | Self::Internal(_) => "INTERNAL",
        }
    }

    pub fn details(&self) -> Value {
        match self {
            Self::InvalidConfig { key, .. } => json!({ "key": key }),
            Self::Data { file: Some(file), .. }
            | Self::CheckpointCorrupt { file, .. }
            | Self::Io { file, .. } => json!({ "file": file }),
            Self::Cancelled { checkpoint } => json!({ "checkpoint": checkpoint }),
            Self::OutOfMemory { device, .. } => json!({ "device": device }),
            Self::RankLost { ranks, .. } => json!({ "ranks": ranks }),
            Self::RankFailed { rank, .. } => json!({ "ranks": [rank] }),
            _ => json!({}),
        }
    }

    pub fn remedy(&self) -> String {
        match self {
            Self::InvalidConfig { remedy, .. }
            | Self::Data { remedy, .. }
            | Self::CheckpointCorrupt { remedy, .. }
            | Self::CudaUnavailable { remedy, .. }
            | Self::OutOfMemory { remedy, .. }
            | Self::RankFailed { remedy, .. } => remedy.clone(),
            Self::RankLost { .. } => {
                "Resume the run: it goes on from its checkpoint, with any number of processes."
                    .into()
            }
            Self::Io { .. } => "Check that the path exists, is writable and has space left.".into(),
            Self::Cancelled { .. } => "Resume the run to go on from its checkpoint.".into(),
            Self::Internal(_) => "This is a defect: please report it with the message.".into(),
        }
    }

    pub fn config(key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::InvalidConfig { key: key.into(), problem: problem.into(), remedy: remedy.into() }
    }

    pub fn data(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Data { file: None, problem: problem.into(), remedy: remedy.into() }
    }

    /// What rank `rank` said of its failure: JSON of code, message and remedy.
    pub fn of_rank(rank: usize, words: &str) -> Self {
        let words: Value = serde_json::from_str(words).unwrap_or_default();
        let text = |key: &str| words[key].as_str().unwrap_or_default().to_string();
        let code = CODES.into_iter().find(|code| *code == text("code")).unwrap_or("INTERNAL");
        Self::RankFailed { rank, code, problem: text("message"), remedy: text("remedy") }
    }

    /// A message of libtorch or CUDA: memory that ran out, else a defect.
    pub fn from_torch_message(message: &str) -> Self {
        let first = message.lines().next().unwrap_or_default().to_string();
        let device = ["CUDA out of memory", "CPU out of memory", "not enough memory"]
            .iter()
            .find(|marker| message.contains(*marker))
            .map(|marker| if marker.starts_with("CUDA") { "cuda" } else { "cpu" });
        match device {
            Some(device) => Self::OutOfMemory {
                device: device.into(),
                problem: first,
                remedy: "Lower batchSize or roisPerBatch, or use a device with more memory.".into(),
            },
            None => Self::Internal(first),
        }
    }

    pub fn io(file: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { file: file.into(), source }
    }
}

/// The first line of libtorch's message says what happened; the C++ trace that follows is of no use to a person.
impl From<tch::TchError> for NetError {
    fn from(error: tch::TchError) -> Self {
        Self::from_torch_message(&error.to_string())
    }
}

impl From<flc_torch_ext::TorchExtError> for NetError {
    fn from(error: flc_torch_ext::TorchExtError) -> Self {
        Self::from_torch_message(&error.0)
    }
}
