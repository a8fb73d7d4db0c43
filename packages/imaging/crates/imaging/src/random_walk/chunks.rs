use rayon::prelude::*;

/// Values that one task handles. Fixed, so that sums are formed in the same order whatever the number of threads.
pub const CHUNK: usize = 8192;

/// The sum of `term(i)` for i below `count`: by chunks, then over chunks in order.
pub fn chunked_sum(count: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    let parts: Vec<f64> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let from = chunk * CHUNK;
            (from..count.min(from + CHUNK)).map(&term).sum()
        })
        .collect();
    parts.iter().sum()
}
