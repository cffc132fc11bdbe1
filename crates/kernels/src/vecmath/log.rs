//! ln x and ln(1 + x).
//!
//! x = 2ᵏ·(1 + f) with 1 + f in [¾, 1½). With s = f / (2 + f), ln(1 + f) = 2·artanh s = 2s + s·R(s²), where R is the
//! minimax polynomial that keeps the relative error below 2⁻²⁸ (`f32`) and 2⁻⁶² (`f64`). As 2s = f − s·f, the leading
//! term f is exact: ln(1 + f) = f − (f²/2 − s·(f²/2 + R)). This way of writing it is that of K. C. Ng's `log` in
//! fdlibm (1993).
//!
//! For ln(1 + x), what rounding lost of 1 + x is added to f.

/// In `f32`.
pub(super) mod f32 {
    use super::super::exp::f32::{LN_2_HIGH, LN_2_LOW};
    use super::super::polynomial::f32::{mul_add, polynomial};

    /// R(z) / z.
    const R: [f32; 3] = [0.666_669_3, 0.399_589_87, 0.303_414_88];
    /// The bits of ¾.
    const THREE_QUARTERS: u32 = 0x3f40_0000;
    /// 2²³, whose bits are followed by those of a small whole number added to it.
    const ROUNDER: f32 = 8_388_608.0;

    /// A positive normal number 2ᵏ·(1 + f).
    struct Split {
        /// k.
        k: f32,
        /// k as added to an exponent.
        exponent: u32,
        /// f.
        f: f32,
    }

    #[inline(always)]
    fn split(x: f32) -> Split {
        // 128 keeps k positive, so that a shift without sign will do.
        let k = x.to_bits().wrapping_add((128 << 23) - THREE_QUARTERS) >> 23;
        let exponent = k.wrapping_sub(128) << 23;
        Split {
            k: f32::from_bits(k | ROUNDER.to_bits()) - (ROUNDER + 128.0),
            exponent,
            f: f32::from_bits(x.to_bits().wrapping_sub(exponent)) - 1.0,
        }
    }

    /// k·ln 2 + ln(1 + f).
    #[inline(always)]
    fn combined<const FMA: bool>(k: f32, f: f32) -> f32 {
        let s = f / (2.0 + f);
        let z = s * s;
        let half_square = 0.5 * f * f;
        let r = mul_add::<FMA>(z, polynomial::<FMA, 3>(z, R), half_square);
        mul_add::<FMA>(k, LN_2_HIGH, f - (half_square - mul_add::<FMA>(s, r, k * LN_2_LOW)))
    }

    /// ln x; −∞ at ±0 and NaN below.
    #[inline(always)]
    pub(crate) fn log<const FMA: bool>(x: f32) -> f32 {
        let subnormal = x < f32::MIN_POSITIVE;
        let Split { k, f, .. } = split(x * if subnormal { ROUNDER } else { 1.0 });
        let k = k - if subnormal { 23.0 } else { 0.0 };
        // An infinite k makes an infinite result.
        let k = if x == 0.0 { f32::NEG_INFINITY } else { k };
        let k = if x == f32::INFINITY { x } else { k };
        let y = combined::<FMA>(k, f);
        if x >= 0.0 { y } else { f32::NAN }
    }

    /// ln(1 + x), with a small relative error near 0 too; −∞ at −1 and NaN below.
    #[inline(always)]
    pub(crate) fn log1p<const FMA: bool>(x: f32) -> f32 {
        let sum = 1.0 + x;
        let lost = x - (sum - 1.0);
        let Split { k, exponent, f } = split(sum);
        // 2⁻ᵏ, but 0 where k is so large that nothing was lost.
        let shrink = f32::from_bits((128_u32 << 23).wrapping_sub(exponent));
        let y = combined::<FMA>(k, f + lost * (0.5 * shrink));
        let y = if x == -1.0 { f32::NEG_INFINITY } else { y };
        let y = if x < f32::INFINITY { y.copysign(x) } else { x };
        if x < -1.0 { f32::NAN } else { y }
    }

    /// ln(1 + x) for x in [0, 1], or NaN.
    #[inline(always)]
    pub(in super::super) fn log1p_unit<const FMA: bool>(x: f32) -> f32 {
        let above = x > 0.5;
        let f = if above { 0.5 * x - 0.5 } else { x };
        combined::<FMA>(if above { 1.0 } else { 0.0 }, f)
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::exp::f64::{LN_2_HIGH, LN_2_LOW};
    use super::super::polynomial::f64::{mul_add, polynomial};

    /// R(z) / z.
    const R: [f64; 8] = [
        0.666_666_666_666_666_3,
        0.400_000_000_000_390_27,
        0.285_714_285_591_933_3,
        0.222_222_239_814_937_5,
        0.181_816_819_956_530_37,
        0.153_906_517_073_344_46,
        0.131_804_826_943_525_4,
        0.138_010_102_297_661_72,
    ];
    /// The bits of ¾.
    const THREE_QUARTERS: u64 = 0x3fe8_0000_0000_0000;
    /// 2⁵², whose bits are followed by those of a small whole number added to it.
    const ROUNDER: f64 = 4_503_599_627_370_496.0;

    /// A positive normal number 2ᵏ·(1 + f).
    struct Split {
        /// k.
        k: f64,
        /// k as added to an exponent.
        exponent: u64,
        /// f.
        f: f64,
    }

    #[inline(always)]
    fn split(x: f64) -> Split {
        // 1024 keeps k positive, so that a shift without sign, the only one AVX2 has for 64 bits, will do.
        let k = x.to_bits().wrapping_add((1024 << 52) - THREE_QUARTERS) >> 52;
        let exponent = k.wrapping_sub(1024) << 52;
        Split {
            k: f64::from_bits(k | ROUNDER.to_bits()) - (ROUNDER + 1024.0),
            exponent,
            f: f64::from_bits(x.to_bits().wrapping_sub(exponent)) - 1.0,
        }
    }

    /// k·ln 2 + ln(1 + f).
    #[inline(always)]
    fn combined<const FMA: bool>(k: f64, f: f64) -> f64 {
        let s = f / (2.0 + f);
        let z = s * s;
        let half_square = 0.5 * f * f;
        let r = mul_add::<FMA>(z, polynomial::<FMA, 8>(z, R), half_square);
        mul_add::<FMA>(k, LN_2_HIGH, f - (half_square - mul_add::<FMA>(s, r, k * LN_2_LOW)))
    }

    /// ln x; −∞ at ±0 and NaN below.
    #[inline(always)]
    pub(crate) fn log<const FMA: bool>(x: f64) -> f64 {
        let subnormal = x < f64::MIN_POSITIVE;
        let Split { k, f, .. } = split(x * if subnormal { ROUNDER } else { 1.0 });
        let k = k - if subnormal { 52.0 } else { 0.0 };
        // An infinite k makes an infinite result.
        let k = if x == 0.0 { f64::NEG_INFINITY } else { k };
        let k = if x == f64::INFINITY { x } else { k };
        let y = combined::<FMA>(k, f);
        if x >= 0.0 { y } else { f64::NAN }
    }

    /// ln(1 + x), with a small relative error near 0 too; −∞ at −1 and NaN below.
    #[inline(always)]
    pub(crate) fn log1p<const FMA: bool>(x: f64) -> f64 {
        let sum = 1.0 + x;
        let lost = x - (sum - 1.0);
        let Split { k, exponent, f } = split(sum);
        // 2⁻ᵏ, but 0 where k is so large that nothing was lost.
        let shrink = f64::from_bits((1024_u64 << 52).wrapping_sub(exponent));
        let y = combined::<FMA>(k, f + lost * (0.5 * shrink));
        let y = if x == -1.0 { f64::NEG_INFINITY } else { y };
        let y = if x < f64::INFINITY { y.copysign(x) } else { x };
        if x < -1.0 { f64::NAN } else { y }
    }

    /// ln(1 + x) for x in [0, 1], or NaN.
    #[inline(always)]
    pub(in super::super) fn log1p_unit<const FMA: bool>(x: f64) -> f64 {
        let above = x > 0.5;
        let f = if above { 0.5 * x - 0.5 } else { x };
        combined::<FMA>(if above { 1.0 } else { 0.0 }, f)
    }
}
