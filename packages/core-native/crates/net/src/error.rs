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
    #[error("{problem}")]
    CheckpointCorrupt { file: PathBuf, problem: String, remedy: String },
    #[error("{problem}")]
    CudaUnavailable { problem: String, remedy: String },
    #[error("out of memory on {device}: {problem}")]
    OutOfMemory { device: String, problem: String, remedy: String },
    #[error("{}", without_path(source))]
    Io { file: PathBuf, source: std::io::Error },
    /// A network's output has a NaN.
    #[error("the network's probabilities are not numbers")]
    NotFinite,
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

/// What libtorch's allocator, the runtime, the driver, cuBLAS and cuDNN say where a GPU's memory runs out.
const CUDA_OUT_OF_MEMORY: [&str; 7] = [
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
    "CUDA_ERROR_OUT_OF_MEMORY",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
];

/// What our allocator, libtorch's own and C++ say of main memory.
const CPU_OUT_OF_MEMORY: [&str; 4] =
    ["CPU out of memory", "can't allocate memory", "not enough memory", "std::bad_alloc"];

impl NetError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidConfig { .. } => "INVALID_CONFIG",
            Self::Data { .. } | Self::NotFinite => "DATA_ERROR",
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
            Self::NotFinite => {
                "The training of this network diverged: train again with a lower learningRate."
                    .into()
            }
            Self::Cancelled { checkpoint: None } => "Start it again.".into(),
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
        let says = |marker: &&str| message.contains(marker);
        let device = match () {
            () if CUDA_OUT_OF_MEMORY.iter().any(says) => Some("cuda"),
            () if CPU_OUT_OF_MEMORY.iter().any(says) => Some("cpu"),
            () => None,
        };
        match device {
            Some(device) => Self::OutOfMemory {
                device: device.into(),
                problem: first,
                remedy: "Free memory, or use a device that has more of it.".into(),
            },
            None => Self::Internal(first),
        }
    }

    pub fn io(file: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { file: file.into(), source }
    }
}

/// What the system said. An error that a library made of it names files, which are for the details alone: their folders may bear names of
/// patients.
fn without_path(source: &std::io::Error) -> String {
    match source.get_ref() {
        Some(_) => source.kind().to_string(),
        None => source.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_in_the_details_and_not_in_the_message() {
        let folder = std::path::Path::new("/nowhere/jane-doe");
        // Its words hold the path.
        let source = tempfile::NamedTempFile::new_in(folder).unwrap_err();
        assert!(source.to_string().contains("jane-doe"));
        let error = NetError::io(folder.join("state"), source);
        assert_eq!(error.to_string(), "entity not found");
        assert_eq!(error.details()["file"], "/nowhere/jane-doe/state");
        let system = std::io::Error::from_raw_os_error(28);
        assert_eq!(
            NetError::io(folder, system).to_string(),
            "No space left on device (os error 28)"
        );
        let file = folder.into();
        let corrupt = NetError::CheckpointCorrupt {
            file,
            problem: "it is cut short".into(),
            remedy: String::new(),
        };
        assert_eq!(corrupt.to_string(), "it is cut short");
    }

    #[test]
    fn memory_that_ran_out_is_known_by_the_words_of_each_library() {
        for (message, device) in [
            ("CUDA out of memory. Tried to allocate 2.00 GiB.", "cuda"),
            ("CUDA error: out of memory\nCUDA kernel errors might be reported later", "cuda"),
            ("CUDA driver error: out of memory", "cuda"),
            ("CUDA_ERROR_OUT_OF_MEMORY", "cuda"),
            ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "cuda"),
            ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "cuda"),
            ("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", "cuda"),
            ("CPU out of memory: 8 of 4 bytes", "cpu"),
            ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.", "cpu"),
            ("std::bad_alloc", "cpu"),
        ] {
            let error = NetError::from_torch_message(message);
            assert_eq!(error.code(), "OUT_OF_MEMORY", "{message}");
            assert_eq!(error.details()["device"], device, "{message}");
        }
        for message in ["CUDA error: an illegal memory access was encountered", "shape mismatch"] {
            assert_eq!(NetError::from_torch_message(message).code(), "INTERNAL");
        }
    }
}
