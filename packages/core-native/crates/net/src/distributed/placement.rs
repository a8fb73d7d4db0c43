use super::environment;
use crate::{NetError, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which process this is of those that train together, and where they find each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placement {
    /// 0 .. world_size - 1.
    pub rank: usize,
    pub world_size: usize,
    /// Rank among the processes of this machine: its GPU.
    #[serde(default)]
    pub local_rank: usize,
    /// Processes of this machine, which share its cores; 0 where it is not known.
    #[serde(default)]
    pub local_world_size: usize,
    /// `host:port` where rank 0 listens.
    pub store: String,
    /// How long a process waits for another one.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: f64,
    /// The store is served by the launcher, not by rank 0 (torchrun).
    #[serde(default)]
    pub store_is_served: bool,
    /// Counts restarts on the same store.
    #[serde(default)]
    pub attempt: u64,
}

pub(super) fn default_timeout() -> f64 {
    300.0
}

impl Placement {
    /// What was asked for, else what the environment of torchrun or SLURM says; `None` for a process that trains alone.
    pub fn resolve(
        explicit: Option<Placement>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>> {
        let placement = match explicit {
            Some(placement) => Some(placement),
            None => environment::placement(environment)?,
        };
        if let Some(placement) = &placement {
            placement.validate()?;
        }
        Ok(placement.filter(|placement| placement.world_size > 1))
    }

    /// Host and port of the store.
    pub fn address(&self) -> Result<(&str, u16)> {
        let parts = self.store.rsplit_once(':');
        let address = parts.and_then(|(host, port)| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Some((host, port.parse().ok()?)).filter(|_| !host.is_empty())
        });
        address.ok_or_else(|| {
            NetError::config(
                "store",
                format!("\"{}\" is no address", self.store),
                "Use host:port of the machine of rank 0, such as 127.0.0.1:29500.",
            )
        })
    }

    /// Rank and number of the processes of this machine.
    pub fn local(&self) -> (usize, usize) {
        (self.local_rank, self.local_world_size)
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs_f64(self.timeout_seconds)
    }

    /// All processes run on this machine.
    pub fn is_local(&self) -> Result<bool> {
        Ok(matches!(self.address()?.0, "127.0.0.1" | "::1" | "localhost"))
    }

    fn validate(&self) -> Result<()> {
        self.address()?;
        if self.rank >= self.world_size {
            return Err(NetError::config(
                "rank",
                format!("{} is not below the number of processes {}", self.rank, self.world_size),
                "Ranks count from 0.",
            ));
        }
        if !(self.timeout_seconds > 0.0 && self.timeout_seconds <= 1e6) {
            return Err(NetError::config(
                "timeoutSeconds",
                format!("{} is no waiting time", self.timeout_seconds),
                "Use a positive number of seconds.",
            ));
        }
        Ok(())
    }
}
