//! Memory that the allocator keeps after a large listing, back to the system.

/// Rows of a listing, or of one that was given up, after which the allocator is asked: some tens of MiB.
pub(crate) const LARGE: usize = 200_000;

/// Gives free memory back. The names of a listing are millions of small pieces, and glibc keeps what a thread has freed of
/// them for that thread (malloc_trim(3)); other allocators give it back by themselves.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
pub(crate) fn give_back() {
    // SAFETY: malloc_trim(3) is thread-safe, takes no pointer, and touches only memory that is free.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Gives free memory back.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
