//! What needs CUDA: `libflc_torch_cuda.so` (cpp/) and the compiler of kernels, both opened at run time, so that one addon serves hosts
//! with and without a GPU. The object must come after libtorch_cuda.so, whose symbols it needs; a host without a GPU can open it too and
//! finds no device. Tensors cross as `at::Tensor *` (tch's `as_ptr`).

mod batch_norm;
mod code_cache;
mod error;
mod functions;
mod graph;
mod memory;
pub mod nvrtc;
mod object;
mod patch_kernel;
mod readback;
mod side_streams;
mod upload;

pub use batch_norm::{BATCH_NORM_SOURCE, BatchNormKernel, BatchNormPointers};
pub use error::CudaObjectError;
pub use graph::{Capture, Graph};
pub use memory::MemoryUse;
pub use object::{CudaDevice, CudaObject};
pub use patch_kernel::{PATCH_KERNEL_SOURCE, PatchKernel};
pub use readback::Readback;
pub use side_streams::{SideGuard, SideStreams};
pub use upload::Upload;
