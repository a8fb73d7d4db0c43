use std::env;
use std::process::Command;
use tch::Kind;

/// The multiple in which channels must come for minimal filtering of images of this kind; `None` where this CPU, or the variable that
/// limits libtorch, lacks the instructions. Asked of the CPU, not of the shim.
pub fn winograd_multiple(kind: Kind) -> Option<i64> {
    let limit = env::var("ATEN_CPU_CAPABILITY").ok();
    let allows = |set: &str| limit.as_deref().is_none_or(|limit| limit == set);
    let has_avx512 = allows("avx512")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq");
    let has_avx2 = (allows("avx2") || allows("avx512"))
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma");
    match kind {
        Kind::BFloat16 => (has_avx512 && is_x86_feature_detected!("avx512bf16")).then_some(16),
        _ if has_avx512 => Some(16),
        _ => has_avx2.then_some(8),
    }
}

/// Whether minimal filtering must take these channels here.
pub fn winograd_takes(kind: Kind, channels: [i64; 2]) -> bool {
    let fits = |multiple| channels.iter().all(|channels| channels % multiple == 0);
    winograd_multiple(kind).is_some_and(fits)
}

/// Runs a test of this executable again as on older processors: libtorch's own variable limits its kernels and ours.
pub fn passes_with_fewer_instructions(test: &str) {
    for capability in ["avx2", "default"] {
        let run = Command::new(env::current_exe().unwrap())
            .args(["--exact", test])
            .env("ATEN_CPU_CAPABILITY", capability)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && printed.contains("1 passed"), "{capability}: {printed}");
    }
}
