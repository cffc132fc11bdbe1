//! Sine, cosine and tangent of radians, and their inverses.
//!
//! With n the whole number nearest to x / (π/2) and r = x − n·π/2, so that |r| ≤ π/4, sin x and cos x are ±sin r or
//! ±cos r as the last two bits of n say, and these are minimax polynomials in r². π/2 is taken off in parts of so few
//! bits that their products with n are exact (W. J. Cody and W. Waite, 1980).
//!
//! That holds up to [`SMALL_ANGLE`](f32::SMALL_ANGLE). `sin_small` and `cos_small` are free of branches and are
//! for blocks without a greater number; `sin` and `cos` take any, give the same bits where the small ones do, and else
//! ask the `libm` crate, which has π to 1,100 bits (M. Payne and R. Hanek, 1983).

/// In `f32`; computed in `f64`, so that r is right to the last bit also near a multiple of π.
pub(super) mod f32 {
    use super::super::polynomial::f64::{mul_add, polynomial};

    /// The greatest |x| that `sin_small` and `cos_small` take: all numbers that are not even whole numbers are below.
    pub(crate) const SMALL_ANGLE: f32 = 16_777_216.0;

    /// The upper 28 bits of π/2.
    const HALF_PI_HIGH: f64 = 1.570_796_325_802_803;
    /// π/2 less [`HALF_PI_HIGH`].
    const HALF_PI_LOW: f64 = 9.920_935_796_805_404e-10;
    /// Added to a small number, it leaves the nearest whole number in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    /// (sin r / r − 1) / r² in powers of r², to 2⁻³⁷.
    const SIN: [f64; 4] = [
        -0.166_666_666_435_230_93,
        0.008_333_329_529_708_179,
        -0.000_198_393_682_136_356_73,
        2.718_554_837_375_884e-6,
    ];
    /// (cos r − 1 + r²/2) / r⁴ in powers of r², to 2⁻³³.
    const COS: [f64; 3] = [0.041_666_646_273_641_24, -0.001_388_733_983_870_572_3, 2.443_543_689_837_738e-5];

    /// sin(x + quarters·π/2).
    #[inline(always)]
    fn sin_shifted<const FMA: bool>(x: f32, quarters: u64) -> f32 {
        let x = f64::from(x);
        let rounded = mul_add::<FMA>(x, std::f64::consts::FRAC_2_PI, ROUNDER);
        let n = rounded - ROUNDER;
        let r = mul_add::<FMA>(n, -HALF_PI_LOW, mul_add::<FMA>(n, -HALF_PI_HIGH, x));
        let z = r * r;
        let sin = r * mul_add::<FMA>(z, polynomial::<FMA, 4>(z, SIN), 1.0);
        let cos = mul_add::<FMA>(z, mul_add::<FMA>(z, polynomial::<FMA, 3>(z, COS), -0.5), 1.0);
        let quadrant = rounded.to_bits().wrapping_add(quarters);
        let y = if quadrant & 1 == 0 { sin } else { cos };
        f64::from_bits(y.to_bits() ^ ((quadrant & 2) << 62)) as f32
    }

    /// sin x, for |x| ≤ [`SMALL_ANGLE`].
    #[inline(always)]
    pub(crate) fn sin_small<const FMA: bool>(x: f32) -> f32 {
        sin_shifted::<FMA>(x, 0)
    }

    /// cos x, for |x| ≤ [`SMALL_ANGLE`].
    #[inline(always)]
    pub(crate) fn cos_small<const FMA: bool>(x: f32) -> f32 {
        sin_shifted::<FMA>(x, 1)
    }

    /// sin x; NaN at ±∞.
    #[inline(always)]
    pub(crate) fn sin<const FMA: bool>(x: f32) -> f32 {
        if x.abs() <= SMALL_ANGLE { sin_small::<FMA>(x) } else { libm::sinf(x) }
    }

    /// cos x; NaN at ±∞.
    #[inline(always)]
    pub(crate) fn cos<const FMA: bool>(x: f32) -> f32 {
        if x.abs() <= SMALL_ANGLE { cos_small::<FMA>(x) } else { libm::cosf(x) }
    }

    /// tan x; NaN at ±∞.
    pub(crate) fn tan(x: f32) -> f32 {
        libm::tanf(x)
    }

    /// The angle in [−π/2, π/2] whose sine is x; NaN where |x| > 1.
    pub(crate) fn asin(x: f32) -> f32 {
        libm::asin(f64::from(x)) as f32
    }

    /// The angle in [0, π] whose cosine is x; NaN where |x| > 1.
    pub(crate) fn acos(x: f32) -> f32 {
        libm::acos(f64::from(x)) as f32
    }

    /// The angle in [−π/2, π/2] whose tangent is x.
    pub(crate) fn atan(x: f32) -> f32 {
        libm::atan(f64::from(x)) as f32
    }

    /// The angle in [−π, π] of the point (x, y).
    pub(crate) fn atan2(y: f32, x: f32) -> f32 {
        libm::atan2(f64::from(y), f64::from(x)) as f32
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::polynomial::f64::{mul_add, polynomial};

    /// The greatest |x| that `sin_small` and `cos_small` take.
    pub(crate) const SMALL_ANGLE: f64 = 1_048_576.0;

    /// π/2 in parts, the first three of 33 bits.
    const HALF_PI: [f64; 4] = [
        1.570_796_326_734_125_6,
        6.077_100_506_303_966e-11,
        2.022_266_248_711_166_5e-21,
        8.478_427_660_368_9e-32,
    ];
    /// Added to a small number, it leaves the nearest whole number in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    /// (sin r / r − 1 + r²/6) / r⁴ in powers of r², to 2⁻⁵⁷ with [`SIN_THIRD`].
    const SIN: [f64; 5] = [
        0.008_333_333_333_323_994,
        -0.000_198_412_698_308_062_06,
        2.755_731_397_885_029_6e-6,
        -2.505_079_653_218_182_2e-8,
        1.589_874_305_797_684_8e-10,
    ];
    /// The coefficient of r³ in sin r.
    const SIN_THIRD: f64 = -0.166_666_666_666_666_4;
    /// (cos r − 1 + r²/2) / r⁴ in powers of r², to 2⁻⁶³.
    const COS: [f64; 6] = [
        0.041_666_666_666_666_6,
        -0.001_388_888_888_887_433_7,
        2.480_158_728_952_989_6e-5,
        -2.755_731_434_878_468e-7,
        2.087_572_106_580_647e-9,
        -1.135_946_596_098_015_3e-11,
    ];

    /// a − b as the nearest number and what rounding took (O. Møller and D. Knuth).
    #[inline(always)]
    fn difference(a: f64, b: f64) -> (f64, f64) {
        let s = a - b;
        let t = s - a;
        (s, (a - (s - t)) - (b + t))
    }

    /// sin(x + quarters·π/2).
    #[inline(always)]
    fn sin_shifted<const FMA: bool>(x: f64, quarters: u64) -> f64 {
        let rounded = mul_add::<FMA>(x, std::f64::consts::FRAC_2_PI, ROUNDER);
        let n = rounded - ROUNDER;
        // The remainder as r + tail, with some 100 bits.
        let (high, lost) = difference(x - n * HALF_PI[0], n * HALF_PI[1]);
        let (high, more) = difference(high, n * HALF_PI[2]);
        let low = (lost + more) - n * HALF_PI[3];
        let r = high + low;
        let tail = (high - r) + low;
        let z = r * r;
        let cube = z * r;
        // sin(r + tail) ≈ sin r + tail·(1 − r²/2), and cos(r + tail) ≈ cos r − r·tail.
        let fifth = mul_add::<FMA>(cube, -polynomial::<FMA, 5>(z, SIN), 0.5 * tail);
        let sin = r - (mul_add::<FMA>(z, fifth, -tail) - cube * SIN_THIRD);
        let half_square = 0.5 * z;
        let one_less = 1.0 - half_square;
        let fourth = mul_add::<FMA>(z * z, polynomial::<FMA, 6>(z, COS), -(r * tail));
        let cos = one_less + (((1.0 - one_less) - half_square) + fourth);
        let quadrant = rounded.to_bits().wrapping_add(quarters);
        let y = if quadrant & 1 == 0 { sin.copysign(high) } else { cos };
        f64::from_bits(y.to_bits() ^ ((quadrant & 2) << 62))
    }

    /// sin x, for |x| ≤ [`SMALL_ANGLE`].
    #[inline(always)]
    pub(crate) fn sin_small<const FMA: bool>(x: f64) -> f64 {
        sin_shifted::<FMA>(x, 0)
    }

    /// cos x, for |x| ≤ [`SMALL_ANGLE`].
    #[inline(always)]
    pub(crate) fn cos_small<const FMA: bool>(x: f64) -> f64 {
        sin_shifted::<FMA>(x, 1)
    }

    /// sin x; NaN at ±∞.
    #[inline(always)]
    pub(crate) fn sin<const FMA: bool>(x: f64) -> f64 {
        if x.abs() <= SMALL_ANGLE { sin_small::<FMA>(x) } else { libm::sin(x) }
    }

    /// cos x; NaN at ±∞.
    #[inline(always)]
    pub(crate) fn cos<const FMA: bool>(x: f64) -> f64 {
        if x.abs() <= SMALL_ANGLE { cos_small::<FMA>(x) } else { libm::cos(x) }
    }

    /// tan x; NaN at ±∞.
    pub(crate) fn tan(x: f64) -> f64 {
        libm::tan(x)
    }

    /// The angle in [−π/2, π/2] whose sine is x; NaN where |x| > 1.
    pub(crate) fn asin(x: f64) -> f64 {
        libm::asin(x)
    }

    /// The angle in [0, π] whose cosine is x; NaN where |x| > 1.
    pub(crate) fn acos(x: f64) -> f64 {
        libm::acos(x)
    }

    /// The angle in [−π/2, π/2] whose tangent is x.
    pub(crate) fn atan(x: f64) -> f64 {
        libm::atan(x)
    }

    /// The angle in [−π, π] of the point (x, y).
    pub(crate) fn atan2(y: f64, x: f64) -> f64 {
        libm::atan2(y, x)
    }
}
