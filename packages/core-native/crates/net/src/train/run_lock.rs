use crate::{NetError, Result};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

/// A run's folder, held against other processes and other runs of this one until it is dropped; the system frees it when a process ends,
/// however that comes about.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// `flock` on `run_dir/lock`: open for writing, because NFS makes of it a lock of the server that asks for that. On a file system
    /// without locks the run goes on without one.
    pub fn take(run_dir: &Path) -> Result<Self> {
        let path = run_dir.join("lock");
        let io = |source| NetError::io(&path, source);
        std::fs::create_dir_all(run_dir).map_err(io)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        // SAFETY: the descriptor is open.
        let is_locked =
            unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0;
        if !is_locked && std::io::Error::last_os_error().kind() == ErrorKind::WouldBlock {
            let mut owner = String::new();
            // For people alone: a folder is held by the lock, not by these words.
            let _ = file.read_to_string(&mut owner);
            return Err(in_use(owner.trim()));
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let words = format!("process {} on {}\n", std::process::id(), host.trim());
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(words.as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

fn in_use(owner: &str) -> NetError {
    let by = if owner.is_empty() { "another process" } else { owner };
    NetError::config(
        "runDir",
        format!("the folder is in use: {by} trains in it"),
        "Wait for that run or end it, or choose another folder.",
    )
}
