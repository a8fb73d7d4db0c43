use std::panic::{AssertUnwindSafe, catch_unwind};

use flc_imaging::ImagingError;
use napi::Either;
use napi_derive::napi;

/// A failure with its facts; the TypeScript face makes an `FlcError` of it.
#[napi(object, object_from_js = false)]
pub struct BindingError {
    pub code: String,
    pub message: String,
    /// Name of the argument at fault.
    pub what: Option<String>,
    pub expected: Option<String>,
    pub got: Option<String>,
}

impl From<ImagingError> for BindingError {
    fn from(error: ImagingError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            what: error.what().map(str::to_owned),
            expected: error.expected(),
            got: error.got(),
        }
    }
}

impl BindingError {
    fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Self {
            code: "INTERNAL".to_owned(),
            message: format!("the imaging addon panicked: {text}"),
            what: None,
            expected: None,
            got: None,
        }
    }
}

/// Runs the body of an exported function; a panic must not cross into Node.
pub fn outcome<T>(body: impl FnOnce() -> Result<T, ImagingError>) -> Either<T, BindingError> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Either::A(value),
        Ok(Err(error)) => Either::B(error.into()),
        Err(payload) => Either::B(BindingError::from_panic(payload.as_ref())),
    }
}
