use flc_imaging::{
    Clusters, Codes, Dictionary, KMeans, KSvd, Start, k_means, k_svd, nearest_words,
    orthogonal_matching_pursuit, with_threads,
};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Float64Array, Int32Array, Uint32Array};
use napi_derive::napi;

use crate::background::Background;
use crate::cancellation::BindingCancellation;

#[napi(object, object_to_js = false)]
pub struct BindingKMeans {
    pub data: Float32Array,
    pub dimensions: u32,
    /// First centres; left out where `draws` pick them.
    pub centres: Option<Float32Array>,
    pub draws: Float64Array,
    pub max_iterations: u32,
    pub tolerance: f64,
    /// 0: as many as there are cores.
    pub threads: u32,
}

#[napi(object, object_from_js = false)]
pub struct BindingClusters {
    pub centres: Float32Array,
    pub labels: Uint32Array,
    pub inertia: f64,
    pub iterations: u32,
}

impl From<Clusters> for BindingClusters {
    fn from(clusters: Clusters) -> Self {
        Self {
            centres: clusters.centres.into(),
            labels: clusters.labels.into(),
            inertia: clusters.inertia,
            iterations: clusters.iterations as u32,
        }
    }
}

#[napi(ts_return_type = "Promise<BindingClusters | BindingError>")]
pub fn start_k_means(
    problem: BindingKMeans,
    cancellation: &BindingCancellation,
) -> AsyncTask<Background<Clusters, BindingClusters>> {
    let cancelled = cancellation.check();
    // Arrays of Node may change while another thread works, so that thread gets copies. Here and below.
    let (data, draws) = (problem.data.to_vec(), problem.draws.to_vec());
    let centres = problem.centres.as_ref().map(|centres| centres.to_vec());
    let (dimensions, threads) = (problem.dimensions as usize, problem.threads as usize);
    let (max_iterations, tolerance) = (problem.max_iterations as usize, problem.tolerance);
    let run = move || {
        let start = centres.as_deref().map_or(Start::Draws(&draws), Start::Centres);
        let problem = KMeans { data: &data, dimensions, start, max_iterations, tolerance };
        with_threads(threads, || k_means(&problem, &cancelled))?
    };
    Background::start(run, BindingClusters::from)
}

#[napi(ts_return_type = "Promise<Uint32Array | BindingError>")]
pub fn start_nearest_words(
    data: Float32Array,
    centres: Float32Array,
    dimensions: u32,
    threads: u32,
) -> AsyncTask<Background<Vec<u32>, Uint32Array>> {
    let (data, centres) = (data.to_vec(), centres.to_vec());
    let run = move || {
        with_threads(threads as usize, || nearest_words(&data, &centres, dimensions as usize))?
    };
    Background::start(run, Uint32Array::from)
}

#[napi(object, object_from_js = false)]
pub struct BindingCodes {
    pub atoms: Int32Array,
    pub coefficients: Float32Array,
}

impl From<Codes> for BindingCodes {
    fn from(codes: Codes) -> Self {
        Self { atoms: codes.atoms.into(), coefficients: codes.coefficients.into() }
    }
}

#[napi(ts_return_type = "Promise<BindingCodes | BindingError>")]
pub fn start_matching_pursuit(
    signals: Float32Array,
    dictionary: Float32Array,
    dimensions: u32,
    sparsity: u32,
    threads: u32,
    cancellation: &BindingCancellation,
) -> AsyncTask<Background<Codes, BindingCodes>> {
    let cancelled = cancellation.check();
    let (signals, dictionary) = (signals.to_vec(), dictionary.to_vec());
    let (dimensions, sparsity) = (dimensions as usize, sparsity as usize);
    let run = move || {
        with_threads(threads as usize, || {
            orthogonal_matching_pursuit(&signals, &dictionary, dimensions, sparsity, &cancelled)
        })?
    };
    Background::start(run, BindingCodes::from)
}

#[napi(object, object_to_js = false)]
pub struct BindingKSvd {
    pub signals: Float32Array,
    pub dimensions: u32,
    pub sparsity: u32,
    pub iterations: u32,
    pub draws: Float64Array,
    /// 0: as many as there are cores.
    pub threads: u32,
}

#[napi(object, object_from_js = false)]
pub struct BindingDictionary {
    pub atoms: Float32Array,
    pub errors: Float64Array,
}

impl From<Dictionary> for BindingDictionary {
    fn from(dictionary: Dictionary) -> Self {
        Self { atoms: dictionary.atoms.into(), errors: dictionary.errors.into() }
    }
}

#[napi(ts_return_type = "Promise<BindingDictionary | BindingError>")]
pub fn start_k_svd(
    problem: BindingKSvd,
    cancellation: &BindingCancellation,
) -> AsyncTask<Background<Dictionary, BindingDictionary>> {
    let cancelled = cancellation.check();
    let (signals, draws) = (problem.signals.to_vec(), problem.draws.to_vec());
    let (dimensions, sparsity) = (problem.dimensions as usize, problem.sparsity as usize);
    let (iterations, threads) = (problem.iterations as usize, problem.threads as usize);
    let run = move || {
        let problem = KSvd { signals: &signals, dimensions, sparsity, iterations, draws: &draws };
        with_threads(threads, || k_svd(&problem, &cancelled))?
    };
    Background::start(run, BindingDictionary::from)
}
