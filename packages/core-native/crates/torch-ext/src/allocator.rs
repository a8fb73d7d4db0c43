unsafe extern "C" {
    fn flc_install_caching_allocator();
    fn flc_release_cached_memory() -> usize;
    fn flc_cached_memory() -> usize;
}

/// From now on CPU tensors come from an allocator that keeps freed blocks. Idempotent.
pub fn install_caching_allocator() {
    // SAFETY: sets a global of libc10 once; tensors made before keep their own deleter.
    unsafe { flc_install_caching_allocator() }
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
