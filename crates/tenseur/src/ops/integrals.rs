//! Functions that are integrals: Dawson's, the exponential one, Fresnel's, and Spence's.
//!
//! - F(x) = e^−x² ∫₀ˣ e^t² dt = 1/√π·Σ e^−(x − n·h)²/n over the odd n, as h becomes small (G. B. Rybicki, *Dawson's integral and the
//!   sampling theorem*, 1989);
//! - Ei(x) = ∫₋∞ˣ eᵗ/t dt = γ + ln x + Σ xᵏ/(k·k!);
//! - C(x) + i·S(x) = ∫₀ˣ exp(i·π·t²/2) dt: the power series for small x, a continued fraction for large x (NIST Digital Library of
//!   Mathematical Functions, 7.6.4, 7.6.6 and 7.9.2);
//! - Spence's −∫₁ˣ ln t/(t − 1) dt = Σ (1 − x)ᵏ/k², brought to where the sum is short by its relations at 1/x and at 1 − x.

use std::f64::consts::{FRAC_2_SQRT_PI, FRAC_PI_2, PI};

use crate::graph::Tensor;
use crate::ops::Types;
use crate::ops::by_numbers::functions_of_one;
use crate::value::DType;

const TYPES: Types = Types::of(&[DType::Float32, DType::Float64]);

/// Euler's constant γ.
const EULER: f64 = 0.577_215_664_901_532_9;

fn dawson(x: f64) -> f64 {
    let size = x.abs();
    if size > 12.0 {
        // What comes after these terms is below 10⁻¹⁶ of the first.
        let z = 0.5 / (size * size);
        let series = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0];
        let sum = series.iter().rev().fold(1.0, |sum, odd| 1.0 + odd * z * sum);
        return if size.is_infinite() { 0.0 } else { sum / (2.0 * x) };
    }
    const STEP: f64 = 0.2;
    // The terms of n and −n together: where x is small nothing is lost by taking one from the other.
    let term = |n: f64| {
        let at = n * STEP;
        match size * at < 1.0 {
            true => 2.0 * (-size * size - at * at).exp() * (2.0 * size * at).sinh() / n,
            false => ((-(size - at) * (size - at)).exp() - (-(size + at) * (size + at)).exp()) / n,
        }
    };
    let sum: f64 = (0..110).map(|turn| term(f64::from(2 * turn + 1))).sum();
    (0.5 * FRAC_2_SQRT_PI * sum).copysign(x)
}

fn exponential_integral(x: f64) -> f64 {
    match () {
        _ if x < 0.0 || x.is_nan() || x.is_infinite() => return f64::NAN,
        _ if x == 0.0 => return f64::NEG_INFINITY,
        _ => {}
    }
    let mut term = 1.0;
    if x > 50.0 {
        // Of the series Σ k!/xᵏ, which does not converge, the terms that fall.
        let mut sum = 1.0;
        for k in 1..40 {
            term *= f64::from(k) / x;
            sum += term;
        }
        return x.exp() / x * sum;
    }
    let mut sum = EULER + x.ln();
    for k in 1..300 {
        term *= x / f64::from(k);
        let more = term / f64::from(k);
        sum += more;
        if more < 1e-18 * sum.abs() {
            break;
        }
    }
    sum
}

/// C(x) and S(x).
fn fresnel(x: f64) -> (f64, f64) {
    let size = x.abs();
    let (cosine, sine) = match () {
        _ if x.is_nan() => (x, x),
        _ if size > 1e8 => (0.5, 0.5),
        _ if size < 1.6 => {
            // The terms of exp(i·π·t²/2)'s series, integrated: iᵏ·(π/2)ᵏ·x²ᵏ⁺¹/(k!·(2k + 1)).
            let square = FRAC_PI_2 * size * size;
            let (mut term, mut sums) = (size, [0.0, 0.0]);
            for k in 0..40u32 {
                let sign = if k & 2 == 0 { 1.0 } else { -1.0 };
                sums[(k & 1) as usize] += sign * term / f64::from(2 * k + 1);
                term *= square / f64::from(k + 1);
            }
            (sums[0], sums[1])
        }
        _ => {
            // With z = √π/2·(1 − i)·x it is (1 + i)/2·(1 − erfc z), and erfc z is e^−z²/√π times
            // 2z/(2z² + 1 − 1·2/(2z² + 5 − 3·4/(2z² + 9 − …))).
            let twice_square = (0.0, -PI * size * size);
            let mut below = (f64::from(4 * 200 + 1), twice_square.1);
            for k in (0..200u32).rev() {
                let above = f64::from((2 * k + 1) * (2 * k + 2));
                let length = below.0 * below.0 + below.1 * below.1;
                below = (
                    twice_square.0 + f64::from(4 * k + 1) - above * below.0 / length,
                    twice_square.1 + above * below.1 / length,
                );
            }
            // 2z/√π is (1 − i)·x; e^−z² is exp(i·π·x²/2), whose angle is x² modulo 4.
            let length = below.0 * below.0 + below.1 * below.1;
            let inverse = (below.0 / length, -below.1 / length);
            let fraction = (size * (inverse.0 + inverse.1), size * (inverse.1 - inverse.0));
            let (sin, cos) = (FRAC_PI_2 * (size * size % 4.0)).sin_cos();
            let rest = (fraction.0 * cos - fraction.1 * sin, fraction.0 * sin + fraction.1 * cos);
            (0.5 * (1.0 - rest.0 + rest.1), 0.5 * (1.0 - rest.0 - rest.1))
        }
    };
    if x < 0.0 { (-cosine, -sine) } else { (cosine, sine) }
}

fn spence(x: f64) -> f64 {
    match () {
        _ if x < 0.0 || x.is_nan() || x.is_infinite() => f64::NAN,
        _ if x == 0.0 => PI * PI / 6.0,
        _ if x > 1.5 => -0.5 * x.ln() * x.ln() - spence(1.0 / x),
        _ if x < 0.5 => PI * PI / 6.0 - x.ln() * (-x).ln_1p() - spence(1.0 - x),
        _ => {
            let (mut power, mut sum) = (1.0, 0.0);
            for k in 1..60 {
                power *= 1.0 - x;
                sum += power / f64::from(k * k);
            }
            sum
        }
    }
}

/// π/2·x².
#[track_caller]
fn angle(x: &Tensor) -> Tensor {
    x.square() * FRAC_PI_2
}

/// ln x / (1 − x), and −1 where x is 1.
#[track_caller]
fn spence_slope(x: &Tensor) -> Tensor {
    let one = x.equal(1.0);
    one.where_(-x.ones_like(), x.log() / (1.0 - one.where_(2.0 * x.ones_like(), x)))
}

functions_of_one! {
    TYPES, [0.25, 0.75, 2.5, 6.5], [0.0, -0.0, 1.0, 14.0, 60.0, f32::NAN];
    /// Dawson's integral, e^−x² ∫₀ˣ e^t² dt.
    Dawsn, dawsn_cases, |x| dawson(x), |node| 1.0 - 2.0 * node.x(0) * node.y(0);
    /// The exponential integral, ∫₋∞ˣ eᵗ/t dt, of x above 0.
    Expint, expint_cases, |x| exponential_integral(x), |node| node.x(0).exp() / node.x(0);
    /// Fresnel's ∫₀ˣ cos(π·t²/2) dt.
    FresnelCos, fresnel_cos_cases, |x| fresnel(x).0, |node| angle(node.x(0)).cos();
    /// Fresnel's ∫₀ˣ sin(π·t²/2) dt.
    FresnelSin, fresnel_sin_cases, |x| fresnel(x).1, |node| angle(node.x(0)).sin();
    /// Spence's −∫₁ˣ ln t/(t − 1) dt, of x of 0 or more.
    Spence, spence_cases, |x| spence(x), |node| spence_slope(node.x(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simpson's rule.
    fn integral(function: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
        let step = (to - from) / 20_000.0;
        let weight = |turn: i32| match turn {
            0 | 20_000 => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (0..=20_000).map(|turn| weight(turn) * function(from + f64::from(turn) * step)).sum::<f64>() * step
            / 3.0
    }

    #[test]
    fn they_are_what_a_sum_of_small_parts_gives() {
        for x in [0.01, 0.3, 1.0, 1.59, 1.61, 3.0, 5.5] {
            let close =
                |got: f64, want: f64| assert!((got - want).abs() < 1e-11 * want.abs(), "{x}: {got} {want}");
            close(dawson(x), integral(|t| (t * t - x * x).exp(), 0.0, x));
            close(fresnel(x).0, integral(|t| (FRAC_PI_2 * t * t).cos(), 0.0, x));
            close(fresnel(x).1, integral(|t| (FRAC_PI_2 * t * t).sin(), 0.0, x));
            let series = |t: f64| if t.abs() < 1e-4 { 1.0 - t / 2.0 + t * t / 3.0 } else { t.ln_1p() / t };
            close(spence(x + 0.05), -integral(series, 0.0, x - 0.95));
            let smooth = |t: f64| if t == 0.0 { 1.0 } else { t.exp_m1() / t };
            close(exponential_integral(x), EULER + x.ln() + integral(smooth, 0.0, x));
        }
        assert!((dawson(11.999) - dawson(12.001) - 0.002 * 2.0 / 576.0).abs() < 1e-7);
        assert!((exponential_integral(50.0) / exponential_integral(50.000_000_001) - 1.0).abs() < 2e-9);
    }
}
