use rayon::prelude::*;

/// Values that one task handles. Fixed, so that sums are formed in the same order whatever the number of threads.
pub const CHUNK: usize = 8192;

/// Running sums of a chunk: one alone would wait for each of its additions.
const LANES: usize = 4;

/// The sum of `term(i)` for i below `count`: by chunks, then over chunks in order.
pub fn chunked_sum(count: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    let parts: Vec<f64> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let from = chunk * CHUNK;
            lane_sum(from, count.min(from + CHUNK), &term)
        })
        .collect();
    parts.iter().sum()
}

/// The sum of `term(i)` for i from `from` to before `to`, in a fixed order.
pub fn lane_sum(from: usize, to: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let whole = (to - from) / LANES * LANES;
    for i in (from..from + whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(i + lane);
        }
    }
    lanes.iter().sum::<f64>() + (from + whole..to).map(term).sum::<f64>()
}
