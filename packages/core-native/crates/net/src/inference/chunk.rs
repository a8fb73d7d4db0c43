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

/// Classifies chunk after chunk; on a GPU those of the first one's shape by a CUDA graph, where that can be done.
#[derive(Debug)]
pub struct ChunkProgram<'a> {
    network: &'a FoldedNetwork,
    shapes: Vec<Vec<i64>>,
    eager: u32,
    captured: Option<Captured>,
    may_capture: bool,
}

#[derive(Debug)]
struct Captured {
    graph: Graph,
    chunk: Chunk,
    probabilities: Tensor,
}

impl<'a> ChunkProgram<'a> {
    pub fn new(network: &'a FoldedNetwork) -> Self {
        let on_gpu = matches!(network.device, Device::Cuda(_));
        let may_capture = on_gpu && Graph::unavailable().is_none();
        Self { network, shapes: Vec::new(), eager: 0, captured: None, may_capture }
    }

    /// [n, classes] float32
    pub fn run(&mut self, chunk: Chunk) -> Result<Tensor> {
        if self.shapes != chunk.shapes() {
            self.shapes = chunk.shapes();
            (self.eager, self.captured) = (0, None);
        }
        if let Some(Captured { graph, chunk: placed, probabilities }) = &self.captured {
            for (place, tensor) in placed.tensors().zip(chunk.tensors()) {
                place.shallow_clone().f_copy_(tensor)?;
            }
            graph.replay()?;
            return copy(probabilities);
        }
        if self.may_capture && self.eager >= WARM_UP {
            let work = || self.network.classify(&chunk);
            match Graph::capture(self.network.device, work) {
                Ok((graph, probabilities)) => {
                    graph.replay()?;
                    let result = copy(&probabilities)?;
                    self.captured = Some(Captured { graph, chunk, probabilities });
                    return Ok(result);
                }
                Err(_) => self.may_capture = false,
            }
        }
        self.eager += 1;
        self.network.classify(&chunk)
    }
}

/// The next replay overwrites the original.
fn copy(tensor: &Tensor) -> Result<Tensor> {
    let mut copy = tensor.f_empty_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}
