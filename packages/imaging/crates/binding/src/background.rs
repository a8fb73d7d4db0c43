use flc_imaging::ImagingError;
use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Either, Env, Result, Task};

use crate::outcome::{BindingError, outcome};

/// Work for one of Node's own threads. A panic is an outcome like any other: nothing may unwind into libuv.
pub struct Background<T, J> {
    work: Option<Box<dyn FnOnce() -> std::result::Result<T, ImagingError> + Send>>,
    convert: fn(T) -> J,
}

impl<T, J> Background<T, J> {
    /// Runs `work` off the event loop and `convert` on it.
    pub fn start(
        work: impl FnOnce() -> std::result::Result<T, ImagingError> + Send + 'static,
        convert: fn(T) -> J,
    ) -> AsyncTask<Self>
    where
        Self: Task,
    {
        AsyncTask::new(Self { work: Some(Box::new(work)), convert })
    }
}

impl<T, J> Task for Background<T, J>
where
    T: Send + 'static,
    J: ToNapiValue + TypeName + 'static,
{
    type Output = Either<T, BindingError>;
    type JsValue = Either<J, BindingError>;

    fn compute(&mut self) -> Result<Self::Output> {
        let work = self.work.take().ok_or_else(|| napi::Error::from_reason("ran twice"))?;
        Ok(outcome(work))
    }

    fn resolve(&mut self, _: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(match output {
            Either::A(value) => Either::A((self.convert)(value)),
            Either::B(error) => Either::B(error),
        })
    }
}
