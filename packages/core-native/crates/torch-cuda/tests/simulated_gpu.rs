//! Streams, graphs, copies and the launches of kernels on libtorch's own CUDA code over a simulated device (tests/simulated): what is asked of
//! CUDA and in which order, not what a GPU computes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why it was skipped"
)]

mod support;

use flc_torch_cuda::{BatchNormKernel, BatchNormPointers, CudaObject, CudaObjectError};
use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tch::{Device, Kind, Tensor};

const GPU: Device = Device::Cuda(0);
const INSIDE: &str = "FLC_SIMULATED_GPU";

/// Runs `body` in a process of its own that has the simulated device: this test once more, by its `name`.
fn simulated(name: &str, body: impl FnOnce(CudaObject)) {
    if std::env::var_os(INSIDE).is_some() {
        return body(support::object().unwrap());
    }
    if support::object_file().is_none() {
        return;
    }
    let library = compiled();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([name, "--exact", "--nocapture"]).env(INSIDE, "1").env("LD_PRELOAD", library);
    let output = again.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}

/// The simulated device, made anew where its source changed; once, where the tests are threads of one process.
fn compiled() -> &'static Path {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED.get_or_init(compile)
}

fn compile() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let units = [
        "simulated/capture.cpp",
        "simulated/device.cpp",
        "host/cut_patches.cpp",
        "host/batch_norm_relu.cpp",
    ];
    let units = units.map(|file| tests.join(file));
    let modified = |file: &Path| std::fs::metadata(file).and_then(|about| about.modified()).ok();
    let files = |folder: &str| std::fs::read_dir(tests.join(folder)).unwrap().flatten();
    let sources = ["simulated", "host", "../cuda", "../cpp"].into_iter().flat_map(files);
    let newest = sources.map(|file| modified(&file.path())).max().flatten();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libsimulated-cuda.so");
    if modified(&target) <= newest {
        // Other tests are processes beside this one.
        let own = target.with_extension(std::process::id().to_string());
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "g++".into());
        // By this name the driver is looked for, and found mapped.
        let flags = ["-std=c++17", "-Wall", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o"];
        let headers = support::libtorch().join("../../nvidia/cu13/include");
        let mut command = Command::new(compiler);
        command.args(flags).arg(&own).arg("-isystem").arg(headers).args(units);
        assert!(command.status().unwrap().success());
        std::fs::rename(own, &target).unwrap();
    }
    target
}

fn pointer(tensor: &Tensor) -> *mut c_void {
    tensor.as_ptr().cast_mut().cast()
}

/// Float32 0, 1, 2, ... on the device.
fn counted(count: i64) -> Tensor {
    Tensor::arange(count, (Kind::Float, Device::Cpu)).to_device(GPU)
}

#[test]
fn a_kernel_is_loaded_checked_and_launched() {
    simulated("a_kernel_is_loaded_checked_and_launched", |object| {
        let device = object.device(0).unwrap();
        assert_eq!((device.name.as_str(), device.capability.as_str()), ("simulated", "9.0"));
        let error = object.device(3).unwrap_err().to_string();
        assert_eq!(error, "there is no GPU 3: this process sees GPU 0 alone");

        let kernel = object.patch_kernel(0, &support::libtorch()).unwrap();
        assert_eq!(kernel.architecture(), "sm_90");
        let (side, input) = (4, 24);
        let image = Tensor::arange(64, (Kind::Float, Device::Cpu)).square().view([2, 4, 8]);
        let pixels = image.to_device(GPU);
        let plan = Tensor::from_slice(&[0_i64, 8, 32, 0, 3, 8, 32, 5]).view([2, 4]).to_device(GPU);
        let right = image.narrow(2, 3, 4).transpose(1, 2).flip([2]);
        let squares = Tensor::stack(&[image.narrow(2, 0, 4), right], 1);
        let expected = squares.upsample_bilinear2d([input, input], false, None, None);
        let cut = |out: &Tensor| {
            let (pixels, plan) = (pointer(&pixels), pointer(&plan));
            // SAFETY: the tensors live, and the squares lie in the image.
            unsafe { object.cut_patches(&kernel, pixels, plan, side, input, pointer(out)) }
        };
        let shape = [2, 2, input, input];
        for (kind, tolerance) in [(Kind::Float, 1e-6), (Kind::BFloat16, 0.004)] {
            let out = Tensor::empty(shape, (kind, GPU));
            cut(&out).unwrap();
            let out = out.to_device(Device::Cpu).to_kind(Kind::Float);
            let difference = ((out - &expected) / (&expected + 1.0)).abs().max();
            assert!(difference.double_value(&[]) < tolerance, "{kind:?}: {difference}");
        }
        let refused = |out: Tensor| cut(&out).unwrap_err().to_string();
        let float = (Kind::Float, GPU);
        let flat = refused(Tensor::empty([2, 2, input], float));
        assert_eq!(flat, "the result is [2, 2, 24], not [phases, 2, 24, 24]");
        let turned = Tensor::empty(shape, float).transpose(2, 3);
        assert_eq!(refused(turned), "the result is not contiguous");
        let double = Tensor::empty(shape, (Kind::Double, GPU));
        assert_eq!(refused(double), "the result is Double, not Float");
        let host = Tensor::empty(shape, (Kind::Float, Device::Cpu));
        assert_eq!(refused(host), "the result lies on cpu, not on cuda:0");
        assert_eq!(refused(Tensor::new()), "the result is an undefined tensor");
    });
}

#[test]
fn copies_go_round_the_ring_and_come_back() {
    simulated("copies_go_round_the_ring_and_come_back", |object| {
        let mut upload = object.pinned_upload(0, 3).unwrap();
        let destination = Tensor::empty([4], (Kind::Int64, GPU));
        for round in 0..9 {
            // SAFETY: a live tensor, and so below.
            unsafe { upload.send(&[round, 7, round * 2], pointer(&destination)).unwrap() };
            let got = Vec::<i64>::try_from(destination.to_device(Device::Cpu)).unwrap();
            assert_eq!(got[..3], [round, 7, round * 2]);
        }
        let mut refused = |values: &[i64], tensor: &Tensor| {
            unsafe { upload.send(values, pointer(tensor)) }.unwrap_err().to_string()
        };
        let long = refused(&[0; 4], &destination);
        assert_eq!(long, "an upload of 4 values by buffers of 3");
        assert_eq!(refused(&[0; 3], &counted(3)), "the destination is Float, not Long");
        let short = Tensor::empty([2], (Kind::Int64, GPU));
        assert_eq!(refused(&[0; 3], &short), "an upload of 3 values to a tensor of 2");

        let mut readback = object.readback(0, 4).unwrap();
        assert!(!readback.is_ready().unwrap());
        assert_eq!(readback.wait().unwrap_err().to_string(), "nothing was read back yet");
        unsafe { readback.start(pointer(&counted(3))).unwrap() };
        assert!(readback.is_ready().unwrap());
        assert_eq!(readback.wait().unwrap(), [0.0, 1.0, 2.0]);
        let error = unsafe { readback.start(pointer(&counted(5))) }.unwrap_err().to_string();
        assert_eq!(error, "a readback of 5 values into a buffer of 4");
        assert_eq!(readback.wait().unwrap().len(), 3, "a refused copy changes nothing");
    });
}

#[test]
fn a_capture_holds_side_streams_and_ends_well() {
    simulated("a_capture_holds_side_streams_and_ends_well", |object| {
        let values = counted(64);
        let streams = object.side_streams(0, 3).unwrap();
        let error = streams.enter(3).unwrap_err().to_string();
        assert_eq!(error, "there is no side stream 3 of 3");
        let mut readback = object.readback(0, 64).unwrap();
        // SAFETY: a live tensor, and so below.
        unsafe { readback.start(pointer(&values)).unwrap() };
        let mut graphs = Vec::new();
        let before = object.memory(0).unwrap();
        for _ in 0..3 {
            let capture = object.graph_begin(0).unwrap();
            let again = object.graph_begin(0).unwrap_err().to_string();
            assert_eq!(again, "a capture is under way in this thread already");
            // An earlier readback is no part of it, a new one must not become one.
            assert!(readback.is_ready().unwrap());
            assert_eq!(readback.wait().unwrap().len(), 64);
            let error = unsafe { readback.start(pointer(&values)) }.unwrap_err().to_string();
            assert_eq!(error, "a readback cannot be part of a capture");
            streams.fork().unwrap();
            let branches: Vec<Tensor> = (0..3)
                .map(|i| {
                    let _guard = streams.enter(i).unwrap();
                    values.sin() + 1.0
                })
                .collect();
            streams.join().unwrap();
            let noise = Tensor::stack(&branches, 0).rand_like();
            let graph = capture.end().unwrap();
            // The simulated device refuses a replay that is not on the stream from before the capture.
            graph.replay().unwrap();
            drop(noise);
            graphs.push(graph);
        }
        assert!(object.memory(0).unwrap().reserved_bytes > before.reserved_bytes);
        drop(graphs);
        object.release_cached_memory().unwrap();
        assert_eq!(object.memory(0).unwrap().reserved_bytes, before.reserved_bytes);
        object.reset_peak_memory(0).unwrap();
        let memory = object.memory(0).unwrap();
        assert_eq!(memory.peak_reserved_bytes, memory.reserved_bytes);
    });
}

#[test]
fn a_spoilt_capture_leaves_nothing_behind() {
    simulated("a_spoilt_capture_leaves_nothing_behind", |object| {
        let values = counted(64);
        let streams = object.side_streams(0, 2).unwrap();
        // Random numbers allocate on first use.
        drop(values.rand_like());
        object.release_cached_memory().unwrap();
        let before = object.memory(0).unwrap();
        for how in ["dropped", "synchronized", "not joined", "dropped with a fork"] {
            let capture = object.graph_begin(0).unwrap();
            let inside = values.rand_like();
            match how {
                "synchronized" => {
                    assert!(inside.f_double_value(&[0]).is_err());
                    let error = capture.end().unwrap_err().to_string();
                    assert!(error.contains("failed due to a previous error during capture"));
                }
                "not joined" => {
                    streams.fork().unwrap();
                    assert!(capture.end().unwrap_err().to_string().contains("unjoined work"));
                }
                "dropped with a fork" => {
                    streams.fork().unwrap();
                    drop(capture);
                }
                _ => drop(capture),
            }
            // Random numbers, memory and streams are as before.
            drop((inside, values.rand_like()));
            object.release_cached_memory().unwrap();
            let after = object.memory(0).unwrap();
            assert_eq!(after.reserved_bytes, before.reserved_bytes, "{how}");
            streams.fork().unwrap();
            streams.join().unwrap();
            let graph = object.graph_begin(0).unwrap().end().unwrap();
            graph.replay().unwrap();
        }
    });
}

/// Results and gradients of one batch norm, in float64 on the host.
fn batch_norm_results(
    [x, residual, dy, dy2]: &[Tensor; 4],
    readers: &str,
    with_residual: bool,
    operation: impl Fn(&Tensor, Option<&Tensor>, &[Tensor; 4]) -> [Tensor; 2],
    device: Device,
) -> Vec<Tensor> {
    let leaf = |values: &Tensor| values.to_device(device).detach().set_requires_grad(true);
    let (x, residual) = (leaf(x), leaf(residual));
    let kind = if device == GPU { Kind::Float } else { Kind::Double };
    let vector =
        |from: f64| (Tensor::arange(16, (kind, Device::Cpu)) * 0.1 + from).to_device(device);
    let channels = [leaf(&vector(0.3)), leaf(&vector(-0.7)), vector(1.0), vector(2.0)];
    let residual = with_residual.then_some(&residual);
    let results = operation(&x, residual, &channels);
    // On the host: the simulated device copies, but does not compute.
    let [first, second] = results.each_ref().map(|result| result.to_device(Device::Cpu));
    let read = |values: &Tensor, by: &Tensor| (values.to_kind(Kind::Double) * by).sum(Kind::Double);
    let loss = match readers {
        "first" => read(&first, dy),
        "second" => read(&second, dy2),
        _ => read(&first, dy) + read(&second, dy2),
    };
    let inputs: Vec<&Tensor> =
        [&x, &channels[0], &channels[1]].into_iter().chain(residual).collect();
    let mut all = Tensor::run_backward(&[loss], &inputs, false, false);
    all.extend([first, second, channels[2].shallow_clone(), channels[3].shallow_clone()]);
    all.into_iter()
        .map(|result| result.detach().to_device(Device::Cpu).to_kind(Kind::Double))
        .collect()
}

fn separate(x: &Tensor, residual: Option<&Tensor>, channels: &[Tensor; 4]) -> [Tensor; 2] {
    let [weight, bias, mean, var] = channels;
    let normal =
        x.batch_norm(Some(weight), Some(bias), Some(mean), Some(var), true, 0.1, 1e-5, false);
    let y = residual.map_or_else(|| normal.shallow_clone(), |added| &normal + added).relu();
    [y.shallow_clone(), y]
}

/// Our operation on the device, with momentum 0.1 and epsilon 1e-5.
fn fused(
    object: &CudaObject,
    kernel: &BatchNormKernel,
    x: &Tensor,
    residual: Option<&Tensor>,
    channels: &[Tensor; 4],
) -> Result<[Tensor; 2], CudaObjectError> {
    let [weight, bias, running_mean, running_var] = channels.each_ref().map(pointer);
    let bn = BatchNormPointers { weight, bias, running_mean, running_var };
    let added = residual.map_or(std::ptr::null_mut(), pointer);
    // SAFETY: the tensors live, and the results are ours.
    unsafe {
        let results = object.batch_norm_relu(kernel, pointer(x), added, bn, 0.1, 1e-5)?;
        Ok(results.map(|result| Tensor::from_ptr(result.cast())))
    }
}

#[test]
fn batch_norm_goes_forward_and_backward() {
    simulated("batch_norm_goes_forward_and_backward", |object| {
        let kernel = object.batch_norm_kernel(0, &support::libtorch()).unwrap();
        assert_eq!(kernel.architecture(), "sm_90");
        tch::manual_seed(1);
        for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 0.01)] {
            for (readers, with_residual) in
                [("first", false), ("both", false), ("second", true), ("both", true)]
            {
                // 3 * 23 * 19 rows: three blocks of the sums in bfloat16, five in float32.
                let values = [0; 4].map(|_| {
                    let rows = Tensor::randn([3, 23, 19, 16], (Kind::Float, Device::Cpu));
                    rows.to_kind(kind).permute([0, 3, 1, 2])
                });
                let exact = values.each_ref().map(|tensor| tensor.to_kind(Kind::Double));
                let expected =
                    batch_norm_results(&exact, readers, with_residual, separate, Device::Cpu);
                let on_gpu = |x: &Tensor, residual: Option<&Tensor>, channels: &[Tensor; 4]| {
                    fused(&object, &kernel, x, residual, channels).unwrap()
                };
                let ours = batch_norm_results(&values, readers, with_residual, on_gpu, GPU);
                for (index, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
                    let apart = (ours - expected).norm().double_value(&[]);
                    let relative = apart / expected.norm().double_value(&[]);
                    let what = format!("{kind:?}, {readers}, residual {with_residual}, {index}");
                    assert!(relative < tolerance, "{what}: {relative:e}");
                }
            }
        }
    });
}

#[test]
fn batch_norm_is_captured_and_refuses_what_it_cannot() {
    simulated("batch_norm_is_captured_and_refuses_what_it_cannot", |object| {
        let kernel = object.batch_norm_kernel(0, &support::libtorch()).unwrap();
        let ones =
            |shape: &[i64], kind: Kind| Tensor::ones(shape, (kind, Device::Cpu)).to_device(GPU);
        let channels = |count: i64| [0; 4].map(|_| ones(&[count], Kind::Float));
        let x = ones(&[2, 16, 4, 4], Kind::Float).set_requires_grad(true);
        // As before every capture: once without.
        let step = || {
            let [first, second] = fused(&object, &kernel, &x, Some(&x), &channels(16)).unwrap();
            Tensor::run_backward(&[(first + second).sum(Kind::Float)], &[&x], false, false)
        };
        drop(step());
        let given = channels(16);
        let capture = object.graph_begin(0).unwrap();
        let [first, second] = fused(&object, &kernel, &x, Some(&x), &given).unwrap();
        let loss = (first + second).sum(Kind::Float);
        let gradients = Tensor::run_backward(&[loss], &[&x], false, false);
        let graph = capture.end().unwrap();
        graph.replay().unwrap();
        assert_eq!(gradients[0].size(), [2, 16, 4, 4]);
        // SAFETY: a function of the simulated device.
        let launches = unsafe {
            let address = libc::dlsym(libc::RTLD_DEFAULT, c"flc_simulated_launches".as_ptr());
            assert!(!address.is_null());
            std::mem::transmute::<*mut c_void, extern "C" fn() -> i32>(address)()
        };
        assert_eq!(launches, 6, "three kernels forward and three backward");

        let refused = |x: &Tensor, residual: Option<&Tensor>, count: i64| {
            fused(&object, &kernel, x, residual, &channels(count)).unwrap_err().to_string()
        };
        let image = |channels: i64, kind: Kind| ones(&[2, channels, 4, 4], kind);
        let words = refused(&image(12, Kind::Float), None, 12);
        assert_eq!(words, "batch_norm_relu: 12 channels, not a multiple of 8 up to 1024");
        let words = refused(&image(16, Kind::Double), None, 16);
        assert_eq!(words, "batch_norm_relu: unsupported type Double");
        let words = refused(&image(16, Kind::Float), None, 24);
        assert_eq!(words, "the weight is [24] for 16 channels");
        let words = refused(&image(16, Kind::Float), Some(&image(16, Kind::BFloat16)), 16);
        assert_eq!(words, "batch_norm_relu: residual and input differ in shape, type or device");
        let words = refused(&ones(&[1, 16, 1, 1], Kind::Float), None, 16);
        assert_eq!(words, "batch_norm_relu: needs more than one value per channel");
        let host = Tensor::ones([2, 16, 4, 4], (Kind::Float, Device::Cpu));
        let words = refused(&host, None, 16);
        assert_eq!(words, "batch_norm_relu: needs a tensor [n, c, h, w] on cuda:0");
        // A graph that waits for its backward pass keeps the kernels.
        let [first, _second] = fused(&object, &kernel, &x, None, &channels(16)).unwrap();
        drop(kernel);
        drop(Tensor::run_backward(&[first.sum(Kind::Float)], &[&x], false, false));
    });
}
