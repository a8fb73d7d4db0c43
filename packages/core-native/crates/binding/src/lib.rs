//! Node face of `flc-net`. Each function converts, calls, converts. Errors return as values, so that their facts arrive in TypeScript
//! whole; a panic or a C++ exception becomes such a value too.

pub mod bench;
pub mod cancellation;
pub mod config;
pub mod devices;
pub mod failure;
pub mod network;
pub mod network_thread;
pub mod samples;
pub mod training;
pub mod work;
