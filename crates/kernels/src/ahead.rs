//! Asking for memory before it is read or written, where the processor would not see it coming, or has nothing to do but wait.
//!
//! To ask costs some cycles a line, which is a third of what simple loops take on what a cache holds: these ask only where there is
//! more. Softmax and products do so many operations a line that they may always ask.

/// Bytes of a line of the processor's cache.
pub(crate) const LINE: usize = 64;

/// From so many bytes on, what a loop reads and writes is not expected in a cache when it comes by again.
pub(crate) const BEYOND_CACHES: usize = 24 << 20;

/// Asks for the cache line at `address`, which need not be good to read: what is there is wanted soon. It goes to the second
/// cache: rows a power of two apart would drive each other out of the first.
#[inline(always)]
pub(crate) fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it faults nowhere.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Asks for the cache line at `address`, which need not be good to write: it will be written soon. It goes to the first cache,
/// where a store then finds it; one that does not waits, and those behind it.
#[inline(always)]
pub(crate) fn prefetch_output<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it faults nowhere.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Asks for part number `part` of `parts` of the lines at `first`. All of them at once would be more than may be under way.
#[inline]
pub(crate) fn prefetch_part(first: *const u8, bytes: usize, part: usize, parts: usize) {
    let lines = bytes.div_ceil(LINE);
    (lines * part / parts..lines * (part + 1) / parts)
        .for_each(|line| prefetch(first.wrapping_add(line * LINE)));
}
