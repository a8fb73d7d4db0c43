use thiserror::Error;

/// What can be wrong with the input of this crate. Facts stay in the variants; text is made here only.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ImagingError {
    /// An array does not hold as many values as the size says.
    #[error("{what} holds {got} values, but the size asks for {expected}")]
    Length { what: &'static str, expected: usize, got: usize },

    /// An array holds a NaN or an infinity where a number is needed.
    #[error("{what} holds a value that is not finite, at index {index}")]
    NotFinite { what: &'static str, index: usize },

    /// A parameter is outside what it may be.
    #[error("{what} must be {expected}, got {got}")]
    Parameter { what: &'static str, expected: &'static str, got: String },
}

impl ImagingError {
    /// The stable code that programs may branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::NotFinite { .. } => "DATA_ERROR",
            Self::Parameter { .. } => "INVALID_CONFIG",
        }
    }

    /// The name of the argument at fault.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Length { what, .. }
            | Self::NotFinite { what, .. }
            | Self::Parameter { what, .. } => what,
        }
    }

    /// What the argument should have been, as text.
    pub fn expected(&self) -> String {
        match self {
            Self::Length { expected, .. } => expected.to_string(),
            Self::NotFinite { .. } => "finite values".to_owned(),
            Self::Parameter { expected, .. } => (*expected).to_owned(),
        }
    }

    /// What the argument was, as text.
    pub fn got(&self) -> String {
        match self {
            Self::Length { got, .. } => got.to_string(),
            Self::NotFinite { index, .. } => format!("a value that is not finite at index {index}"),
            Self::Parameter { got, .. } => got.clone(),
        }
    }
}
