use std::env;
use std::process::Command;

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
