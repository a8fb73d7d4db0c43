//! How processes find each other.

use super::placement::Placement;
use super::team::named;
use crate::{NetError, Result};
use flc_torch_ext::{ProcessGroup, ProcessStore, StoreAddress};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Opens the store and waits until every process has done so.
pub(super) fn meet(placement: &Placement) -> Result<ProcessStore> {
    let (host, port) = placement.address()?;
    let prefix = format!("flc-native/{}", placement.attempt);
    let address = StoreAddress { host, port, prefix: &prefix };
    let store = if placement.rank == 0 && !placement.store_is_served {
        serve(placement, address)?
    } else {
        ProcessStore::connect(address, placement.timeout()).map_err(|_| NetError::RankLost {
            ranks: vec![0],
            problem: format!(
                "rank 0 did not answer at {} within {} s",
                placement.store, placement.timeout_seconds
            ),
        })?
    };
    store.set(&joined_key(placement.rank), "")?;
    wait_for_all(&store, placement)?;
    Ok(store)
}

/// On this machine alone the store listens on the loopback address alone: it knows no password.
fn serve(placement: &Placement, address: StoreAddress) -> Result<ProcessStore> {
    let refused = |problem: String| {
        NetError::config(
            "store",
            format!("cannot listen on {}: {problem}", placement.store),
            "Choose another port, on an address of the machine of rank 0.",
        )
    };
    let listener = if placement.is_local()? {
        let bound = TcpListener::bind((address.host, address.port));
        Some(bound.map_err(|error| refused(error.to_string()))?)
    } else {
        None
    };
    ProcessStore::serve(address, listener, placement.timeout())
        .map_err(|error| refused(error.0.lines().next().unwrap_or_default().into()))
}

fn wait_for_all(store: &ProcessStore, placement: &Placement) -> Result<()> {
    let begin = Instant::now();
    let mut absent = Vec::new();
    for rank in 0..placement.world_size {
        let left = placement.timeout().saturating_sub(begin.elapsed());
        // 0 would wait for ever.
        if store.wait(&joined_key(rank), left.max(Duration::from_millis(1))).is_err() {
            absent.push(rank);
        }
    }
    if absent.is_empty() {
        return Ok(());
    }
    let verb = if absent.len() == 1 { "has" } else { "have" };
    Err(NetError::RankLost {
        problem: format!(
            "{} of {} {verb} not joined within {} s",
            named(&absent),
            placement.world_size,
            placement.timeout_seconds
        ),
        ranks: absent,
    })
}

/// The Gloo group of all processes.
pub(super) fn connect(store: &ProcessStore, placement: &Placement) -> Result<ProcessGroup> {
    let host = if placement.is_local()? { "127.0.0.1" } else { "" };
    let Placement { rank, world_size, .. } = *placement;
    Ok(ProcessGroup::gloo(store, rank, world_size, placement.timeout(), host)?)
}

fn joined_key(rank: usize) -> String {
    format!("joined/{rank}")
}
