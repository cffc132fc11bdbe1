//! What the machine can do at best, to set beside what kernels do: multiply-adds in registers, and copying memory.

use std::hint::black_box;
use std::time::Instant;

use crate::Buffer;

/// So many sums at a time keep the units for multiply-adds busy.
const CHAINS: usize = 12;

/// How often each loop is measured; the fastest counts.
const GOES: usize = 10;

/// Multiply-adds of a thread in a go: some milliseconds.
const COUNT: usize = 1 << 28;

/// Bytes that no cache holds.
const COPIED: usize = 64 << 20;

/// What a machine can do at best in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Operations on `f32`, a multiply-add being two.
    pub operations: f64,
    /// Bytes that are read or written, in memory that no cache holds: each of a copy is both.
    pub bytes: f64,
}

impl Limits {
    /// Measures them, with so many threads at once: some tenths of a second, and 128 MB for that long.
    pub fn measure(threads: usize) -> Limits {
        let threads = threads.max(1);
        let operations = (0..GOES).map(|_| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                (1..threads).for_each(|_| drop(scope.spawn(|| multiply_adds(COUNT))));
                multiply_adds(COUNT);
            });
            2.0 * (COUNT * threads) as f64 / start.elapsed().as_secs_f64()
        });
        let operations = operations.fold(0.0, f64::max);
        let (from, mut to) = (Buffer::zeroed(COPIED), Buffer::zeroed(COPIED));
        let each = COPIED.div_ceil(threads);
        let copied = (0..GOES).map(|_| {
            let start = Instant::now();
            std::thread::scope(|scope| {
                let mut parts = from.bytes().chunks(each).zip(to.bytes_mut().chunks_mut(each));
                let own = parts.next();
                parts.for_each(|(from, to)| drop(scope.spawn(|| to.copy_from_slice(from))));
                own.into_iter().for_each(|(from, to)| to.copy_from_slice(from));
            });
            black_box(&mut to);
            2.0 * COPIED as f64 / start.elapsed().as_secs_f64()
        });
        Limits { operations, bytes: copied.fold(0.0, f64::max) }
    }
}

/// `count` multiply-adds of `f32` in registers. The compiler takes arrays of registers apart, so they are named.
pub fn multiply_adds(count: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::*;

        #[target_feature(enable = "avx512f")]
        fn avx512(count: usize) {
            let x = _mm512_set1_ps(black_box(0.999));
            let mut sums = [x; CHAINS];
            for _ in 0..count / (16 * CHAINS) {
                for sum in &mut sums {
                    *sum = _mm512_fmadd_ps(*sum, x, x);
                }
            }
            black_box(sums);
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2(count: usize) {
            let x = _mm256_set1_ps(black_box(0.999));
            let mut sums = [x; CHAINS];
            for _ in 0..count / (8 * CHAINS) {
                for sum in &mut sums {
                    *sum = _mm256_fmadd_ps(*sum, x, x);
                }
            }
            black_box(sums);
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            return unsafe { avx512(count) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has the instructions.
            return unsafe { avx2(count) };
        }
    }
    let x = black_box(0.999_f32);
    let mut sums = [x; CHAINS * 4];
    for _ in 0..count / (CHAINS * 4) {
        for sum in &mut sums {
            *sum = *sum * x + x;
        }
    }
    black_box(sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_a_machine() {
        let Limits { operations, bytes } = Limits::measure(1);
        // An emulated processor is a machine too.
        assert!(operations > 1e7 && operations < 1e13, "{operations}");
        assert!(bytes > 1e7 && bytes < 1e13, "{bytes}");
    }
}
