use std::sync::{Arc, Mutex, PoisonError};

use flc_imaging::{
    ImagingError, RandomWalk, Segmentation, Size, WalkSession, random_walk, with_threads,
};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Int32Array, Uint8Array};
use napi_derive::napi;

use crate::background::Background;
use crate::cancellation::BindingCancellation;

/// All but the seeds.
#[napi(object, object_to_js = false)]
pub struct BindingRandomWalk {
    pub images: Vec<Float32Array>,
    pub size: Vec<f64>,
    pub spacing: Vec<f64>,
    pub labels: u32,
    pub beta: f64,
    pub tolerance: f64,
    pub iterations: u32,
    pub priors: Option<Float32Array>,
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
    pub reused: bool,
}

impl From<Segmentation> for BindingSegmentation {
    fn from(segmentation: Segmentation) -> Self {
        Self {
            labels: segmentation.labels.into(),
            probabilities: segmentation.probabilities.into(),
            iterations: segmentation.iterations as u32,
            residual: segmentation.residual,
            reused: segmentation.reused,
        }
    }
}

/// Arrays of Node may change while another thread works, so that thread gets copies.
struct OwnedWalk {
    images: Vec<Vec<f32>>,
    size: Vec<f64>,
    spacing: Vec<f64>,
    labels: usize,
    beta: f64,
    tolerance: f64,
    iterations: usize,
    priors: Option<Vec<f32>>,
    threads: usize,
}

impl From<BindingRandomWalk> for OwnedWalk {
    fn from(walk: BindingRandomWalk) -> Self {
        Self {
            images: walk.images.iter().map(|image| image.to_vec()).collect(),
            size: walk.size,
            spacing: walk.spacing,
            labels: walk.labels as usize,
            beta: walk.beta,
            tolerance: walk.tolerance,
            iterations: walk.iterations as usize,
            priors: walk.priors.as_ref().map(|priors| priors.to_vec()),
            threads: walk.threads as usize,
        }
    }
}

impl OwnedWalk {
    /// Runs `work` on the walk and on its threads.
    fn with<T: Send>(
        &self,
        work: impl FnOnce(&RandomWalk) -> Result<T, ImagingError> + Send,
    ) -> Result<T, ImagingError> {
        let images: Vec<&[f32]> = self.images.iter().map(Vec::as_slice).collect();
        let walk = RandomWalk {
            images: &images,
            size: Size::parse("size", &self.size)?,
            spacing: &self.spacing,
            labels: self.labels,
            beta: self.beta,
            tolerance: self.tolerance,
            iterations: self.iterations,
            priors: self.priors.as_deref(),
        };
        with_threads(self.threads, || work(&walk))?
    }
}

type Walk = Background<Segmentation, BindingSegmentation>;

#[napi(ts_return_type = "Promise<BindingSegmentation | BindingError>")]
pub fn start_random_walk(
    walk: BindingRandomWalk,
    seeds: Int32Array,
    warm_start: Option<Float32Array>,
    cancellation: &BindingCancellation,
) -> AsyncTask<Walk> {
    let owned = OwnedWalk::from(walk);
    let seeds = seeds.to_vec();
    let warm_start = warm_start.map(|start| start.to_vec());
    let cancelled = cancellation.check();
    let work =
        move || owned.with(|walk| random_walk(walk, &seeds, warm_start.as_deref(), &cancelled));
    Background::start(work, BindingSegmentation::from)
}

/// A session and what it runs on.
pub struct OpenSession {
    session: WalkSession,
    threads: usize,
}

/// What a stroke does not change, kept between solutions; `close` lets it go.
#[napi]
pub struct BindingWalkSession {
    // Node-API lends `self` while a solution runs, so that `close` cannot have it mutably.
    open: Mutex<Option<Arc<Mutex<OpenSession>>>>,
}

impl From<OpenSession> for BindingWalkSession {
    fn from(session: OpenSession) -> Self {
        Self { open: Mutex::new(Some(Arc::new(Mutex::new(session)))) }
    }
}

type Opening = Background<OpenSession, BindingWalkSession>;

#[napi(ts_return_type = "Promise<BindingWalkSession | BindingError>")]
pub fn open_walk_session(walk: BindingRandomWalk) -> AsyncTask<Opening> {
    let owned = OwnedWalk::from(walk);
    let open = move || {
        let session = owned.with(WalkSession::new)?;
        Ok(OpenSession { session, threads: owned.threads })
    };
    Background::start(open, BindingWalkSession::from)
}

#[napi]
impl BindingWalkSession {
    /// Solutions of one session run one after the other.
    #[napi(ts_return_type = "Promise<BindingSegmentation | BindingError>")]
    pub fn solve(&self, seeds: Int32Array, cancellation: &BindingCancellation) -> AsyncTask<Walk> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let seeds = seeds.to_vec();
        let cancelled = cancellation.check();
        let solve = move || {
            let closed = || ImagingError::Parameter {
                what: "session",
                expected: "open",
                got: "a closed one".to_owned(),
            };
            let open = open.ok_or_else(closed)?;
            // A session is whole between its steps, even where one panicked.
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let OpenSession { session, threads } = &mut *open;
            with_threads(*threads, || session.solve(&seeds, &cancelled))?
        };
        Background::start(solve, BindingSegmentation::from)
    }

    /// What runs is finished.
    #[napi]
    pub fn close(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
