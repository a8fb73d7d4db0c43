use super::Event;
use crate::{NetError, Result, state_file};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// events.jsonl: what every progress bar, plot and log reads.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    path: PathBuf,
}

impl EventLog {
    /// Opens the log of a run. A resumed run keeps the records up to its checkpoint and drops those that it will write again, and a
    /// last line that a kill cut short.
    pub fn open(run_dir: &Path, resumed_at: Option<i64>) -> Result<Self> {
        let path = run_dir.join("events.jsonl");
        let kept = match resumed_at {
            Some(step) => text_of(&path)?
                .lines()
                .filter(|line| is_before(line, step))
                .map(|line| format!("{line}\n"))
                .collect(),
            None => String::new(),
        };
        state_file::write_atomic(&path, kept.as_bytes())?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|source| NetError::io(&path, source))?;
        Ok(Self { file, path })
    }

    pub fn append(&mut self, event: &Event) -> Result<()> {
        let mut line =
            serde_json::to_string(event).map_err(|error| NetError::Internal(error.to_string()))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(|source| NetError::io(&self.path, source))
    }
}

/// A kill may have cut the last line within a letter.
fn text_of(path: &Path) -> Result<String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(NetError::io(path, source)),
    }
}

fn is_before(line: &str, step: i64) -> bool {
    let record: Value = serde_json::from_str(line).unwrap_or_default();
    record["type"] != "end" && record["step"].as_i64().is_some_and(|at| at <= step)
}
