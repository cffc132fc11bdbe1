//! Multiply-adds in registers, with nothing read or written: no network computes faster.

use std::hint::black_box;

/// So many sums at a time keep the units busy.
const CHAINS: usize = 12;

/// `count` multiply-adds of `f32` in registers. The compiler takes arrays of registers apart, so they are named.
pub(crate) fn multiply_adds(count: usize) {
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
