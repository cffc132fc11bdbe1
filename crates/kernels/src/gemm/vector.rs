//! Numbers side by side in a register: what the innermost loop of a product is written in.
//!
//! The compiler's own vectoriser keeps a large tile of sums in memory rather than in registers, so registers are named
//! here, as they are in the transforms of `conv/winograd/`. The other loops of this crate are plain Rust.

use crate::Level;

/// What sums are made of.
pub(crate) trait Number: Copy + Send + Sync + PartialOrd + 'static {
    const ZERO: Self;
    const ONE: Self;
    /// Integers wrap.
    fn add(self, other: Self) -> Self;
    /// Integers wrap.
    fn sub(self, other: Self) -> Self;
    /// Integers wrap.
    fn mul(self, other: Self) -> Self;
    /// `self · by + plus`, rounded once (integers wrap).
    fn fused(self, by: Self, plus: Self) -> Self;
    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
}

macro_rules! floats {
    ($($float:ty),*) => { $(impl Number for $float {
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            self + other
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            self - other
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            self * other
        }
        #[inline(always)]
        fn fused(self, by: Self, plus: Self) -> Self {
            self.mul_add(by, plus)
        }
        fn from_f64(x: f64) -> Self {
            x as $float
        }
    })* };
}
floats!(f32, f64);

macro_rules! integers {
    ($($integer:ty),*) => { $(impl Number for $integer {
        const ZERO: Self = 0;
        const ONE: Self = 1;
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            self.wrapping_add(other)
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            self.wrapping_sub(other)
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            self.wrapping_mul(other)
        }
        #[inline(always)]
        fn fused(self, by: Self, plus: Self) -> Self {
            self.wrapping_mul(by).wrapping_add(plus)
        }
        fn from_f64(x: f64) -> Self {
            x as $integer
        }
    })* };
}
integers!(i32, i64);

/// [`LANES`](Vector::LANES) numbers.
///
/// # Safety
/// All functions: the processor has the instructions that the type stands for, and pointers are good for `LANES`
/// numbers (of any alignment that the number itself has).
pub(crate) trait Vector: Copy {
    type Number: Number;
    const LANES: usize;
    unsafe fn splat(x: Self::Number) -> Self;
    unsafe fn load(from: *const Self::Number) -> Self;
    unsafe fn store(self, to: *mut Self::Number);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    /// `self · by + plus`: rounded once by the types that stand for levels with fused multiply-add, else twice.
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self;
    /// The greater of 0 and the number; NaN stays NaN.
    unsafe fn relu(self) -> Self;
    /// 1 where the number is above 0, and 0 elsewhere.
    unsafe fn is_positive(self) -> Self;
}

/// `N` numbers without fused multiply-add, for whatever registers the compiler may use.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Plain<T, const N: usize>([T; N]);

impl<T: Number, const N: usize> Vector for Plain<T, N> {
    type Number = T;
    const LANES: usize = N;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Plain([x; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise.
        Plain(unsafe { from.cast::<[T; N]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[T; N]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Plain(std::array::from_fn(|lane| self.0[lane].add(other.0[lane])))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Plain(std::array::from_fn(|lane| self.0[lane].sub(other.0[lane])))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Plain(std::array::from_fn(|lane| self.0[lane].mul(other.0[lane])))
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        Plain(std::array::from_fn(|lane| self.0[lane].mul(by.0[lane]).add(plus.0[lane])))
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Plain(self.0.map(|x| if T::ZERO > x { T::ZERO } else { x }))
    }
    #[inline(always)]
    unsafe fn is_positive(self) -> Self {
        Plain(self.0.map(|x| if x > T::ZERO { T::ONE } else { T::ZERO }))
    }
}

/// One number, with fused multiply-add.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Fused<T>(T);

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl<T: Number> Vector for Fused<T> {
    type Number = T;
    const LANES: usize = 1;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Fused(x)
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise.
        Fused(unsafe { from.read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise.
        unsafe { to.write(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Fused(self.0.add(other.0))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Fused(self.0.sub(other.0))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Fused(self.0.mul(other.0))
    }
    #[inline(always)]
    unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
        Fused(self.0.fused(by.0, plus.0))
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        Fused(if T::ZERO > self.0 { T::ZERO } else { self.0 })
    }
    #[inline(always)]
    unsafe fn is_positive(self) -> Self {
        Fused(if self.0 > T::ZERO { T::ONE } else { T::ZERO })
    }
}

/// A loop over `f32` that is written in registers: `V` those of a level, `One` single numbers of the same rounding.
pub(crate) trait VectorLoop {
    /// Runs the loop; to be inlined, which is what carries the level's instructions into it.
    ///
    /// # Safety
    /// What the loop asks of its caller; and the processor has the instructions.
    unsafe fn run<V: Vector<Number = f32>, One: Vector<Number = f32>>(self);
}

/// Runs a loop in the registers of a level.
///
/// # Safety
/// What the loop asks.
pub(crate) unsafe fn in_registers<L: VectorLoop>(level: Level, work: L) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
    unsafe fn avx512<L: VectorLoop>(work: L) {
        // SAFETY: the caller's promise.
        unsafe { work.run::<std::arch::x86_64::__m512, Fused<f32>>() }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2<L: VectorLoop>(work: L) {
        // SAFETY: the caller's promise.
        unsafe { work.run::<std::arch::x86_64::__m256, Fused<f32>>() }
    }
    // SAFETY: `on_this_machine` gives only levels whose instructions were found; the caller promises the rest.
    unsafe {
        match level.on_this_machine() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(work),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(work),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => work.run::<std::arch::aarch64::float32x4_t, Fused<f32>>(),
            _ => work.run::<Plain<f32, 4>, Plain<f32, 1>>(),
        }
    }
}

/// Implements [`Vector`] for a register type by its instructions. `relu` gets (0, x), `is_positive` (0, 1, x).
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! register {
    ($register:ty, $number:ty, $lanes:literal, $splat:path, $load:path, $store:path, $add:path, $sub:path, $mul:path,
     |$x:ident, $y:ident, $z:ident| $mul_add:expr, |$zero:ident, $r:ident| $relu:expr, |$none:ident, $one:ident, $p:ident| $is_positive:expr) => {
        impl Vector for $register {
            type Number = $number;
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(x: $number) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $number) -> Self {
                // SAFETY: the processor has the instructions, and there are as many numbers.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $number) {
                // SAFETY: the processor has the instructions, and there is room for as many numbers.
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe { $add(self, other) }
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe { $sub(self, other) }
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe { $mul(self, other) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, by: Self, plus: Self) -> Self {
                let ($x, $y, $z) = (self, by, plus);
                // SAFETY: the processor has the instructions.
                unsafe { $mul_add }
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe {
                    let ($zero, $r) = (Self::splat(0.0), self);
                    $relu
                }
            }
            #[inline(always)]
            unsafe fn is_positive(self) -> Self {
                // SAFETY: the processor has the instructions.
                unsafe {
                    let ($none, $one, $p) = (Self::splat(0.0), Self::splat(1.0), self);
                    $is_positive
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Vector;

    // `max` gives its second operand where either is NaN, and where both are zeros.
    register!(
        __m128,
        f32,
        4,
        _mm_set1_ps,
        _mm_loadu_ps,
        _mm_storeu_ps,
        _mm_add_ps,
        _mm_sub_ps,
        _mm_mul_ps,
        |x, y, z| _mm_fmadd_ps(x, y, z),
        |zero, x| _mm_max_ps(zero, x),
        |zero, one, x| _mm_and_ps(_mm_cmpgt_ps(x, zero), one)
    );
    register!(
        __m256,
        f32,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        |x, y, z| _mm256_fmadd_ps(x, y, z),
        |zero, x| _mm256_max_ps(zero, x),
        |zero, one, x| _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(x, zero), one)
    );
    register!(
        __m512,
        f32,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        _mm512_sub_ps,
        _mm512_mul_ps,
        |x, y, z| _mm512_fmadd_ps(x, y, z),
        |zero, x| _mm512_max_ps(zero, x),
        |zero, one, x| _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, zero), one)
    );
    register!(
        __m128d,
        f64,
        2,
        _mm_set1_pd,
        _mm_loadu_pd,
        _mm_storeu_pd,
        _mm_add_pd,
        _mm_sub_pd,
        _mm_mul_pd,
        |x, y, z| _mm_fmadd_pd(x, y, z),
        |zero, x| _mm_max_pd(zero, x),
        |zero, one, x| _mm_and_pd(_mm_cmpgt_pd(x, zero), one)
    );
    register!(
        __m256d,
        f64,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_add_pd,
        _mm256_sub_pd,
        _mm256_mul_pd,
        |x, y, z| _mm256_fmadd_pd(x, y, z),
        |zero, x| _mm256_max_pd(zero, x),
        |zero, one, x| _mm256_and_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(x, zero), one)
    );
    register!(
        __m512d,
        f64,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_add_pd,
        _mm512_sub_pd,
        _mm512_mul_pd,
        |x, y, z| _mm512_fmadd_pd(x, y, z),
        |zero, x| _mm512_max_pd(zero, x),
        |zero, one, x| _mm512_maskz_mov_pd(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(x, zero), one)
    );
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::Vector;

    // `vbslq` picks by a comparison that NaN fails, so that NaN stays.
    register!(
        float32x4_t,
        f32,
        4,
        vdupq_n_f32,
        vld1q_f32,
        vst1q_f32,
        vaddq_f32,
        vsubq_f32,
        vmulq_f32,
        |x, y, z| vfmaq_f32(z, x, y),
        |zero, x| vbslq_f32(vcgtq_f32(zero, x), zero, x),
        |zero, one, x| vbslq_f32(vcgtq_f32(x, zero), one, zero)
    );
    register!(
        float64x2_t,
        f64,
        2,
        vdupq_n_f64,
        vld1q_f64,
        vst1q_f64,
        vaddq_f64,
        vsubq_f64,
        vmulq_f64,
        |x, y, z| vfmaq_f64(z, x, y),
        |zero, x| vbslq_f64(vcgtq_f64(zero, x), zero, x),
        |zero, one, x| vbslq_f64(vcgtq_f64(x, zero), one, zero)
    );
}
