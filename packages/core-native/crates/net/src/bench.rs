//! The training step and the label map on given inputs, timed one by one: what the benchmarks set beside PyTorch. They run the code that
//! training and prediction run; only the inputs come from outside.

use crate::config::TrainConfig;
use crate::data::resize;
use crate::device::DeviceSpec;
use crate::distributed::Team;
use crate::inference::FoldedNetwork;
use crate::model::Inputs;
use crate::train::{Learner, Portion, StepPrograms, load_model};
use crate::{NetError, Result, runtime, state_file};
use std::path::PathBuf;
use std::time::Instant;
use tch::{Device, Tensor};

/// Weights and one batch. `patches` [n, phases, patch_size, patch_size] and `rois` [rois, phases, *roi_size], both in [-1, 1] before resizing.
#[derive(Debug, Clone)]
pub struct BenchCase {
    pub config: TrainConfig,
    /// Folder of weights.safetensors and network.json.
    pub weights: PathBuf,
    pub patches: Vec<f32>,
    pub rois: Vec<f32>,
    pub roi_size: [i64; 2],
    pub roi_of_patch: Vec<i64>,
    pub targets: Vec<i64>,
}

#[derive(Debug, Clone, Default)]
pub struct BenchTimes {
    pub seconds: Vec<f64>,
    /// Training: the joint loss of each step.
    pub losses: Vec<f64>,
    /// Label map: logits of `fc` [n, classes].
    pub logits: Vec<f32>,
}

/// `steps` training steps from the stored weights, the first from cold memory. Seconds of each step; on a GPU means of groups of them.
pub fn training_steps(case: &BenchCase, steps: usize) -> Result<BenchTimes> {
    let device = open(case)?;
    let mut learner = Learner::new(&case.config, device)?;
    learner
        .network
        .parameters
        .load(&state_file::read(&case.weights.join("weights.safetensors"))?.tensors)?;
    let batch = Batch::new(case, device)?;
    let targets = Tensor::f_from_slice(&case.targets)?.f_to_device(device)?;
    let team = Team::alone();
    let mut programs = StepPrograms::new(&case.config, device, &team);
    // On a GPU nothing waits within a group of steps, as in training; each then counts for its share of the time.
    let group = if device == Device::Cpu { 1 } else { case.config.report_every as usize };
    let mut times = BenchTimes::default();
    while times.losses.len() < steps {
        let count = group.min(steps - times.losses.len());
        let begin = Instant::now();
        let mut sums = Vec::with_capacity(count);
        for _ in 0..count {
            let sum = programs.run(&[], &mut |_| {
                let targets = targets.shallow_clone();
                let whole = Portion { inputs: batch.inputs(case)?, targets, part: 1.0 };
                learner.advance(&team, [Ok(whole)])
            })?;
            // The next step may overwrite it.
            sums.push(sum.f_add_scalar(0.0)?);
        }
        runtime::finish(device)?;
        let seconds = begin.elapsed().as_secs_f64() / count as f64;
        times.seconds.extend(vec![seconds; count]);
        for sum in &sums {
            times.losses.push(learner.read(sum)?.loss);
        }
    }
    Ok(times)
}

/// `repeats` label maps of one lesion, folding and loading not counted.
pub fn label_maps(case: &BenchCase, repeats: usize) -> Result<BenchTimes> {
    let _no_grad = tch::no_grad_guard();
    let device = open(case)?;
    let (network, _) = load_model(&case.weights, case.config.precision, device)?;
    let network = FoldedNetwork::new(&network, device)?;
    let batch = Batch::new(case, device)?;
    let mut times = BenchTimes::default();
    for _ in 0..repeats {
        let begin = Instant::now();
        let logits = label_map(&network, &batch, case)?;
        runtime::finish(device)?;
        times.seconds.push(begin.elapsed().as_secs_f64());
        times.logits = vec![0.0; logits.numel()];
        logits
            .f_to_kind(tch::Kind::Float)?
            .f_contiguous()?
            .f_to_device(Device::Cpu)?
            .f_copy_data(&mut times.logits, logits.numel())?;
    }
    Ok(times)
}

fn label_map(network: &FoldedNetwork, batch: &Batch, case: &BenchCase) -> Result<Tensor> {
    let rois = resize(&batch.rois, network.config.roi_input)?;
    let global = network.features(&network.global, &rois)?;
    let mut logits = Vec::new();
    let count = case.roi_of_patch.len();
    for start in (0..count).step_by(network.patches_at_once) {
        let length = network.patches_at_once.min(count - start) as i64;
        let cut = batch.patches.f_narrow(0, start as i64, length)?;
        let local = network.features(&network.local, &resize(&cut, network.config.patch_input)?)?;
        let roi = batch.roi_of_patch.f_narrow(0, start as i64, length)?;
        let shared = global.f_index_select(0, &roi)?;
        logits.push(network.fusion.forward(Some(&local), Some(&shared), false)?.last);
    }
    Ok(Tensor::f_cat(&logits, 0)?)
}

fn open(case: &BenchCase) -> Result<Device> {
    tch::set_num_threads(runtime::resolve_threads(case.config.threads) as i32);
    Ok(DeviceSpec::parse(&case.config.device)?.open()?.device)
}

struct Batch {
    patches: Tensor,
    rois: Tensor,
    roi_of_patch: Tensor,
    /// Patches and ROIs are pairs already.
    pairs: bool,
}

impl Batch {
    fn new(case: &BenchCase, device: Device) -> Result<Self> {
        let network = &case.config.network;
        let side = network.patch_size;
        let tensor = |values: &[f32], shape: [i64; 4]| -> Result<Tensor> {
            let whole = shape.iter().skip(1).product::<i64>();
            if whole == 0 || values.len() as i64 % whole != 0 {
                return Err(NetError::data(
                    "patches or rois are not whole images",
                    "Check their sizes.",
                ));
            }
            let values = Tensor::f_from_slice(values)?.f_view(shape)?;
            Ok(values.f_to_device(device)?.f_to_kind(case.config.precision.master())?)
        };
        let [rows, columns] = case.roi_size;
        Ok(Self {
            patches: tensor(&case.patches, [-1, network.phases, side, side])?,
            rois: tensor(&case.rois, [-1, network.phases, rows, columns])?,
            roi_of_patch: Tensor::f_from_slice(&case.roi_of_patch)?.f_to_device(device)?,
            pairs: case.roi_of_patch.iter().enumerate().all(|(i, &roi)| i as i64 == roi),
        })
    }

    fn inputs(&self, case: &BenchCase) -> Result<Inputs> {
        let network = &case.config.network;
        Ok(Inputs {
            patches: Some(resize(&self.patches, network.patch_input)?),
            rois: Some(resize(&self.rois, network.roi_input)?),
            roi_of_patch: (!self.pairs).then(|| self.roi_of_patch.shallow_clone()),
        })
    }
}
