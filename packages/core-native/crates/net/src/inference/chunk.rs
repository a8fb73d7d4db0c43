use super::FoldedNetwork;
use crate::Result;
use crate::cuda::Graph;
use tch::{Device, Kind, Tensor};

/// What the network sees of some patches.
#[derive(Debug)]
pub struct Chunk {
    /// [n, phases, patch_input, patch_input]
    pub local: Option<Tensor>,
    /// The same at the second scale. [n, phases, roi_input, roi_input]
    pub wide: Option<Tensor>,
    /// Global features of each patch's ROI. [n, branches, widths[2]]
    pub shared: Option<Tensor>,
}

impl Chunk {
    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        [&self.local, &self.wide, &self.shared].into_iter().flatten()
    }

    fn shapes(&self) -> Vec<Vec<i64>> {
        self.tensors().map(Tensor::size).collect()
    }
}

impl FoldedNetwork {
    /// Softmax of `fc`. [n, classes] float32
    fn classify(&self, chunk: &Chunk) -> Result<Tensor> {
        let features = |pathways, images: &Option<Tensor>| {
            images.as_ref().map(|images| self.features(pathways, images)).transpose()
        };
        let local = features(&self.local, &chunk.local)?;
        let wide = features(&self.global, &chunk.wide)?;
        let global = chunk.shared.as_ref().or(wide.as_ref());
        Ok(self.fusion.forward(local.as_ref(), global, false)?.last.f_softmax(1, Kind::Float)?)
    }
}

/// Chunks of a shape that run eagerly before one is captured: most calls are over by then, and cuDNN has chosen its algorithms.
const WARM_UP: u32 = 4;

/// Classifies chunk after chunk; on a GPU those of a shape that keeps coming by a CUDA graph, where that can be done.
#[derive(Debug, Default)]
pub struct ChunkProgram {
    shapes: Vec<Vec<i64>>,
    eager: u32,
    captured: Option<Captured>,
    /// A capture has failed.
    stays_eager: bool,
}

#[derive(Debug)]
struct Captured {
    graph: Graph,
    chunk: Chunk,
    probabilities: Tensor,
}

impl ChunkProgram {
    /// [n, classes] float32. A program is for one network.
    pub fn run(&mut self, network: &FoldedNetwork, chunk: Chunk) -> Result<Tensor> {
        let on_gpu = matches!(network.device, Device::Cuda(_));
        if !on_gpu || self.stays_eager || Graph::unavailable().is_some() {
            return network.classify(&chunk);
        }
        let is_usual = self.shapes == chunk.shapes();
        if let (true, Some(captured)) = (is_usual, &self.captured) {
            return captured.run(&chunk);
        }
        if is_usual && self.eager >= WARM_UP {
            match Graph::capture(network.device, || network.classify(&chunk)) {
                Ok((graph, probabilities)) => {
                    let captured = self.captured.insert(Captured { graph, chunk, probabilities });
                    captured.graph.replay()?;
                    return copy(&captured.probabilities);
                }
                Err(error) => {
                    self.stays_eager = true;
                    network.notice(format!("label maps run without a CUDA graph: {error}"));
                }
            }
        }
        // The last chunk of a call is smaller than the others: it does not throw away what was captured.
        if !is_usual && self.captured.is_none() {
            (self.shapes, self.eager) = (chunk.shapes(), 0);
        }
        self.eager += u32::from(is_usual);
        network.classify(&chunk)
    }
}

impl Captured {
    fn run(&self, chunk: &Chunk) -> Result<Tensor> {
        for (place, tensor) in self.chunk.tensors().zip(chunk.tensors()) {
            place.shallow_clone().f_copy_(tensor)?;
        }
        self.graph.replay()?;
        copy(&self.probabilities)
    }
}

/// The next replay overwrites the original.
fn copy(tensor: &Tensor) -> Result<Tensor> {
    let mut copy = tensor.f_empty_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}
