//! The hyperbolic tangent.
//!
//! From |x| = 0.625 it is 1 − 2 / (e^2|x| + 1). Below, where that would cancel, it is the convergent of Lambert's
//! continued fraction x / (1 + x² / (3 + x² / (5 + …))) that ends after 9 (`f32`, error 2⁻³⁰) or 17 (`f64`, error
//! 2⁻⁶⁷), less x. Both are a + b / c, so they share the division.

/// In `f32`.
pub(super) mod f32 {
    use super::super::exp::f32::exp_normal;
    use super::super::polynomial::f32::{mul_add, polynomial};

    /// tanh x.
    #[inline(always)]
    pub(crate) fn tanh<const FMA: bool>(x: f32) -> f32 {
        let a = x.abs();
        // From 9.02 on, the nearest number is 1.
        let e = exp_normal::<FMA>(2.0 * if a > 10.0 { 10.0 } else { a });
        let z = a * a;
        let numerator = a * z * mul_add::<FMA>(z, -14.0, -315.0);
        let denominator = polynomial::<FMA, 3>(z, [945.0, 420.0, 15.0]);
        let small = a < 0.625;
        let quotient = (if small { numerator } else { -2.0 }) / (if small { denominator } else { e + 1.0 });
        ((if small { a } else { 1.0 }) + quotient).copysign(x)
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::exp::f64::exp_normal;
    use super::super::polynomial::f64::polynomial;

    /// tanh x.
    #[inline(always)]
    pub(crate) fn tanh<const FMA: bool>(x: f64) -> f64 {
        let a = x.abs();
        // From 19.07 on, the nearest number is 1.
        let e = exp_normal::<FMA>(2.0 * if a > 20.0 { 20.0 } else { a });
        let z = a * a;
        let numerator = a * z * polynomial::<FMA, 4>(z, [-11_486_475.0, -810_810.0, -12_870.0, -44.0]);
        let denominator = polynomial::<FMA, 5>(z, [34_459_425.0, 16_216_200.0, 945_945.0, 13_860.0, 45.0]);
        let small = a < 0.625;
        let quotient = (if small { numerator } else { -2.0 }) / (if small { denominator } else { e + 1.0 });
        ((if small { a } else { 1.0 }) + quotient).copysign(x)
    }
}
