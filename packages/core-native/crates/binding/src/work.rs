//! Work of an environment (Node's main thread, or a worker) that goes on outside its thread.

use napi::{Env, Result};
use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long an environment that ends waits: a step and a checkpoint take less.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is under way for one environment. When that ends, by `process.exit` or because a worker is terminated, the work is cancelled and
/// waited for: after it libtorch's destructors run, and under a thread that computes they end in a crash.
#[derive(Debug, Default)]
pub struct Work {
    has_ended: AtomicBool,
    busy: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

thread_local! {
    static WORK: RefCell<Option<Arc<Work>>> = const { RefCell::new(None) };
}

impl Work {
    /// Of the environment that calls.
    pub fn of(env: &Env) -> Result<Arc<Self>> {
        WORK.with_borrow_mut(|known| {
            if let Some(work) = known {
                return Ok(work.clone());
            }
            let work = Arc::new(Self::default());
            env.add_env_cleanup_hook(work.clone(), |work| {
                WORK.take();
                work.end();
            })?;
            Ok(known.insert(work).clone())
        })
    }

    pub fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let thread = Builder::new().name(name.into()).spawn(body)?;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Part of a thread's work, until it is dropped; the thread may live on.
    pub fn begin(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// What long work asks: its own cancellation, or the environment's end.
    pub fn or_ended(
        self: &Arc<Self>,
        cancelled: impl Fn() -> bool + Send + 'static,
    ) -> impl Fn() -> bool + Send + 'static {
        let work = self.clone();
        move || cancelled() || work.has_ended.load(Ordering::Acquire)
    }

    fn is_under_way(&self) -> bool {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        self.busy.load(Ordering::Acquire) > 0 || threads.iter().any(|thread| !thread.is_finished())
    }

    fn end(self: Arc<Self>) {
        self.has_ended.store(true, Ordering::Release);
        let begin = Instant::now();
        while self.is_under_way() {
            if begin.elapsed() > PATIENCE {
                // SAFETY: the handler takes over what is leaked to it.
                unsafe { on_exit(end_at_once_if_busy, Arc::into_raw(self).cast_mut().cast()) };
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

#[derive(Debug)]
pub struct Busy(Arc<Work>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

unsafe extern "C" {
    fn on_exit(handler: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// The last handler to be registered is the first one to run: before libtorch's destructors.
extern "C" fn end_at_once_if_busy(status: c_int, work: *mut c_void) {
    // SAFETY: leaked to this handler, which runs once.
    let work = unsafe { Arc::from_raw(work.cast::<Work>()) };
    if work.is_under_way() {
        // SAFETY: ends the process without destructors.
        unsafe { _exit(status) }
    }
}
