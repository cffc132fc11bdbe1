//! The logistic sigmoid 1 / (1 + e⁻ˣ), and softplus ln(1 + eˣ), whose derivative it is.
//!
//! Both use z = e^−|x|, which is at most 1: the sigmoid is 1 / (1 + z) above 0 and z / (1 + z) below, and softplus is
//! max(x, 0) + ln(1 + z). Neither overflows, and far below 0 both go as eˣ, through the subnormals to 0.

/// In `f32`.
pub(super) mod f32 {
    use super::super::exp::f32::exp;
    use super::super::log::f32::log1p_unit;
    use super::super::polynomial::f32::mul_add;

    /// 1 / (1 + e⁻ˣ).
    #[inline(always)]
    pub(crate) fn sigmoid<const FMA: bool>(x: f32) -> f32 {
        let z = exp::<FMA>(-x.abs());
        let (above, below) = (if x < 0.0 { z } else { 1.0 }, 1.0 + z);
        let quotient = above / below;
        // What rounding took from 1 + z, and, where it can be had, from the quotient.
        let lost = quotient * (z - (below - 1.0));
        let rest = if FMA { (-quotient).mul_add(below, above) - lost } else { -lost };
        mul_add::<FMA>(rest, if x < 0.0 { 1.0 - quotient } else { quotient }, quotient)
    }

    /// ln(1 + eˣ).
    #[inline(always)]
    pub(crate) fn softplus<const FMA: bool>(x: f32) -> f32 {
        let y = log1p_unit::<FMA>(exp::<FMA>(-x.abs()));
        if x > 0.0 { x + y } else { y }
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::exp::f64::exp;
    use super::super::log::f64::log1p_unit;
    use super::super::polynomial::f64::mul_add;

    /// 1 / (1 + e⁻ˣ).
    #[inline(always)]
    pub(crate) fn sigmoid<const FMA: bool>(x: f64) -> f64 {
        let z = exp::<FMA>(-x.abs());
        let (above, below) = (if x < 0.0 { z } else { 1.0 }, 1.0 + z);
        let quotient = above / below;
        // What rounding took from 1 + z, and, where it can be had, from the quotient.
        let lost = quotient * (z - (below - 1.0));
        let rest = if FMA { (-quotient).mul_add(below, above) - lost } else { -lost };
        mul_add::<FMA>(rest, if x < 0.0 { 1.0 - quotient } else { quotient }, quotient)
    }

    /// ln(1 + eˣ).
    #[inline(always)]
    pub(crate) fn softplus<const FMA: bool>(x: f64) -> f64 {
        let y = log1p_unit::<FMA>(exp::<FMA>(-x.abs()));
        if x > 0.0 { x + y } else { y }
    }
}
