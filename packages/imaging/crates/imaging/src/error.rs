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

    /// Arguments that fit alone do not fit together.
    #[error("{what}: {problem}")]
    Content { what: &'static str, problem: String },

    /// An iteration did not come near enough; `residual` is how many times too large it still is.
    #[error(
        "no solution after {iterations} iterations: the residual is {residual:.1e} times the one asked for"
    )]
    NotConverged { iterations: usize, residual: f64 },

    /// The caller wants the result no more.
    #[error("cancelled")]
    Cancelled,
}

impl ImagingError {
    /// The stable code that programs may branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::NotFinite { .. } | Self::Content { .. } => "DATA_ERROR",
            Self::Parameter { .. } | Self::NotConverged { .. } => "INVALID_CONFIG",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The name of the argument at fault, if one is.
    pub fn what(&self) -> Option<&'static str> {
        match self {
            Self::Length { what, .. }
            | Self::NotFinite { what, .. }
            | Self::Parameter { what, .. }
            | Self::Content { what, .. } => Some(what),
            Self::NotConverged { .. } | Self::Cancelled => None,
        }
    }

    /// What the argument should have been, as text.
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::Length { expected, .. } => Some(expected.to_string()),
            Self::NotFinite { .. } => Some("finite values".to_owned()),
            Self::Parameter { expected, .. } => Some((*expected).to_owned()),
            Self::Content { .. } | Self::NotConverged { .. } | Self::Cancelled => None,
        }
    }

    /// What the argument was, as text.
    pub fn got(&self) -> Option<String> {
        match self {
            Self::Length { got, .. } => Some(got.to_string()),
            Self::NotFinite { index, .. } => {
                Some(format!("a value that is not finite at index {index}"))
            }
            Self::Parameter { got, .. } => Some(got.clone()),
            Self::Content { .. } | Self::NotConverged { .. } | Self::Cancelled => None,
        }
    }
}
