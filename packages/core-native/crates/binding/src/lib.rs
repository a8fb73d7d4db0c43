//! Node face of `flc-net`. Each function converts, calls, converts. Errors return as values, so that their facts arrive in TypeScript
//! whole; a panic or a C++ exception becomes such a value too.

mod bench;
mod cancellation;
mod config;
mod devices;
mod failure;
mod network;
mod network_thread;
mod samples;
mod training;
