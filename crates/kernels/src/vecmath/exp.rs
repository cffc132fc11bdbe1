//! eˣ and eˣ − 1.
//!
//! With n the whole number nearest to x / ln 2 and r = x − n·ln 2, so that |r| ≤ ln 2 / 2:
//! eˣ = 2ⁿ·eʳ and eʳ = 1 + r + r²·q(r), where q is the minimax polynomial that keeps the relative error of
//! eʳ − 1 below 2⁻²⁶ (`f32`) and 2⁻⁶¹ (`f64`).
//!
//! n is rounded by adding and subtracting 1.5·2²³ (1.5·2⁵²), which leaves it in the low bits of the sum; a conversion
//! to an integer type would saturate, and keep the loop from being vectorised. ln 2 is taken off in two parts, the
//! first of so few bits that its product with n is exact.

/// In `f32`.
pub(super) mod f32 {
    use super::super::polynomial::f32::{mul_add, polynomial};

    /// The upper 16 bits of ln 2.
    pub(in super::super) const LN_2_HIGH: f32 = 0.693_145_75;
    /// ln 2 less [`LN_2_HIGH`].
    pub(in super::super) const LN_2_LOW: f32 = 1.428_606_8e-6;
    /// Added to a small number, it leaves the nearest whole number in the low bits.
    const ROUNDER: f32 = 12_582_912.0;
    /// q(r) = (eʳ − 1 − r) / r².
    const Q: [f32; 5] = [0.5, 0.166_665_45, 0.041_666_403, 0.008_366_405, 0.001_394_065_2];

    /// 2ⁿ for a whole number n in [−127, 127]; for −127 it is 0.
    #[inline(always)]
    fn power_of_two(n: f32) -> f32 {
        f32::from_bits((n + (ROUNDER + 127.0)).to_bits() << 23)
    }

    /// The whole number nearest to `x`, for |x| < 2²².
    #[inline(always)]
    fn round(x: f32) -> f32 {
        (x + ROUNDER) - ROUNDER
    }

    #[inline(always)]
    fn clamp(x: f32, low: f32, high: f32) -> f32 {
        let x = if x > high { high } else { x };
        if x < low { low } else { x }
    }

    /// n and eʳ.
    #[inline(always)]
    fn reduced<const FMA: bool>(x: f32) -> (f32, f32) {
        let n = mul_add::<FMA>(x, std::f32::consts::LOG2_E, ROUNDER) - ROUNDER;
        let r = mul_add::<FMA>(n, -LN_2_LOW, mul_add::<FMA>(n, -LN_2_HIGH, x));
        (n, 1.0 + mul_add::<FMA>(r * r, polynomial::<FMA, 5>(r, Q), r))
    }

    /// eˣ. Overflows to ∞ above 88.72, goes through the subnormals below −87.34 and is 0 below −103.97.
    #[inline(always)]
    pub(crate) fn exp<const FMA: bool>(x: f32) -> f32 {
        let (n, e) = reduced::<FMA>(clamp(x, -104.0, 89.0));
        // 2ⁿ itself may be out of range where eˣ is not.
        let half = round(n * 0.5);
        e * power_of_two(half) * power_of_two(n - half)
    }

    /// eˣ for x in [−87, 88], or NaN.
    #[inline(always)]
    pub(crate) fn exp_normal<const FMA: bool>(x: f32) -> f32 {
        let (n, e) = reduced::<FMA>(x);
        e * power_of_two(n)
    }

    /// eˣ − 1, with a small relative error near 0 too.
    #[inline(always)]
    pub(crate) fn expm1<const FMA: bool>(x: f32) -> f32 {
        let c = clamp(x, -18.0, 89.0);
        let n = mul_add::<FMA>(c, std::f32::consts::LOG2_E, ROUNDER) - ROUNDER;
        let high = mul_add::<FMA>(n, -LN_2_HIGH, c);
        let r = mul_add::<FMA>(n, -LN_2_LOW, high);
        // What rounding took from r; e to the power of it is 1 + lost.
        let lost = mul_add::<FMA>(n, -LN_2_LOW, high - r);
        let tail = mul_add::<FMA>(r * r, polynomial::<FMA, 5>(r, Q), mul_add::<FMA>(lost, r, lost));
        // 2ⁿ(1 + r + tail) − 1, halved so that 2ⁿ stays finite.
        let scale = power_of_two(n - 1.0);
        let y = 2.0 * mul_add::<FMA>(scale, tail, mul_add::<FMA>(scale, r, scale - 0.5));
        if x.abs() < 0.5 * f32::EPSILON { x } else { y }
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::polynomial::f64::{mul_add, polynomial};

    /// The upper 42 bits of ln 2.
    pub(in super::super) const LN_2_HIGH: f64 = 0.693_147_180_559_890_3;
    /// ln 2 less [`LN_2_HIGH`].
    pub(in super::super) const LN_2_LOW: f64 = 5.497_923_018_708_371e-14;
    /// Added to a small number, it leaves the nearest whole number in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    /// q(r) = (eʳ − 1 − r) / r².
    const Q: [f64; 11] = [
        0.5,
        0.166_666_666_666_666_77,
        0.041_666_666_666_666_67,
        0.008_333_333_333_321_423,
        0.001_388_888_888_888_178_4,
        0.000_198_412_698_866_406_75,
        2.480_158_733_141_128_8e-5,
        2.755_724_370_304_915e-6,
        2.755_726_728_551_559_7e-7,
        2.510_920_987_215_823e-8,
        2.091_698_226_918_982_5e-9,
    ];

    /// 2ⁿ for a whole number n in [−1023, 1023]; for −1023 it is 0.
    #[inline(always)]
    fn power_of_two(n: f64) -> f64 {
        f64::from_bits((n + (ROUNDER + 1023.0)).to_bits() << 52)
    }

    /// The whole number nearest to `x`, for |x| < 2⁵¹.
    #[inline(always)]
    fn round(x: f64) -> f64 {
        (x + ROUNDER) - ROUNDER
    }

    #[inline(always)]
    fn clamp(x: f64, low: f64, high: f64) -> f64 {
        let x = if x > high { high } else { x };
        if x < low { low } else { x }
    }

    /// n and eʳ.
    #[inline(always)]
    fn reduced<const FMA: bool>(x: f64) -> (f64, f64) {
        let n = mul_add::<FMA>(x, std::f64::consts::LOG2_E, ROUNDER) - ROUNDER;
        let r = mul_add::<FMA>(n, -LN_2_LOW, mul_add::<FMA>(n, -LN_2_HIGH, x));
        (n, 1.0 + mul_add::<FMA>(r * r, polynomial::<FMA, 11>(r, Q), r))
    }

    /// eˣ. Overflows to ∞ above 709.78, goes through the subnormals below −708.39 and is 0 below −745.13.
    #[inline(always)]
    pub(crate) fn exp<const FMA: bool>(x: f64) -> f64 {
        let (n, e) = reduced::<FMA>(clamp(x, -746.0, 710.0));
        // 2ⁿ itself may be out of range where eˣ is not.
        let half = round(n * 0.5);
        e * power_of_two(half) * power_of_two(n - half)
    }

    /// eˣ for x in [−708, 709], or NaN.
    #[inline(always)]
    pub(crate) fn exp_normal<const FMA: bool>(x: f64) -> f64 {
        let (n, e) = reduced::<FMA>(x);
        e * power_of_two(n)
    }

    /// eˣ − 1, with a small relative error near 0 too.
    #[inline(always)]
    pub(crate) fn expm1<const FMA: bool>(x: f64) -> f64 {
        let c = clamp(x, -38.0, 710.0);
        let n = mul_add::<FMA>(c, std::f64::consts::LOG2_E, ROUNDER) - ROUNDER;
        let high = mul_add::<FMA>(n, -LN_2_HIGH, c);
        let r = mul_add::<FMA>(n, -LN_2_LOW, high);
        // What rounding took from r; e to the power of it is 1 + lost.
        let lost = mul_add::<FMA>(n, -LN_2_LOW, high - r);
        let tail = mul_add::<FMA>(r * r, polynomial::<FMA, 11>(r, Q), mul_add::<FMA>(lost, r, lost));
        // 2ⁿ(1 + r + tail) − 1, halved so that 2ⁿ stays finite.
        let scale = power_of_two(n - 1.0);
        let y = 2.0 * mul_add::<FMA>(scale, tail, mul_add::<FMA>(scale, r, scale - 0.5));
        if x.abs() < 0.5 * f64::EPSILON { x } else { y }
    }
}
