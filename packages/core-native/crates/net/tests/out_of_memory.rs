//! What happens where memory does not suffice: the allocator's limit stands for a small device. One process, one limit: each test runs
//! in a process of its own under nextest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use flc_net::config::{Background, TrainConfig};
use flc_net::data::{LesionStore, Patch};
use flc_net::inference::FoldedNetwork;
use flc_net::train::{Learner, train};
use flc_torch_ext::install_caching_allocator;
use tch::{Device, Tensor};

const MIB: usize = 1 << 20;

#[test]
fn training_names_the_parts_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        TrainConfig { batch_size: 256, rois_per_batch: 8, max_steps: 2, ..support::small_config() };
    let job = support::job(folder.path(), 16, config);
    install_caching_allocator(24 * MIB);
    let error = train(job.clone(), &|| false, &mut |_| ()).unwrap_err();
    assert_eq!(error.code(), "OUT_OF_MEMORY", "{error}");
    let remedy = error.remedy();
    let parts: i64 = remedy
        .split("--accumulate ")
        .nth(1)
        .and_then(|rest| rest.split(')').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{error}: {remedy}"));
    // The advice is right: with it the run ends well under the same limit, and with half as many parts it does not.
    let with = |accumulate: i64| {
        let mut job = job.clone();
        (job.config.accumulate, job.force) = (accumulate, true);
        train(job, &|| false, &mut |_| ()).map(|result| result.step)
    };
    assert_eq!(with(parts).unwrap(), 2);
    if parts > 2 {
        assert_eq!(with(parts / 2).unwrap_err().code(), "OUT_OF_MEMORY");
    }
}

#[test]
fn label_maps_take_fewer_patches_at_once_and_stay_the_same() {
    install_caching_allocator(usize::MAX);
    let config = support::small_config();
    let learner = Learner::new(&config, Device::Cpu).unwrap();
    let network = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
    let samples = [support::lesion(1, 60, 3)];
    let store =
        LesionStore::new(&samples, &config.network, Background::Lower, Device::Cpu).unwrap();
    let patches: Vec<Patch> =
        (0..54 * 54).map(|i| Patch { sample: 0, row: i / 54, column: i % 54 }).collect();
    let plenty = network.predict(&store, &patches, &|| false).unwrap();
    assert_eq!(plenty.reduced_to, None);

    let mut large = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
    large.patches_at_once = patches.len();
    install_caching_allocator(16 * MIB);
    let little = large.predict(&store, &patches, &|| false).unwrap();
    let reduced = little.reduced_to.unwrap();
    assert!(reduced > 1 && reduced < patches.len(), "{reduced}");
    let difference = (Tensor::from_slice(&little.probabilities)
        - Tensor::from_slice(&plenty.probabilities))
    .abs()
    .max()
    .double_value(&[]);
    assert!(difference < 1e-6, "{difference:e}");
}

#[test]
fn lesions_that_are_computed_in_smaller_groups_are_told_too() {
    install_caching_allocator(usize::MAX);
    let mut config = support::small_config();
    config.network.roi_input = 64;
    let learner = Learner::new(&config, Device::Cpu).unwrap();
    let samples: Vec<_> = (0..64).map(|seed| support::lesion(1, 12, seed)).collect();
    let store =
        LesionStore::new(&samples, &config.network, Background::Lower, Device::Cpu).unwrap();
    let patches: Vec<Patch> =
        (0..samples.len()).map(|sample| Patch { sample, row: 0, column: 0 }).collect();
    let predict = |limit: usize| {
        let mut network = FoldedNetwork::new(&learner.network, Device::Cpu).unwrap();
        network.patches_at_once = 512;
        flc_torch_ext::release_cached_memory();
        install_caching_allocator(limit);
        network.predict(&store, &patches, &|| false).unwrap()
    };
    let plenty = predict(usize::MAX);
    assert_eq!(plenty.reduced_to, None);
    // Too little for 64 lesions of 64 x 64 pixels, plenty for as many patches of 16 x 16.
    let little = predict(6 * MIB);
    // In patches, of which eight need as much as a lesion. All 64 patches were computed at once.
    assert!(little.reduced_to.is_some_and(|count| (64..512).contains(&count)), "{little:?}");
    let difference =
        Tensor::from_slice(&little.probabilities) - Tensor::from_slice(&plenty.probabilities);
    assert!(difference.abs().max().double_value(&[]) < 1e-6);
}

#[test]
fn lesions_that_do_not_fit_are_not_blamed_on_the_batch() {
    let folder = tempfile::tempdir().unwrap();
    let job = support::job(folder.path(), 64, support::small_config());
    install_caching_allocator(MIB / 8);
    let error = train(job, &|| false, &mut |_| ()).unwrap_err();
    assert_eq!(error.code(), "OUT_OF_MEMORY", "{error}");
    assert!(error.to_string().contains("64 slices"), "{error}");
    let remedy = error.remedy();
    assert!(remedy.contains("fewer slices") && !remedy.contains("batchSize"), "{remedy}");
}

#[test]
fn a_limit_is_for_what_comes_on_top() {
    install_caching_allocator(usize::MAX);
    let megabytes = |count: i64| Tensor::f_zeros([count << 20], (tch::Kind::Uint8, Device::Cpu));
    let _held = megabytes(64).unwrap();
    // As where a second network is loaded: the limit is what is left then.
    install_caching_allocator(32 * MIB);
    assert!(megabytes(16).is_ok());
    assert!(megabytes(64).unwrap_err().to_string().contains("CPU out of memory"));
}
