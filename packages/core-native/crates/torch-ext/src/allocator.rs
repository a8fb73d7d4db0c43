unsafe extern "C" {
    fn flc_install_caching_allocator(limit: usize);
    fn flc_release_cached_memory() -> usize;
    fn flc_cached_memory() -> usize;
}

/// From now on CPU tensors come from an allocator that keeps freed blocks, and refuses what would take `limit` bytes more than it has now.
/// To be called before libtorch allocates; later calls change the limit alone. (oneDNN's packed weights are freed by whatever allocator is
/// set by then.)
pub fn install_caching_allocator(limit: usize) {
    // SAFETY: sets a global of libc10 once, and a number guarded by a mutex.
    unsafe { flc_install_caching_allocator(limit) }
}

/// Gives the unused blocks back to the system; returns their bytes.
pub fn release_cached_memory() -> usize {
    // SAFETY: guarded by a mutex on the C++ side.
    unsafe { flc_release_cached_memory() }
}

/// Bytes of freed blocks that are kept for reuse.
pub fn cached_memory() -> usize {
    // SAFETY: guarded by a mutex on the C++ side.
    unsafe { flc_cached_memory() }
}
