//! The thread that owns a network's tensors. Everything asked of the network is sent to it; it ends when the last sender is dropped.

use crate::failure::{BindingFailure, guarded};
use crate::samples::OwnedSample;
use crate::work::Busy;
use flc_net::NetError;
use flc_net::config::{Background, NetworkConfig, Precision};
use flc_net::data::{LesionStore, PatchList};
use flc_net::device::{DeviceSpec, Opened};
use flc_net::inference::{FoldedNetwork, Predictions};
use flc_net::{cuda, runtime, train};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use tch::Device;

pub struct LoadRequest {
    pub model_dir: PathBuf,
    pub device: String,
    pub threads: i64,
    pub precision: Precision,
    /// `None`: as suits the device.
    pub patches_at_once: Option<usize>,
    pub cuda_object: Option<PathBuf>,
}

pub struct PredictRequest {
    pub samples: Vec<OwnedSample>,
    /// (sample, row, column) triples.
    pub patches: Vec<i32>,
    pub cancelled: Box<dyn Fn() -> bool + Send>,
    /// Until the reply is given.
    pub busy: Busy,
    pub reply: Box<dyn FnOnce(Result<Predictions, BindingFailure>) + Send>,
}

/// What is known of a loaded network outside its thread.
pub struct Facts {
    pub config: NetworkConfig,
    pub patches_at_once: usize,
}

struct Loaded {
    network: FoldedNetwork,
    background: Background,
}

/// Loads the network on a new thread; `ready` gets the channel to it and its facts, or why it could not be loaded.
pub fn spawn(
    request: LoadRequest,
    busy: Busy,
    ready: impl FnOnce(Result<(Sender<PredictRequest>, Facts), BindingFailure>) + Send + 'static,
) -> std::io::Result<()> {
    std::thread::Builder::new().name("flc-network".into()).spawn(move || {
        match guarded(|| load(&request)) {
            Err(failure) => ready(Err(failure)),
            Ok(loaded) => {
                let (sender, receiver) = channel();
                let FoldedNetwork { config, patches_at_once, .. } = &loaded.network;
                let facts = Facts { config: config.clone(), patches_at_once: *patches_at_once };
                ready(Ok((sender, facts)));
                drop(busy);
                serve(&loaded, &receiver);
            }
        }
        flc_torch_ext::release_cached_memory();
    })?;
    Ok(())
}

fn load(request: &LoadRequest) -> Result<Loaded, NetError> {
    flc_torch_ext::install_caching_allocator(runtime::memory_limit(1));
    runtime::check_threads(request.threads)?;
    tch::set_num_threads(runtime::resolve_threads(request.threads) as i32);
    let Opened { device, notice } = DeviceSpec::parse(&request.device)?.open()?;
    if let Device::Cuda(_) = device {
        cuda::open_object(request.cuda_object.as_deref());
    }
    let (network, background) = train::load_model(&request.model_dir, request.precision, device)?;
    let mut network = FoldedNetwork::new(&network, device)?;
    if let Some(patches) = request.patches_at_once {
        network.patches_at_once = patches;
    }
    let notices = notice.into_iter().chain(cuda::inference_fallbacks(device));
    notices.for_each(|message| network.notice(message));
    Ok(Loaded { network, background })
}

fn serve(loaded: &Loaded, requests: &Receiver<PredictRequest>) {
    while let Ok(request) = requests.recv() {
        let PredictRequest { samples, patches, cancelled, busy, reply } = request;
        reply(guarded(|| predict(loaded, samples, &patches, &*cancelled)));
        drop(busy);
    }
}

fn predict(
    Loaded { network, background }: &Loaded,
    samples: Vec<OwnedSample>,
    patches: &[i32],
    cancelled: &dyn Fn() -> bool,
) -> Result<Predictions, NetError> {
    let samples = OwnedSample::read_all(samples, cancelled)?;
    let store = LesionStore::new(&samples, &network.config, *background, network.device)?
        .for_precision(network.precision);
    let patches = PatchList::from_triples(patches, &store.sizes, network.config.patch_size)?;
    network.predict(&store, &patches.patches, cancelled)
}
