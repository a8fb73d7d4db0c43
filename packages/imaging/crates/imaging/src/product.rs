use crate::rows::Rows;

/// Inner products of each vector of `a` with each of `b` times `alpha`, [a.count, b.count], on this thread.
///
/// A product's value does not depend on the other rows of the call, so that work may be cut up freely.
#[allow(unsafe_code, reason = "matrixmultiply takes pointers")]
pub fn products(alpha: f32, a: Rows, b: Rows, out: &mut [f32]) {
    let (m, n, k) = (a.count(), b.count(), a.dimensions());
    assert!(b.dimensions() == k && out.len() == m * n, "matrices do not fit");
    let stride = k as isize;
    // SAFETY: the lengths were checked above, and `a` and `b` are as long as their counts and dimensions say.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            alpha,
            a.data().as_ptr(),
            stride,
            1,
            b.data().as_ptr(),
            1,
            stride,
            0.0,
            out.as_mut_ptr(),
            n as isize,
            1,
        );
    }
}
