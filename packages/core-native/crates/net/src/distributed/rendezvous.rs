//! How processes find each other.

use super::placement::Placement;
use super::team::named;
use crate::{NetError, Result};
use flc_torch_ext::{ProcessGroup, ProcessStore, StoreAddress};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Opens the store and waits until every process has done so.
pub(super) fn meet(placement: &Placement, cancelled: &dyn Fn() -> bool) -> Result<ProcessStore> {
    let (host, port) = placement.address()?;
    let prefix = format!("flc-native/{}", placement.attempt);
    let address = StoreAddress { host, port, prefix: &prefix };
    let store = if placement.rank == 0 && !placement.store_is_served {
        serve(placement, address)?
    } else {
        let silent = || NetError::RankLost {
            ranks: vec![0],
            problem: format!(
                "rank 0 did not answer at {} within {} s",
                placement.store, placement.timeout_seconds
            ),
        };
        // libtorch's own waiting for the server cannot be cancelled.
        let answers = || {
            let mut addresses = (host, port).to_socket_addrs().into_iter().flatten();
            addresses.any(|address| TcpStream::connect_timeout(&address, ONE_ATTEMPT).is_ok())
        };
        if !poll(placement.timeout(), cancelled, answers)? {
            return Err(silent());
        }
        ProcessStore::connect(address, placement.timeout()).map_err(|_| silent())?
    };
    store.set(&joined_key(placement.rank), "")?;
    wait_for_all(&store, placement, cancelled)?;
    Ok(store)
}

/// Waits until it is so, at most `timeout`; whether it is.
fn poll(
    timeout: Duration,
    cancelled: &dyn Fn() -> bool,
    mut is_so: impl FnMut() -> bool,
) -> Result<bool> {
    let begin = Instant::now();
    loop {
        if cancelled() {
            return Err(NetError::Cancelled { checkpoint: None });
        }
        if is_so() {
            return Ok(true);
        }
        let left = timeout.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        std::thread::sleep(left.min(INTERVAL));
    }
}

const INTERVAL: Duration = Duration::from_millis(50);
const ONE_ATTEMPT: Duration = Duration::from_secs(1);

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

fn wait_for_all(
    store: &ProcessStore,
    placement: &Placement,
    cancelled: &dyn Fn() -> bool,
) -> Result<()> {
    let mut absent: Vec<_> = (0..placement.world_size).collect();
    let all_are_there = || {
        absent.retain(|&rank| !store.has(&joined_key(rank)).unwrap_or(false));
        absent.is_empty()
    };
    if poll(placement.timeout(), cancelled, all_are_there)? {
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
