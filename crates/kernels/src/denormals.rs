//! Numbers so near to zero that they have no exponent of their own (below 1.2·10⁻³⁸ in `f32`) taken as zero while kernels
//! run, as TensorFlow takes them: some processors are a hundred times slower with them.
//!
//! It goes with fast arithmetic: at [`Level::Portable`] and in WebAssembly such numbers stay what they are.

use crate::simd::{Level, level};

/// While it lives, denormal numbers are taken as zero, read and written, by this thread.
pub(crate) struct FlushDenormals {
    before: Option<u64>,
}

impl FlushDenormals {
    /// Begins, where the level that loops run at is a fast one; costs a few nanoseconds.
    #[inline]
    pub(crate) fn begin() -> FlushDenormals {
        FlushDenormals::at(level())
    }

    #[inline]
    fn at(level: Level) -> FlushDenormals {
        if matches!(level, Level::Portable | Level::Simd128) {
            return FlushDenormals { before: None };
        }
        let before = control();
        let already = before & FLUSH == FLUSH;
        if !already {
            set_control(before | FLUSH);
        }
        FlushDenormals { before: (!already).then_some(before) }
    }
}

impl Drop for FlushDenormals {
    #[inline]
    fn drop(&mut self) {
        if let Some(before) = self.before {
            set_control(before);
        }
    }
}

/// Both bits of MXCSR: denormal results become zero, and denormal operands are taken as zero.
#[cfg(target_arch = "x86_64")]
const FLUSH: u64 = 1 << 15 | 1 << 6;

#[cfg(target_arch = "x86_64")]
#[inline]
fn control() -> u64 {
    let mut word = 0u32;
    // SAFETY: it writes the thread's floating-point control word, 4 bytes, to a place of 4 bytes, and changes nothing else.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags));
    }
    u64::from(word)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn set_control(word: u64) {
    let word = word as u32;
    // SAFETY: the word is one that `control` read, with or without FLUSH: exceptions stay masked and rounding as it is, so
    // that the compiler's arithmetic keeps its meaning but for denormal numbers. Not `readonly`: arithmetic must not be
    // moved across it.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags));
    }
}

/// The bit of FPCR: denormal operands and results are zero.
#[cfg(target_arch = "aarch64")]
const FLUSH: u64 = 1 << 24;

#[cfg(target_arch = "aarch64")]
#[inline]
fn control() -> u64 {
    let word: u64;
    // SAFETY: it reads the thread's floating-point control register.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags));
    }
    word
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn set_control(word: u64) {
    // SAFETY: the word is one that `control` read, with or without FLUSH: rounding and exceptions stay as they are.
    unsafe {
        std::arch::asm!("msr fpcr, {}", in(reg) word, options(nostack, preserves_flags));
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FLUSH: u64 = 0;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn control() -> u64 {
    FLUSH
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn set_control(_: u64) {}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    const TINY: f32 = 1e-40;

    fn keeps_denormals() -> bool {
        black_box(TINY) * black_box(1.0) != 0.0 || black_box(TINY).to_bits() == 0
    }

    #[test]
    fn they_are_zero_inside_and_themselves_again_outside() {
        assert!(keeps_denormals());
        for level in Level::available() {
            let fast = !matches!(level, Level::Portable | Level::Simd128);
            {
                let _outer = FlushDenormals::at(level);
                assert_eq!(keeps_denormals(), !fast, "{level:?}");
                drop(FlushDenormals::at(level));
                assert_eq!(keeps_denormals(), !fast, "{level:?}, after another");
                assert_eq!((black_box(f32::INFINITY) * black_box(TINY)).is_nan(), fast, "{level:?}");
            }
            assert!(keeps_denormals(), "{level:?}");
        }
    }

    #[test]
    fn a_panic_ends_it() {
        let outcome = std::panic::catch_unwind(|| {
            let _flush = FlushDenormals::begin();
            panic!("as kernels may");
        });
        assert!(outcome.is_err() && keeps_denormals());
    }

    #[test]
    fn threads_of_the_pool_do_the_same() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let kept = AtomicUsize::new(0);
        let _flush = FlushDenormals::begin();
        let here = keeps_denormals();
        crate::threads::parallel_for(4, 64, &|_| {
            std::thread::sleep(std::time::Duration::from_micros(200));
            kept.fetch_add(usize::from(keeps_denormals() != here), Ordering::Relaxed);
        });
        assert_eq!(kept.into_inner(), 0);
    }
}
