//! Writing past the caches. What is written to ordinary memory is first fetched, line by line, to be written over; of an output
//! that is larger than what caches keep until it is read, that fetching is a third of all that moves.
//!
//! Lines that are written whole go to memory as they are, where the processor has stores for it (x86-64); the ends of a row,
//! which share their lines with others, are written as usual.

#[cfg(target_arch = "x86_64")]
use crate::ahead::LINE;
use crate::simd::Level;

/// From so many bytes on an output is not expected in a cache when it is read.
const WORTH_STREAMING: usize = 12 << 20;

/// Whether an output of so many bytes is better written past the caches.
pub(crate) fn is_worth_streaming(bytes: usize) -> bool {
    cfg!(target_arch = "x86_64") && bytes >= WORTH_STREAMING
}

/// Copies numbers past the caches. Before another thread may look, the copying one calls [`finish`].
///
/// # Safety
/// There are `count` numbers to be read, and to be written elsewhere.
pub(crate) unsafe fn copy<T: Copy>(level: Level, from: *const T, to: *mut T, count: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        let bytes = count * size_of::<T>();
        let head = to.align_offset(LINE).min(count) * size_of::<T>();
        let lines = (bytes - head) / LINE;
        let (from, to) = (from.cast::<u8>(), to.cast::<u8>());
        // SAFETY: the caller's promise: the head, whole lines from the first that begins within, and the rest.
        unsafe {
            to.copy_from_nonoverlapping(from, head);
            x86::lines(level, from.add(head), to.add(head), lines);
            let done = head + lines * LINE;
            to.add(done).copy_from_nonoverlapping(from.add(done), bytes - done);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        // SAFETY: the caller's promise.
        unsafe { to.copy_from_nonoverlapping(from, count) }
    }
}

/// Lets what was copied past the caches be seen before all that this thread writes from here on.
pub(crate) fn finish() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use crate::ahead::LINE;
    use crate::simd::Level;

    /// # Safety
    /// There are so many lines to be read, and to be written elsewhere, where they begin on a line.
    pub(super) unsafe fn lines(level: Level, from: *const u8, to: *mut u8, lines: usize) {
        // SAFETY: the caller's promise; the instructions of a level that is on this machine are there.
        unsafe {
            match level.on_this_machine() {
                Level::Avx512 => by_64(from, to, lines),
                _ => by_16(from, to, lines),
            }
        }
    }

    /// # Safety
    /// As [`lines`].
    #[target_feature(enable = "avx512f")]
    unsafe fn by_64(from: *const u8, to: *mut u8, lines: usize) {
        for line in 0..lines {
            // SAFETY: the caller's promise.
            unsafe {
                let numbers = _mm512_loadu_si512(from.add(line * LINE).cast());
                _mm512_stream_si512(to.add(line * LINE).cast(), numbers);
            }
        }
    }

    /// # Safety
    /// As [`lines`].
    unsafe fn by_16(from: *const u8, to: *mut u8, lines: usize) {
        for part in 0..lines * (LINE / 16) {
            // SAFETY: the caller's promise; every x86-64 has these instructions.
            unsafe {
                let numbers = _mm_loadu_si128(from.add(part * 16).cast());
                _mm_stream_si128(to.add(part * 16).cast(), numbers);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_copied_and_no_other() {
        for level in Level::available() {
            for (begin, count) in (0..20).flat_map(|begin| [0, 1, 5, 15, 16, 17, 40, 100].map(|n| (begin, n)))
            {
                let from: Vec<f32> = (0..count).map(|i| i as f32).collect();
                let mut to = vec![-1.0_f32; 130];
                // SAFETY: both hold so many numbers, from there on.
                unsafe { copy(level, from.as_ptr(), to.as_mut_ptr().add(begin), count) };
                finish();
                assert_eq!(to[begin..begin + count], from);
                assert!(to[..begin].iter().chain(&to[begin + count..]).all(|&x| x == -1.0));
            }
        }
    }
}
