use crate::ImagingError;

/// Runs work on this many threads; 0 for as many as there are cores.
pub fn with_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ImagingError> {
    if threads == 0 {
        return Ok(work());
    }
    let refuse = |got: String| ImagingError::Parameter {
        what: "threads",
        expected: "0 to 256, as many as the system grants",
        got,
    };
    if threads > 256 {
        return Err(refuse(threads.to_string()));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| refuse(format!("{threads} ({error})")))?.install(work))
}
