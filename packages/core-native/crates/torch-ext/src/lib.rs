//! The few libtorch calls that tch lacks, as a small C++ shim. No CUDA symbol in it: the addon must load on CPU hosts.

mod allocator;
mod batch_norm;
mod boundary;
mod convolution;
mod fused_sgd;
mod math_modes;
mod pad_shortcut;
mod process_group;
mod process_store;
mod winograd;

pub use allocator::{cached_memory, install_caching_allocator, release_cached_memory};
pub use batch_norm::{BatchNormTensors, batch_norm_relu};
pub use boundary::TorchExtError;
pub use convolution::{convolution_relu, prepack_convolution};
pub use fused_sgd::fused_sgd;
pub use math_modes::set_gpu_math;
pub use pad_shortcut::pad_shortcut;
pub use process_group::ProcessGroup;
pub use process_store::{ProcessStore, StoreAddress};
pub use winograd::{WinogradWeights, winograd_convolution};
