//! Normal numbers from uniform ones, by the transform of Box and Muller:
//!
//! ```text
//! r = √(−2 ln max(u₁, 1e-7))        n₁ = r sin 2πu₂        n₂ = r cos 2πu₂
//! ```
//!
//! Which of `sin` and `cos` comes first, the bound of `1e-7` in both precisions, and where `f32` rounds, are
//! TensorFlow's. Logarithm, sine and cosine are our own, of `f64` and never fused, so that a seed gives the same
//! numbers on every machine; libraries differ in their last bits.
//!
//! G. Box, M. Muller, *A note on the generation of random normal deviates*, 1958.

use std::f64::consts::{FRAC_2_PI, PI};

use crate::vecmath::f64::log;

/// The least that goes into the logarithm.
const LEAST: f64 = 1e-7;

/// Two normal numbers from two uniform ones in [0, 1), rounded to `f32` where TensorFlow does.
#[inline(always)]
pub(crate) fn normal_pair_f32(u1: f32, u2: f32) -> (f32, f32) {
    let u1 = if u1 < LEAST as f32 { LEAST as f32 } else { u1 };
    let angle = (2.0 * PI * f64::from(u2)) as f32;
    let radius = (-2.0 * (log::<false>(f64::from(u1)) as f32)).sqrt();
    let (sin, cos) = sin_cos(f64::from(angle));
    (sin as f32 * radius, cos as f32 * radius)
}

/// Two normal numbers from two uniform ones in [0, 1).
#[inline(always)]
pub(crate) fn normal_pair_f64(u1: f64, u2: f64) -> (f64, f64) {
    let u1 = if u1 < LEAST { LEAST } else { u1 };
    let radius = (-2.0 * log::<false>(u1)).sqrt();
    let (sin, cos) = sin_cos(2.0 * PI * u2);
    (sin * radius, cos * radius)
}

/// `a[0] + a[1] x + a[2] x² + …`
#[inline(always)]
fn polynomial<const N: usize>(x: f64, a: [f64; N]) -> f64 {
    a.iter().rev().fold(0.0, |sum, a| sum * x + a)
}

/// Sine and cosine of an angle from 0 to 2π, to within two ulp: Taylor's series after taking off a multiple of π/2.
#[inline(always)]
fn sin_cos(x: f64) -> (f64, f64) {
    /// 1.5 · 2⁵²: adding it rounds to an integer, which is then in the last bits.
    const ROUND: f64 = 6755399441055744.0;
    // π/2 in three parts; the first two have 45 bits, so that small multiples of them are exact.
    const HALF_PI: [f64; 3] = [1.5707963267948912, 5.390302858158031e-15, 8.843720566135701e-29];

    let rounded = x * FRAC_2_PI + ROUND;
    let quarter = rounded.to_bits();
    let turns = rounded - ROUND;
    let r = ((x - turns * HALF_PI[0]) - turns * HALF_PI[1]) - turns * HALF_PI[2];
    let z = r * r;
    let sines = [
        -1.0 / 6.0,
        1.0 / 120.0,
        -1.0 / 5040.0,
        1.0 / 362880.0,
        -1.0 / 39916800.0,
        1.0 / 6227020800.0,
        -1.0 / 1307674368000.0,
        1.0 / 355687428096000.0,
    ];
    let cosines = [
        1.0 / 24.0,
        -1.0 / 720.0,
        1.0 / 40320.0,
        -1.0 / 3628800.0,
        1.0 / 479001600.0,
        -1.0 / 87178291200.0,
        1.0 / 20922789888000.0,
        -1.0 / 6402373705728000.0,
    ];
    let sin = r + r * z * polynomial(z, sines);
    let half = 0.5 * z;
    let one_less = 1.0 - half;
    let cos = one_less + (((1.0 - one_less) - half) + z * z * polynomial(z, cosines));

    let (sin, cos) = if quarter & 1 == 0 { (sin, cos) } else { (cos, sin) };
    // In the quarters numbered 0 1 2 3 the signs are + + − − and + − − +.
    let sin = f64::from_bits(sin.to_bits() ^ (quarter & 2) << 62);
    let cos = f64::from_bits(cos.to_bits() ^ (quarter.wrapping_add(1) & 2) << 62);
    (sin, cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(got: f64, want: f64) -> f64 {
        (got - want).abs() / (want.abs().next_up() - want.abs())
    }

    #[test]
    fn sine_and_cosine_agree_with_the_library_to_two_ulp() {
        let (mut worst_sin, mut worst_cos) = (0f64, 0f64);
        for i in 1..200_000 {
            // Uniform, and crowded towards both ends.
            let u = f64::from(i) / 200_000.0;
            for u in [u, u.powi(8), 1.0 - u.powi(8)] {
                let angle = 2.0 * PI * u;
                worst_sin = worst_sin.max(ulps(sin_cos(angle).0, angle.sin()));
                worst_cos = worst_cos.max(ulps(sin_cos(angle).1, angle.cos()));
            }
        }
        assert!(worst_sin <= 2.0, "sin: {worst_sin}");
        assert!(worst_cos <= 2.0, "cos: {worst_cos}");
    }

    #[test]
    fn the_ends_of_the_intervals_are_right() {
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
        // π and its like are rounded: the sine there is what rounding left.
        for quarter in 1..5 {
            let angle = f64::from(quarter) * PI / 2.0;
            let (sin, cos) = sin_cos(angle);
            assert!(ulps(sin, angle.sin()) <= 1.0 && ulps(cos, angle.cos()) <= 1.0, "{angle}: {sin} {cos}");
        }
        let (sin, cos) = normal_pair_f32(0.0, 0.25);
        assert!((sin - 5.677_7).abs() < 1e-4 && cos.abs() < 1e-6, "{sin} {cos}");
    }
}
