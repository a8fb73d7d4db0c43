use super::object;
use crate::runtime;
use flc_torch_cuda::CudaObject;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A thing, or in words why there is none.
pub type Made<T> = Result<&'static T, String>;

/// One of a kind for each GPU: made at the first call, kept for the life of the process. What failed is tried again by a later run: memory
/// may have been short.
pub(super) struct PerGpu<T: 'static>(Mutex<BTreeMap<usize, (u64, Made<T>)>>);

/// Counts the runs of this process.
static RUN: AtomicU64 = AtomicU64::new(0);

pub(super) fn next_run() {
    RUN.fetch_add(1, Ordering::Relaxed);
}

impl<T> PerGpu<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// `make` gets the object, the GPU's number and the folder of NVRTC.
    pub(super) fn get(
        &self,
        index: usize,
        make: impl FnOnce(&'static CudaObject, i32, &Path) -> Result<T, String>,
    ) -> Made<T> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = || {
            // A wheel's NVRTC lies beside torch, in site-packages/nvidia.
            let nvidia = runtime::libtorch_folder()
                .and_then(|lib| Some(lib.parent()?.parent()?.join("nvidia")));
            let thing =
                make(object()?, index as i32, &nvidia.unwrap_or_else(|| PathBuf::from(".")))?;
            Ok(&*Box::leak(Box::new(thing)))
        };
        let run = RUN.load(Ordering::Relaxed);
        if !matches!(made.get(&index), Some((of, thing)) if thing.is_ok() || *of == run) {
            made.insert(index, (run, first()));
        }
        made[&index].1.clone()
    }
}
