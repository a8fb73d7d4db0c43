use super::{object, pointer};
use crate::Result;
use tch::{Device, Tensor};

/// Streams for pieces of work that do not need each other.
#[derive(Debug)]
pub struct SideStreams(flc_torch_cuda::SideStreams);

impl SideStreams {
    /// Or in words why there are none.
    pub fn new(device: Device, count: usize) -> Result<Self, String> {
        let Device::Cuda(index) = device else { return Err("streams are for GPUs".into()) };
        let streams = object()?.side_streams(index as i32, count);
        Ok(Self(streams.map_err(|error| error.to_string())?))
    }

    /// `work(0)`, `work(1)` ... side by side, one on each stream. All of them read `shared`, also in the backward pass.
    pub fn each<T>(
        &self,
        count: usize,
        shared: &Tensor,
        work: impl Fn(usize) -> Result<T>,
    ) -> Result<Vec<T>> {
        let branch = |index: usize| {
            // Modulo: there may be more pieces than streams.
            let stream = index % self.0.count();
            let _guard = self.0.enter(stream)?;
            // SAFETY: the tensor is alive.
            unsafe { self.0.keep(stream, pointer(shared)) }?;
            work(index)
        };
        self.0.fork()?;
        let results: Result<Vec<T>> = (0..count).map(branch).collect();
        // Also after a failure, so that a capture under way can be ended.
        self.0.join()?;
        results
    }
}
