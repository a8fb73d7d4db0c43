//! What runs only on a GPU, against the same on the CPU or by libtorch alone. Without a GPU each test says so and ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use flc_net::config::{Background, Graphs, NetworkConfig, Precision, Switch, TrainConfig};
use flc_net::data::{LesionStore, Look, Patch, PatchList, PlacedBatch};
use flc_net::device::DeviceSpec;
use flc_net::distributed::Team;
use flc_net::inference::FoldedNetwork;
use flc_net::sampler::Sampler;
use flc_net::train::{Learner, Portion, StepOutcome, StepPrograms};
use flc_net::{cuda, runtime};
use std::path::Path;
use tch::{Device, Kind, Tensor};

const CLASSES: [i64; 4] = [0, 1, 2, 3];

/// GPU 0 with our CUDA object, or `None` with a word.
fn gpu() -> Option<Device> {
    if !runtime::nvidia_driver_present() {
        eprintln!("skipped: no NVIDIA driver");
        return None;
    }
    let device = DeviceSpec::Cuda(0).open().unwrap().device;
    let object = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../native/libflc_torch_cuda.so");
    cuda::open_object(Some(&object));
    assert_eq!(cuda::fallbacks(device), Vec::<String>::new());
    Some(device)
}

/// Wide enough for our batch norm, which takes channels by eights.
fn config(precision: Precision) -> TrainConfig {
    let network = NetworkConfig { widths: [8, 16, 24], ..support::small_network() };
    TrainConfig { network, precision, ..support::small_config() }
}

fn store(config: &TrainConfig, device: Device) -> (LesionStore, Sampler) {
    let samples: Vec<_> = (0..4).map(|class| support::lesion(class, 12, 1)).collect();
    let store = LesionStore::new(&samples, &config.network, Background::Lower, device)
        .unwrap()
        .for_precision(config.precision);
    let triples: Vec<i32> =
        (0..4).flat_map(|sample| (0..36).flat_map(move |i| [sample, i % 6, i / 6])).collect();
    let list = PatchList::from_triples(&triples, &store.sizes, 7).unwrap();
    let sampler = Sampler::new(config, list, &CLASSES).unwrap();
    (store, sampler)
}

/// Outcomes of `steps` steps with the learner they leave.
fn run(
    config: &TrainConfig,
    device: Device,
    steps: i64,
) -> (Vec<StepOutcome>, Learner, Option<String>) {
    let (store, sampler) = store(config, device);
    let mut learner = Learner::new(config, device).unwrap();
    let team = Team::alone();
    let mut programs = StepPrograms::new(config, device, &team);
    let outcomes = (0..steps)
        .map(|step| {
            let plan = sampler.draw(config, step).plan(&store, &config.network, &CLASSES);
            let sums = programs.run(&[plan], &mut |batches: &[PlacedBatch]| {
                let inputs = batches[0].inputs(&store)?;
                let whole = Portion { inputs, targets: batches[0].targets()?, part: 1.0 };
                learner.advance(&team, [Ok(whole)])
            });
            learner.read(&sums.unwrap()).unwrap()
        })
        .collect();
    (outcomes, learner, programs.eager_because().map(Into::into))
}

fn assert_close(ours: &[StepOutcome], theirs: &[StepOutcome], tolerance: f64) {
    for (step, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let difference = (ours.loss - theirs.loss).abs() / theirs.loss.abs().max(1.0);
        assert!(difference < tolerance, "step {step}: {ours:?} {theirs:?}");
    }
}

#[test]
fn the_kernel_cuts_what_libtorch_cuts() {
    let Some(device) = gpu() else { return };
    let config = config(Precision::Float32);
    let ((on_gpu, _), (on_cpu, _)) = (store(&config, device), store(&config, Device::Cpu));
    let patches: Vec<_> = (0..32)
        .map(|i| Patch { sample: i % 4, row: (i % 6) as i64, column: (i / 6) as i64 })
        .collect();
    let symmetries: Vec<i64> = (0..32).map(|i| i % 8).collect();
    let ours = support::cut(&on_gpu, Look::Patch, &patches, &symmetries).to_device(Device::Cpu);
    let theirs = support::cut(&on_cpu, Look::Patch, &patches, &symmetries);
    assert!((ours - theirs).abs().max().double_value(&[]) < 1e-5);
    let samples: Vec<usize> = (0..16).map(|i| i % 4).collect();
    let ours = support::rois(&on_gpu, &samples, &symmetries[..16]).to_device(Device::Cpu);
    assert!(ours.equal(&support::rois(&on_cpu, &samples, &symmetries[..16])));
}

#[test]
fn steps_of_a_graph_are_the_eager_steps_and_those_of_the_cpu() {
    let Some(device) = gpu() else { return };
    for (precision, tolerance) in
        [(Precision::Float32, 2e-3), (Precision::Tf32, 0.05), (Precision::Bf16, 0.1)]
    {
        let graphs = config(precision);
        let (captured, learner, eager) = run(&graphs, device, 12);
        assert_eq!(eager, None);
        let (eager, expected, _) = run(&TrainConfig { graphs: Graphs::Off, ..graphs }, device, 12);
        assert_close(&captured, &eager, tolerance);
        for ((name, ours), (_, theirs)) in
            learner.network.parameters.all().zip(expected.network.parameters.all())
        {
            let scale = theirs.abs().max().double_value(&[]).max(0.1);
            let difference = (ours - theirs).abs().max().double_value(&[]);
            assert!(difference < tolerance * scale, "{precision:?} {name}: {difference:e}");
        }
        let (on_cpu, ..) = run(&config(Precision::Float32), Device::Cpu, 12);
        assert_close(&captured, &on_cpu, 2.0 * tolerance);
    }
}

#[test]
fn phases_side_by_side_are_the_phases_one_by_one() {
    let Some(device) = gpu() else { return };
    let streams = TrainConfig { phase_streams: Switch::On, ..config(Precision::Float32) };
    let (side_by_side, ..) = run(&streams, device, 12);
    let (one_by_one, ..) = run(&config(Precision::Float32), device, 12);
    assert_close(&side_by_side, &one_by_one, 2e-3);
}

#[test]
fn label_maps_do_not_depend_on_packing_or_device() {
    let Some(device) = gpu() else { return };
    let config = config(Precision::Float32);
    let patches: Vec<Patch> = (0..4)
        .flat_map(|sample| (0..36).map(move |i| Patch { sample, row: i / 6, column: i % 6 }))
        .collect();
    let predict = |device: Device, patches_at_once: usize| {
        let learner = Learner::new(&config, device).unwrap();
        let mut network = FoldedNetwork::new(&learner.network, device).unwrap();
        network.patches_at_once = patches_at_once;
        let (store, _) = store(&config, device);
        let probabilities = network.predict(&store, &patches, &|| false).unwrap().probabilities;
        Tensor::from_slice(&probabilities).to_kind(Kind::Double)
    };
    let expected = predict(Device::Cpu, 128);
    // 16 at once: nine chunks, of which the last five are replays.
    for patches_at_once in [16, 50, 2048] {
        let difference = (predict(device, patches_at_once) - &expected).abs().max();
        assert!(difference.double_value(&[]) < 1e-4, "{patches_at_once}");
    }
}
