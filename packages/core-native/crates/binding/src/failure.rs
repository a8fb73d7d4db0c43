use flc_net::NetError;
use napi::Either;
use napi_derive::napi;
use serde_json::{Value, json};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A failure with its facts; the TypeScript face makes an `FlcError` of it.
#[napi(object, object_from_js = false)]
pub struct BindingFailure {
    pub code: String,
    pub message: String,
    pub details: Value,
    pub remedy: String,
}

impl BindingFailure {
    pub fn to_json(&self) -> Value {
        json!({ "code": self.code, "message": self.message, "details": self.details, "remedy": self.remedy })
    }
}

impl From<NetError> for BindingFailure {
    fn from(error: NetError) -> Self {
        Self {
            code: error.code().into(),
            message: error.to_string(),
            details: error.details(),
            remedy: error.remedy(),
        }
    }
}

/// Runs a body that may panic, and makes either kind of failure a value.
pub fn guarded<T>(body: impl FnOnce() -> Result<T, NetError>) -> Result<T, BindingFailure> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(outcome) => outcome.map_err(BindingFailure::from),
        Err(payload) => Err(NetError::Internal(panic_text(payload.as_ref())).into()),
    }
}

/// The same for a synchronous export.
pub fn outcome<T>(body: impl FnOnce() -> Result<T, NetError>) -> Either<T, BindingFailure> {
    match guarded(body) {
        Ok(value) => Either::A(value),
        Err(failure) => Either::B(failure),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    format!("the addon panicked: {}", text.unwrap_or_else(|| "no message".into()))
}

/// For the contract tests: a panic, or a C++ exception of libtorch, inside a guarded body. Neither may end the process.
#[napi(ts_args_type = "kind: 'panic' | 'exception'")]
pub fn provoke_failure(kind: String) -> Either<bool, BindingFailure> {
    outcome(|| {
        if kind == "panic" {
            let nothing: [u8; 0] = [];
            return Ok(nothing[kind.len()] == 0);
        }
        let (a, b) = (tch::Tensor::f_zeros([2, 3], (tch::Kind::Float, tch::Device::Cpu))?, 4);
        Ok(a.f_view([b, b])?.defined())
    })
}
