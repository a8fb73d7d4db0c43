use super::layout::{GROUP, LANES, Weights};

/// The index of the nearest centre of each point of a panel, the first of equals.
///
/// The same function is compiled for each kind of processor; which one runs is found out at run time.
pub fn nearest_of_panel(panel: &[[f32; LANES]], weights: &Weights) -> [u32; LANES] {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has what the function is compiled for.
            #[allow(unsafe_code, reason = "a function for a kind of processor")]
            return unsafe { with_avx512(panel, weights) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            #[allow(unsafe_code, reason = "a function for a kind of processor")]
            return unsafe { with_avx2(panel, weights) };
        }
    }
    search(panel, weights, |a, b, sum| a * b + sum)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512(panel: &[[f32; LANES]], weights: &Weights) -> [u32; LANES] {
    search(panel, weights, f32::mul_add)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2(panel: &[[f32; LANES]], weights: &Weights) -> [u32; LANES] {
    search(panel, weights, f32::mul_add)
}

/// The loops over lanes and centres have fixed lengths: the compiler unrolls them into registers.
#[inline(always)]
fn search(
    panel: &[[f32; LANES]],
    weights: &Weights,
    multiply_add: impl Fn(f32, f32, f32) -> f32,
) -> [u32; LANES] {
    let mut least = [f32::INFINITY; LANES];
    let mut found = [0; LANES];
    let mut index = 0_u32;
    for (norms, group) in weights.groups() {
        let mut sums = [[0.0_f32; LANES]; GROUP];
        for (values, weights) in panel.iter().zip(group) {
            for (sums, weight) in sums.iter_mut().zip(weights) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = multiply_add(*value, *weight, *sum);
                }
            }
        }
        for (sums, norm) in sums.iter().zip(norms) {
            for lane in 0..LANES {
                let score = norm - 2.0 * sums[lane];
                let nearer = score < least[lane];
                least[lane] = if nearer { score } else { least[lane] };
                found[lane] = if nearer { index } else { found[lane] };
            }
            index += 1;
        }
    }
    found
}
