use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi_derive::napi;

/// What an AbortSignal becomes on this side: long work looks at it between steps.
#[napi]
#[derive(Default)]
pub struct BindingCancellation {
    flag: Arc<AtomicBool>,
}

#[napi]
impl BindingCancellation {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

impl BindingCancellation {
    pub fn check(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let flag = self.flag.clone();
        move || flag.load(Ordering::Relaxed)
    }
}
