use flc_imaging::{ImagingError, RandomWalk, Segmentation, Size, random_walk, with_threads};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Int32Array, Uint8Array};
use napi_derive::napi;

use crate::background::Background;
use crate::cancellation::BindingCancellation;

#[napi(object, object_to_js = false)]
pub struct BindingRandomWalk {
    pub images: Vec<Float32Array>,
    pub size: Vec<f64>,
    pub spacing: Vec<f64>,
    pub seeds: Int32Array,
    pub labels: u32,
    pub beta: f64,
    pub tolerance: f64,
    pub iterations: u32,
    pub priors: Option<Float32Array>,
    pub warm_start: Option<Float32Array>,
    /// 0: as many as there are cores.
    pub threads: u32,
}

#[napi(object, object_from_js = false)]
pub struct BindingSegmentation {
    pub labels: Uint8Array,
    /// [labels, voxels]
    pub probabilities: Float32Array,
    pub iterations: u32,
    pub residual: f64,
}

impl From<Segmentation> for BindingSegmentation {
    fn from(segmentation: Segmentation) -> Self {
        Self {
            labels: segmentation.labels.into(),
            probabilities: segmentation.probabilities.into(),
            iterations: segmentation.iterations as u32,
            residual: segmentation.residual,
        }
    }
}

/// Arrays of Node may change while another thread works, so that thread gets copies.
struct OwnedWalk {
    images: Vec<Vec<f32>>,
    size: Vec<f64>,
    spacing: Vec<f64>,
    seeds: Vec<i32>,
    labels: usize,
    beta: f64,
    tolerance: f64,
    iterations: usize,
    priors: Option<Vec<f32>>,
    warm_start: Option<Vec<f32>>,
    threads: usize,
}

impl From<BindingRandomWalk> for OwnedWalk {
    fn from(walk: BindingRandomWalk) -> Self {
        Self {
            images: walk.images.iter().map(|image| image.to_vec()).collect(),
            size: walk.size,
            spacing: walk.spacing,
            seeds: walk.seeds.to_vec(),
            labels: walk.labels as usize,
            beta: walk.beta,
            tolerance: walk.tolerance,
            iterations: walk.iterations as usize,
            priors: walk.priors.as_ref().map(|priors| priors.to_vec()),
            warm_start: walk.warm_start.as_ref().map(|start| start.to_vec()),
            threads: walk.threads as usize,
        }
    }
}

impl OwnedWalk {
    fn run(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Segmentation, ImagingError> {
        let images: Vec<&[f32]> = self.images.iter().map(Vec::as_slice).collect();
        let walk = RandomWalk {
            images: &images,
            size: Size::parse("size", &self.size)?,
            spacing: &self.spacing,
            seeds: &self.seeds,
            labels: self.labels,
            beta: self.beta,
            tolerance: self.tolerance,
            iterations: self.iterations,
            priors: self.priors.as_deref(),
            warm_start: self.warm_start.as_deref(),
        };
        with_threads(self.threads, || random_walk(&walk, cancelled))?
    }
}

type Walk = Background<Segmentation, BindingSegmentation>;

#[napi(ts_return_type = "Promise<BindingSegmentation | BindingError>")]
pub fn start_random_walk(
    walk: BindingRandomWalk,
    cancellation: &BindingCancellation,
) -> AsyncTask<Walk> {
    let owned = OwnedWalk::from(walk);
    let cancelled = cancellation.check();
    Background::start(move || owned.run(&cancelled), BindingSegmentation::from)
}
