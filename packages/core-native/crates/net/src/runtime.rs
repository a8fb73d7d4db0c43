//! What this process runs on: libtorch's libraries, CUDA found at run time, threads and memory.

use crate::loader::{self, LoadFailure};
use crate::{NetError, Result};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tch::{Device, Kind, Tensor};

/// Folder of the libtorch_cpu.so that this process has mapped.
pub fn libtorch_folder() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("/libtorch_cpu.so"))?;
    let path = &line[line.find('/')?..];
    Some(PathBuf::from(path).parent()?.to_path_buf())
}

/// Whether the kernel driver is there; without it libtorch_cuda need not be loaded (half a second).
pub fn nvidia_driver_present() -> bool {
    Path::new("/proc/driver/nvidia/version").exists() || Path::new("/dev/nvidiactl").exists()
}

/// Loads libtorch_cuda.so from beside libtorch_cpu.so, once. It must happen before the first CUDA query: libtorch asks for its
/// CUDA hooks once per process and remembers a "no" (aten/src/ATen/detail/CUDAHooksInterface.cpp).
pub fn load_cuda() -> Result<(), LoadFailure> {
    static LOADED: OnceLock<Result<(), LoadFailure>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            let folder = libtorch_folder().ok_or_else(|| LoadFailure {
                problem: "libtorch_cpu.so is not mapped".into(),
                remedy: "Run `flc-native doctor`.".into(),
            })?;
            loader::open(&folder.join("libtorch_cuda.so"))
        })
        .clone()
}

/// Whether an NVIDIA GPU is built in. `devices`: /sys/bus/pci/devices.
fn nvidia_gpu_among(devices: &Path) -> bool {
    let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|device| {
        let is = |file: &str, start: &str| {
            std::fs::read_to_string(device.join(file)).is_ok_and(|text| text.starts_with(start))
        };
        // PCI class 3: displays.
        is("vendor", "0x10de") && is("class", "0x03")
    })
}

/// Whether an NVIDIA GPU is built in, with a driver or without.
pub fn nvidia_gpu_present() -> bool {
    nvidia_gpu_among(Path::new("/sys/bus/pci/devices"))
}

/// Bytes that tensors may still take in main memory: this process's share of what the machine has left now and of what its control
/// groups (a container, a batch system's job) may still have; less a twentieth for everything else. The system grants more than that, and
/// kills the process when it is touched. `processes`: those of this machine that work together; 0 where it is not known.
pub fn memory_limit(processes: usize) -> usize {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let machine = field(&read("/proc/meminfo"), "MemAvailable:").map(|kib| kib * 1024);
    let groups = cgroup_memory_left(Path::new("/sys/fs/cgroup"), &read("/proc/self/cgroup"));
    let left = machine.into_iter().chain(groups).min();
    left.map_or(usize::MAX, |bytes| bytes / processes.max(1) / 20 * 19)
}

/// The least of the groups that `membership` (/proc/self/cgroup) names, and of those that they are in. A container that shows its own
/// group as the root of `hierarchy` names a folder that is not there: then the root alone counts.
fn cgroup_memory_left(hierarchy: &Path, membership: &str) -> Option<usize> {
    let groups = membership.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        let files = match controllers {
            "" => (hierarchy.to_path_buf(), ["memory.max", "memory.current", "inactive_file "]),
            list if list.split(',').any(|name| name == "memory") => (
                hierarchy.join("memory"),
                ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "],
            ),
            _ => return None,
        };
        Some((files, Path::new(path)))
    });
    let left = groups.flat_map(|((root, files), path)| {
        path.ancestors().filter_map(move |path| group_memory_left(&root.join(path), files))
    });
    left.min()
}

/// Of one group with a limit. Its count has the files that it has read, which go where memory is short.
fn group_memory_left(folder: &Path, [limit, used, files]: [&str; 3]) -> Option<usize> {
    let number =
        |file: &str| std::fs::read_to_string(folder.join(file)).ok()?.trim().parse::<usize>().ok();
    let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let used = number(used)?.saturating_sub(field(&stat, files).unwrap_or(0));
    Some(number(limit)?.saturating_sub(used))
}

/// The number in the line of a system file that begins with `name`.
fn field(text: &str, name: &str) -> Option<usize> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Gives tensor memory that is kept for reuse back to the device.
pub fn release_cached_memory(device: Device) {
    match device {
        Device::Cuda(_) => {
            if let Ok(object) = crate::cuda::object() {
                // Best effort: what stays is reused.
                let _ = object.release_cached_memory();
            }
        }
        _ => {
            flc_torch_ext::release_cached_memory();
        }
    }
}

/// Waits until the device has done what was asked of it; errors of it come to light here.
pub fn finish(device: Device) -> crate::Result<()> {
    if let Device::Cuda(_) = device {
        // Reading a number waits for what was queued before.
        Tensor::f_zeros([1], (Kind::Float, device))?.f_double_value(&[0])?;
    }
    Ok(())
}

/// Beyond it threads are only in each other's way; tens of thousands end the process, for want of memory for their stacks.
const MOST_THREADS: i64 = 1024;

/// 0: as many as there are cores.
pub fn check_threads(threads: i64) -> Result<()> {
    if (0..=MOST_THREADS).contains(&threads) {
        return Ok(());
    }
    Err(NetError::config(
        "threads",
        format!("{threads} is not between 0 and {MOST_THREADS}"),
        "Use the number of cores, or 0, which stands for it.",
    ))
}

/// Number of threads for 0, else the number itself.
pub fn resolve_threads(threads: i64) -> i64 {
    if threads > 0 {
        return threads;
    }
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() as i64).min(MOST_THREADS))
}

/// The same for one of several processes of this machine, which share its cores.
pub fn resolve_share_of_threads(threads: i64, processes: usize) -> i64 {
    let all = resolve_threads(threads);
    if threads > 0 { all } else { (all / processes.max(1) as i64).max(1) }
}

/// Resident memory of this process in bytes.
pub fn resident_memory() -> u64 {
    status_field("VmRSS:")
}

/// Largest resident memory so far in bytes.
pub fn peak_resident_memory() -> u64 {
    status_field("VmHWM:")
}

fn status_field(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&status, name).unwrap_or(0) as u64 * 1024
}

/// Whether the CPU multiplies bfloat16 itself; elsewhere bf16 works but is slow.
pub fn cpu_has_bf16() -> bool {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines().find(|line| line.starts_with("flags")).is_some_and(|flags| {
        flags.split_whitespace().any(|flag| flag == "avx512_bf16" || flag == "amx_bf16")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_a_driver_is_seen_on_the_bus() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!nvidia_gpu_among(&folder.path().join("absent")));
        let device = |name: &str, vendor: &str, class: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("vendor"), format!("{vendor}\n")).unwrap();
            std::fs::write(path.join("class"), format!("{class}\n")).unwrap();
            nvidia_gpu_among(folder.path())
        };
        assert!(!device("0000:00:02.0", "0x8086", "0x030000"));
        // The sound of an NVIDIA card is no GPU.
        assert!(!device("0000:01:00.1", "0x10de", "0x040300"));
        assert!(device("0000:01:00.0", "0x10de", "0x030200"));
    }

    #[test]
    fn files_that_a_container_has_read_are_memory_left() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
        let left = || cgroup_memory_left(folder.path(), "0::/\n");
        write("memory.current", "900\n");
        write("memory.stat", "anon 400\nactive_file 100\ninactive_file 300\n");
        assert_eq!(left(), None);
        write("memory.max", "max\n");
        assert_eq!(left(), None);
        write("memory.max", "1000\n");
        assert_eq!(left(), Some(400));
    }

    #[test]
    fn the_tightest_group_round_the_process_is_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let group = |path: &str, files: [(&str, &str); 2]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(&path).unwrap();
            files.iter().for_each(|(file, text)| std::fs::write(path.join(file), text).unwrap());
        };
        let left = |membership: &str| cgroup_memory_left(folder.path(), membership);
        group("job_7/step_0", [("memory.max", "max"), ("memory.current", "10")]);
        group("job_7", [("memory.max", "500"), ("memory.current", "100")]);
        assert_eq!(left("0::/job_7/step_0\n"), Some(400));
        // As a container sees the group of the machine, which is its root.
        assert_eq!(left("0::/job_9\n"), None);
        // Version 1, beside a version 2 that does nothing.
        let files = ["memory.limit_in_bytes", "memory.usage_in_bytes"];
        group("memory/slurm/job_8", [(files[0], "300"), (files[1], "100")]);
        group("memory/slurm", [(files[0], "9223372036854771712"), (files[1], "100")]);
        assert_eq!(left("5:cpu:/slurm\n4:memory:/slurm/job_8\n0::/\n"), Some(200));
    }
}
