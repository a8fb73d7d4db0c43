//! Several processes of a team, each on a thread of this one.

use flc_net::distributed::Placement;
use std::net::TcpListener;

/// Placements of `size` processes at a free port.
pub fn placements(size: usize, timeout_seconds: f64) -> Vec<Placement> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (0..size)
        .map(|rank| Placement {
            rank,
            world_size: size,
            local_rank: rank,
            local_world_size: size,
            store: format!("127.0.0.1:{port}"),
            timeout_seconds,
            store_is_served: false,
            attempt: 0,
        })
        .collect()
}

/// Runs `body` as each of `size` processes and returns the results by rank.
pub fn on_ranks<T: Send>(size: usize, body: impl Fn(Placement) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = placements(size, 30.0)
            .into_iter()
            .map(|place| {
                let body = &body;
                scope.spawn(move || body(place))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
