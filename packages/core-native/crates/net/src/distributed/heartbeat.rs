use crate::Result;
use flc_torch_ext::ProcessStore;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(500);
/// So long without a beat, and a process is taken for dead.
const SILENCE: Duration = Duration::from_secs(3);

/// Counts in the store as long as this process lives, whatever else it does: who does not count is gone, who only computes is not.
#[derive(Debug)]
pub(super) struct Heartbeat {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    pub fn start(store: Arc<ProcessStore>, rank: usize) -> Self {
        let (stop, stopped) = channel();
        let beat = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // Without the store there is nobody to tell.
                if store.add(&key(rank), 1).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("flc-heartbeat".into()).spawn(beat).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Those of `ranks` that are silent.
pub(super) fn silent(store: &ProcessStore, ranks: &[usize]) -> Result<Vec<usize>> {
    let beats = || -> Result<Vec<i64>> {
        ranks.iter().map(|rank| Ok(store.add(&key(*rank), 0)?)).collect()
    };
    let before = beats()?;
    std::thread::sleep(SILENCE);
    let after = beats()?;
    let rows = ranks.iter().zip(before).zip(after);
    Ok(rows.filter(|((_, before), after)| before == after).map(|((rank, _), _)| *rank).collect())
}

fn key(rank: usize) -> String {
    format!("beat/{rank}")
}
