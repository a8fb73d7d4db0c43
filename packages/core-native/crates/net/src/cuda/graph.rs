use super::object;
use crate::{NetError, Result, runtime};
use tch::Device;

/// Work on a GPU, recorded once and repeated by one call: CUDA graphs spare the host thousands of launches in a step.
#[derive(Debug)]
pub struct Graph(flc_torch_cuda::Graph);

impl Graph {
    /// Why nothing can be captured in this process, if so.
    pub fn unavailable() -> Option<String> {
        object().err()
    }

    /// Records what `work` queues without computing it; what it returns is where each replay leaves its results.
    ///
    /// `work` must have run before, must find the tensors it changes in the same place at every replay, and must not wait for the GPU.
    pub fn capture<T>(device: Device, work: impl FnOnce() -> Result<T>) -> Result<(Self, T)> {
        let Device::Cuda(index) = device else {
            return Err(NetError::Internal("graphs are for GPUs".into()));
        };
        let object = object().map_err(NetError::Internal)?;
        // Kernels are compiled and checked at first use, which a capture could not hold.
        super::fallbacks(device);
        // Memory that is kept for other tensors cannot be given back during a capture.
        runtime::release_cached_memory(device);
        let capture = object.graph_begin(index as i32)?;
        let results = work()?;
        Ok((Self(capture.end()?), results))
    }

    /// Repeats the work on the current stream.
    pub fn replay(&self) -> Result<()> {
        Ok(self.0.replay()?)
    }
}
