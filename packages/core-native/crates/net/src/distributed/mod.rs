//! Training by several processes that hold the same network, each on its share of every batch (docs/how-to/many-processes.md).

mod buckets;
mod environment;
mod heartbeat;
mod placement;
mod rendezvous;
mod team;

pub use placement::Placement;
pub use team::Team;
