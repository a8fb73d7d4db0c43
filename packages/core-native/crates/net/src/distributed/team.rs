use super::buckets::in_buckets;
use super::heartbeat::{Heartbeat, silent};
use super::placement::Placement;
use super::rendezvous;
use crate::{NetError, Result};
use flc_torch_ext::{ProcessGroup, ProcessStore, TorchExtError};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tch::{Device, Tensor};

/// After this long, who has not left yet is either busy or gone.
const POLITE_WAIT: Duration = Duration::from_secs(1);

/// The processes that train together, as one of them sees them. All call the same functions in the same order. A process that trains
/// alone is a team too, for which every function returns its argument.
#[derive(Debug)]
pub struct Team {
    group: Option<Group>,
}

#[derive(Debug)]
struct Group {
    placement: Placement,
    /// Of tensors on the CPU, by Gloo. None once it has failed.
    cpu: RefCell<Option<ProcessGroup>>,
    /// Of tensors on a GPU, by NCCL.
    gpu: RefCell<Option<ProcessGroup>>,
    /// Beats until it is dropped.
    _heartbeat: Heartbeat,
    store: Arc<ProcessStore>,
}

impl Team {
    pub fn alone() -> Self {
        Self { group: None }
    }

    /// Waits for the other processes, or is alone where there is no placement.
    pub fn join(placement: Option<&Placement>, cancelled: &dyn Fn() -> bool) -> Result<Self> {
        let Some(placement) = placement else { return Ok(Self::alone()) };
        let store = Arc::new(rendezvous::meet(placement, cancelled)?);
        let heartbeat = Heartbeat::start(store.clone(), placement.rank);
        let cpu = rendezvous::connect(&store, placement)?;
        let group = Group {
            placement: placement.clone(),
            cpu: RefCell::new(Some(cpu)),
            gpu: RefCell::new(None),
            _heartbeat: heartbeat,
            store,
        };
        Ok(Self { group: Some(group) })
    }

    /// Tensors on a GPU travel by the group that `connect` makes of store and placement.
    pub fn connect_gpus(
        &self,
        connect: impl FnOnce(&ProcessStore, &Placement) -> Result<ProcessGroup>,
    ) -> Result<()> {
        if let Some(group) = &self.group {
            *group.gpu.borrow_mut() = Some(connect(&group.store, &group.placement)?);
        }
        Ok(())
    }

    pub fn is_alone(&self) -> bool {
        self.group.is_none()
    }

    pub fn rank(&self) -> usize {
        self.group.as_ref().map_or(0, |group| group.placement.rank)
    }

    pub fn size(&self) -> usize {
        self.group.as_ref().map_or(1, |group| group.placement.world_size)
    }

    /// Whether this process writes files: rank 0 alone does.
    pub fn writes(&self) -> bool {
        self.rank() == 0
    }

    /// This process's share of `count` things, in order; shares differ by one at most.
    pub fn share(&self, count: usize) -> Range<usize> {
        let (rank, size) = (self.rank(), self.size());
        count * rank / size..count * (rank + 1) / size
    }

    /// Sums over the processes. Undefined tensors stay so.
    pub fn sum(&self, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match &self.group {
            None => Ok(tensors),
            Some(group) => in_buckets(&tensors, &|joined| {
                group.collective(joined.device(), |link| link.all_reduce(joined))
            }),
        }
    }

    /// Means over the processes. Undefined tensors stay so.
    pub fn mean(&self, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match &self.group {
            None => Ok(tensors),
            Some(group) => in_buckets(&tensors, &|joined| {
                group.collective(joined.device(), |link| link.all_reduce(joined))?;
                let _ = joined.shallow_clone().f_div_scalar_(self.size() as f64)?;
                Ok(())
            }),
        }
    }

    /// The tensors of rank 0.
    pub fn of_first(&self, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match &self.group {
            None => Ok(tensors),
            Some(group) => in_buckets(&tensors, &|joined| {
                group.collective(joined.device(), |link| link.broadcast(joined, 0))
            }),
        }
    }

    /// Sums of single numbers.
    pub fn sum_numbers(&self, numbers: &[f64]) -> Result<Vec<f64>> {
        match &self.group {
            None => Ok(numbers.to_vec()),
            Some(group) => {
                let sums = Tensor::f_from_slice(numbers)?;
                group.collective(Device::Cpu, |link| link.all_reduce(&sums))?;
                Ok(Vec::<f64>::try_from(&sums)?)
            }
        }
    }

    /// Whether any of the processes says so.
    pub fn any(&self, flag: bool) -> Result<bool> {
        match &self.group {
            None => Ok(flag),
            Some(_) => Ok(self.sum_numbers(&[f64::from(u8::from(flag))])?[0] > 0.0),
        }
    }

    /// What rank 0 has to say; `None` on rank 0 itself, and alone. `words` is called there only.
    pub fn words_of_first(
        &self,
        name: &str,
        words: impl FnOnce() -> Result<Value>,
    ) -> Result<Option<Value>> {
        let Some(group) = &self.group else { return Ok(None) };
        if self.writes() {
            group.store.set(name, &words()?.to_string())?;
        }
        // The others wait here and not at the store, so that they hear of it if rank 0 fails first.
        group.collective(Device::Cpu, ProcessGroup::barrier)?;
        if self.writes() {
            return Ok(None);
        }
        let text = group.store.get(name)?;
        serde_json::from_str(&text).map(Some).map_err(|error| NetError::Internal(error.to_string()))
    }

    /// Waits, as long as a process waits for another, for work of the GPU that the others take part in.
    pub fn wait_for_gpu(&self, is_ready: &dyn Fn() -> Result<bool>) -> Result<()> {
        let Some(group) = &self.group else { return Ok(()) };
        let begin = Instant::now();
        while !is_ready()? {
            if begin.elapsed() > group.placement.timeout() {
                // What hangs on the GPU ends with the group, and only then is its memory free.
                group.hang_up();
                return Err(group.blame(&TorchExtError("the GPU waits for another process".into())));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// Ends this process's part with its outcome. A failure of its own is made known to the others.
    pub fn leave<T>(self, outcome: Result<T>) -> Result<T> {
        let Some(group) = &self.group else { return outcome };
        let outcome = outcome.and_then(|value| {
            // Success is that of all.
            group.collective(Device::Cpu, ProcessGroup::barrier)?;
            Ok(value)
        });
        if let Err(error) = &outcome {
            group.announce(error);
            group.hang_up();
            let known_lost = match error {
                NetError::RankLost { ranks, .. } => ranks.as_slice(),
                _ => &[],
            };
            group.wait_for_others(known_lost);
        }
        outcome
    }
}

impl Group {
    /// Calls a collective operation. If it fails, the error says which process is to blame.
    fn collective(
        &self,
        device: Device,
        call: impl FnOnce(&ProcessGroup) -> Result<(), TorchExtError>,
    ) -> Result<()> {
        let link = if device == Device::Cpu { &self.cpu } else { &self.gpu };
        let outcome = match &*link.borrow() {
            Some(link) => call(link),
            None => Err(TorchExtError(format!("no process group for {device:?}"))),
        };
        outcome.map_err(|error| {
            // Whoever waits for this process finds out at once.
            self.hang_up();
            self.blame(&error)
        })
    }

    fn hang_up(&self) {
        self.gpu.borrow_mut().take();
        self.cpu.borrow_mut().take();
    }

    /// Who failed, from what the others left in the store and from who is silent.
    fn blame(&self, error: &TorchExtError) -> NetError {
        let first_line = error.0.lines().next().unwrap_or_default();
        let found = self.failure_of_another().transpose().unwrap_or_else(|| {
            Ok(match silent(&self.store, &self.others())? {
                ranks if ranks.is_empty() => NetError::RankLost {
                    problem: format!("the processes lost each other ({first_line})"),
                    ranks,
                },
                ranks => NetError::RankLost {
                    problem: format!("{} ended or no longer answers", named(&ranks)),
                    ranks,
                },
            })
        });
        // The store is rank 0's.
        let found = found.unwrap_or_else(|_| NetError::RankLost {
            ranks: vec![0],
            problem: "rank 0 ended or no longer answers".into(),
        });
        if let NetError::RankLost { ranks, problem } = &found {
            // Those who find out later need not wait for silence.
            let _ =
                self.store.set("lost", &json!({ "ranks": ranks, "problem": problem }).to_string());
        }
        found
    }

    fn failure_of_another(&self) -> Result<Option<NetError>> {
        for rank in self.others() {
            let key = failure_key(rank);
            if self.store.has(&key)? {
                let words = self.store.get(&key)?;
                return Ok(Some(NetError::of_rank(rank, &words)));
            }
        }
        if self.store.has("lost")? {
            let words: Value = serde_json::from_str(&self.store.get("lost")?).unwrap_or_default();
            let ranks = serde_json::from_value(words["ranks"].clone()).unwrap_or_default();
            let problem = words["problem"].as_str().unwrap_or_default().into();
            return Ok(Some(NetError::RankLost { ranks, problem }));
        }
        Ok(None)
    }

    fn announce(&self, error: &NetError) {
        let is_known = matches!(
            error,
            NetError::RankLost { .. } | NetError::RankFailed { .. } | NetError::Cancelled { .. }
        );
        if !is_known {
            let words = json!({ "code": error.code(), "message": error.to_string(), "remedy": error.remedy() });
            let _ = self.store.set(&failure_key(self.placement.rank), &words.to_string());
        }
    }

    /// The store ends with rank 0, so rank 0 stays until the others have read there what happened, or are gone.
    fn wait_for_others(&self, known_lost: &[usize]) {
        let Placement { rank, store_is_served, .. } = self.placement;
        if rank != 0 {
            let _ = self.store.set(&left_key(rank), "");
        } else if !store_is_served {
            let begin = Instant::now();
            let mut present = self.others();
            present.retain(|rank| !known_lost.contains(rank));
            while !present.is_empty() && begin.elapsed() < self.placement.timeout() {
                if begin.elapsed() < POLITE_WAIT {
                    std::thread::sleep(Duration::from_millis(20));
                } else {
                    let gone = silent(&self.store, &present).unwrap_or_default();
                    present.retain(|rank| !gone.contains(rank));
                }
                present.retain(|rank| !self.store.has(&left_key(*rank)).unwrap_or(true));
            }
        }
    }

    fn others(&self) -> Vec<usize> {
        (0..self.placement.world_size).filter(|&rank| rank != self.placement.rank).collect()
    }
}

pub(super) fn named(ranks: &[usize]) -> String {
    let list: Vec<_> = ranks.iter().map(usize::to_string).collect();
    format!("{} {}", if ranks.len() == 1 { "rank" } else { "ranks" }, list.join(", "))
}

fn failure_key(rank: usize) -> String {
    format!("failure/{rank}")
}

fn left_key(rank: usize) -> String {
    format!("left/{rank}")
}
