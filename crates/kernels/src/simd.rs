//! Which vector instructions the machine has, and loops that are compiled once for each answer.
//!
//! Loops are plain Rust that the compiler vectorises. Code that may use AVX2 or AVX-512 must be compiled apart from
//! code that may not, so [`per_level!`] compiles one body several times and picks one at run time.
//!
//! Fused multiply-add rounds once where `a * b + c` rounds twice, so a level also says whether numbers come from fused
//! arithmetic. A body is told by its constant `FMA`; where that is false it uses only operations that IEEE 754 rounds
//! one way (`+ - * /`, square root, bits), and gives the same bits on every machine.

use std::cell::Cell;
use std::sync::LazyLock;

/// A set of vector instructions, found by feature bits and never by the processor's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// What every processor of the target has; no fused multiply-add, and denormal numbers are kept. The same bits
    /// everywhere.
    Portable,
    /// x86-64 with AVX2 and FMA: 8 `f32` at a time.
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ and VL: 16 `f32` at a time.
    Avx512,
    /// 64-bit Arm, which always has NEON and fused multiply-add: 4 `f32` at a time.
    Neon,
    /// WebAssembly built with `simd128`; no fused multiply-add. The bits of [`Level::Portable`], 4 `f32` at a time.
    Simd128,
}

impl Level {
    /// Whether numbers come from fused multiply-add.
    pub const fn has_fma(self) -> bool {
        match self {
            Level::Avx2 | Level::Avx512 | Level::Neon => true,
            Level::Portable | Level::Simd128 => false,
        }
    }

    /// The levels this machine can run, lowest first; whatever the environment says. For tests that try each.
    pub fn available() -> Vec<Level> {
        let all = [Level::Portable, Level::Avx2, Level::Avx512, Level::Neon, Level::Simd128];
        all.into_iter().filter(|level| level.on_this_machine() == *level).collect()
    }

    /// This level if the machine has it, else the highest it has below: what makes a dispatch on any `Level` sound.
    #[inline]
    pub(crate) fn on_this_machine(self) -> Level {
        static MACHINE: LazyLock<Level> = LazyLock::new(detect);
        self.meet(*MACHINE)
    }

    /// The highest level that is at or below both. `Portable < Avx2 < Avx512`, `Portable < Neon`, `Portable < Simd128`.
    fn meet(self, other: Level) -> Level {
        match (self, other) {
            (a, b) if a == b => a,
            (Level::Avx512, Level::Avx2) | (Level::Avx2, Level::Avx512) => Level::Avx2,
            _ => Level::Portable,
        }
    }
}

/// The level loops run at unless they are told another: the machine's highest, lowered (never raised) by the
/// environment variable `TENSEUR_SIMD` = `portable`, `avx2` or `avx512`, which is read once and of which other values
/// change nothing, and by [`at_level`].
pub fn level() -> Level {
    static LEVEL: LazyLock<Level> = LazyLock::new(|| {
        let wish = std::env::var("TENSEUR_SIMD");
        lowered(detect(), wish.as_deref().unwrap_or_default())
    });
    CEILING.get().map_or(*LEVEL, |ceiling| LEVEL.meet(ceiling))
}

thread_local! {
    /// What [`at_level`] lowers this thread's work to.
    static CEILING: Cell<Option<Level>> = const { Cell::new(None) };
}

/// Does `work` on this thread, in which [`level`] is at most `level`: kernels made there run at it ever after. Work that
/// is handed to other threads meanwhile is not lowered.
pub fn at_level<R>(level: Level, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<Level>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CEILING.set(self.0);
        }
    }
    let _restore = Restore(CEILING.replace(Some(level)));
    work()
}

fn lowered(machine: Level, wish: &str) -> Level {
    match wish {
        "portable" => Level::Portable,
        "avx2" => machine.meet(Level::Avx2),
        "avx512" => machine.meet(Level::Avx512),
        _ => machine,
    }
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        (false, _) => Level::Portable,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Level {
    if cfg!(all(target_arch = "aarch64", target_feature = "neon")) {
        Level::Neon
    } else if cfg!(target_feature = "simd128") {
        Level::Simd128
    } else {
        Level::Portable
    }
}

/// Compiles a loop once per [`Level`] and makes the function that picks one.
///
/// The loop is a function whose first generic argument is `const FMA: bool`. It, and all it calls in the loop, is
/// `#[inline(always)]`: that is what carries the level's instructions into it. (A closure made outside and handed in
/// is not, and runs at the target's baseline; hand in a type with a generic method instead.)
///
/// ```text
/// #[inline(always)]
/// fn exponentials<const FMA: bool>(x: &[f32], y: &mut [f32]) {
///     for (y, x) in y.iter_mut().zip(x) {
///         *y = vecmath::f32::exp::<FMA>(*x);
///     }
/// }
/// per_level! {
///     /// `y = exp(x)`.
///     pub(crate) fn exp(x: &[f32], y: &mut [f32]) = exponentials;
/// }
///
/// exp(simd::level(), &x, &mut y); // the machine's best
/// exp(Level::Portable, &x, &mut y); // the same bits everywhere
/// ```
///
/// Type arguments follow `FMA` in the body and are written with one bound each: `fn map<F: Map, T: Scalar>(…) = body;`
/// for `fn body<const FMA: bool, F: Map, T: Scalar>(…)`. `unsafe fn name(…) = body;` is for an unsafe body, and asks of
/// its caller what the body asks.
macro_rules! per_level {
    ($(#[$attribute:meta])* $vis:vis unsafe fn $name:ident $(<$($generic:ident: $bound:path),+ $(,)?>)?
        ($($argument:ident: $type:ty),* $(,)?) $(-> $return:ty)? = $body:ident;) => {
        $(#[$attribute])*
        $vis unsafe fn $name $(<$($generic: $bound),+>)? (level: $crate::simd::Level, $($argument: $type),*) $(-> $return)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
            unsafe fn avx512 $(<$($generic: $bound),+>)? ($($argument: $type),*) $(-> $return)? {
                // SAFETY: the caller promises what the body asks.
                unsafe { $body::<true $($(, $generic)+)?>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2 $(<$($generic: $bound),+>)? ($($argument: $type),*) $(-> $return)? {
                // SAFETY: the caller promises what the body asks.
                unsafe { $body::<true $($(, $generic)+)?>($($argument),*) }
            }
            match level.on_this_machine() {
                // SAFETY: `on_this_machine` gives only levels whose instructions were found; the caller promises the rest.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx512 => unsafe { avx512 $(::<$($generic),+>)? ($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx2 => unsafe { avx2 $(::<$($generic),+>)? ($($argument),*) },
                // SAFETY: the caller promises what the body asks.
                #[cfg(target_arch = "aarch64")]
                $crate::simd::Level::Neon => unsafe { $body::<true $($(, $generic)+)?>($($argument),*) },
                // SAFETY: the caller promises what the body asks.
                _ => unsafe { $body::<false $($(, $generic)+)?>($($argument),*) },
            }
        }
    };
    ($(#[$attribute:meta])* $vis:vis fn $name:ident $(<$($generic:ident: $bound:path),+ $(,)?>)?
        ($($argument:ident: $type:ty),* $(,)?) $(-> $return:ty)? = $body:ident;) => {
        $(#[$attribute])*
        $vis fn $name $(<$($generic: $bound),+>)? (level: $crate::simd::Level, $($argument: $type),*) $(-> $return)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512 $(<$($generic: $bound),+>)? ($($argument: $type),*) $(-> $return)? {
                $body::<true $($(, $generic)+)?>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2 $(<$($generic: $bound),+>)? ($($argument: $type),*) $(-> $return)? {
                $body::<true $($(, $generic)+)?>($($argument),*)
            }
            match level.on_this_machine() {
                // SAFETY: `on_this_machine` gives only levels whose instructions were found.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx512 => unsafe { avx512 $(::<$($generic),+>)? ($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx2 => unsafe { avx2 $(::<$($generic),+>)? ($($argument),*) },
                #[cfg(target_arch = "aarch64")]
                $crate::simd::Level::Neon => $body::<true $($(, $generic)+)?>($($argument),*),
                _ => $body::<false $($(, $generic)+)?>($($argument),*),
            }
        }
    };
}
pub(crate) use per_level;

/// Nothing moves past it. A loop over vectors that ends each turn with it stays one: else the compiler may compute element k of
/// many vectors at a time, and gather them, ten times as slow; in which loops it does depends on what else it compiles.
#[inline(always)]
pub(crate) fn in_order() {
    std::hint::black_box(());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(always)]
    fn squares_less<const FMA: bool>(x: &[f32], less: f32, y: &mut [f32]) -> bool {
        for (y, x) in y.iter_mut().zip(x) {
            *y = if FMA { x.mul_add(*x, -less) } else { x * x - less };
        }
        FMA
    }

    #[inline(always)]
    unsafe fn largest<const FMA: bool, T: Ord + Copy, I: Iterator<Item = T>>(items: I) -> Option<T> {
        items.max()
    }

    per_level! {
        /// `y = x² − less`; whether it was fused.
        fn square_less(x: &[f32], less: f32, y: &mut [f32]) -> bool = squares_less;
    }

    trait Number: Ord + Copy {}
    impl Number for i32 {}
    per_level! { unsafe fn maximum<T: Number, I: Iterator<Item = T>>(items: I) -> Option<T> = largest; }

    #[test]
    fn a_level_fuses_exactly_where_it_says() {
        // (1 + 2⁻²³)² = 1 + 2⁻²² + 2⁻⁴⁶: the last term survives only a fused subtraction of 1 + 2⁻²².
        let x = [1.0 + f32::EPSILON; 37];
        for level in Level::available() {
            let mut y = [1.0; 37];
            let fused = square_less(level, &x, 1.0 + 2.0 * f32::EPSILON, &mut y);
            assert_eq!(fused, level.has_fma(), "{level:?}");
            assert_eq!(y, [if fused { f32::EPSILON * f32::EPSILON } else { 0.0 }; 37], "{level:?}");
        }
    }

    #[test]
    fn a_level_that_the_machine_lacks_runs_at_a_lower_one() {
        let available = Level::available();
        assert_eq!(available[0], Level::Portable);
        for level in [Level::Portable, Level::Avx2, Level::Avx512, Level::Neon, Level::Simd128] {
            assert!(available.contains(&level.on_this_machine()), "{level:?}");
            // SAFETY: `largest` asks nothing.
            assert_eq!(unsafe { maximum(level, [3, 7, 5].into_iter()) }, Some(7));
        }
        assert!(available.contains(&level()));
    }

    #[test]
    fn work_at_a_level_is_lowered_and_what_comes_after_is_not() {
        let before = level();
        assert_eq!(at_level(Level::Portable, level), Level::Portable);
        assert_eq!(level(), before);
        let panicked = std::panic::catch_unwind(|| at_level(Level::Portable, || panic!("within")));
        assert!(panicked.is_err());
        assert_eq!(level(), before);
    }

    #[test]
    fn the_environment_lowers_and_never_raises() {
        use Level::*;
        assert_eq!(lowered(Avx512, "avx2"), Avx2);
        assert_eq!(lowered(Avx512, "avx512"), Avx512);
        assert_eq!(lowered(Avx2, "avx512"), Avx2);
        assert_eq!(lowered(Portable, "avx2"), Portable);
        assert_eq!(lowered(Neon, "portable"), Portable);
        assert_eq!(lowered(Avx2, ""), Avx2);
        assert_eq!(lowered(Neon, "nonsense"), Neon);
    }
}
