//! ResGL-BDLSTM (Liang et al., MICCAI 2018): the network, its joint loss, trainer and inference on libtorch. Knows nothing of Node.

pub mod bench;
pub mod config;
pub mod cuda;
pub mod data;
pub mod device;
pub mod distributed;
pub mod error;
pub mod inference;
pub mod loader;
pub mod loss;
pub mod model;
pub mod optimizer;
pub mod random;
pub mod runtime;
pub mod sampler;
pub mod state_file;
pub mod train;

pub use error::{NetError, Result};
