//! Bessel's functions of the second kind, of orders 0 and 1: Yᵥ, and modified Kᵥ, plain and scaled by eˣ.
//!
//! eˣ·Kᵥ(x) is the integral ∫₀^∞ exp(−x·(cosh t − 1))·cosh(v·t) dt (NIST Digital Library of Mathematical Functions, 10.32.9), whose
//! sum over points at equal distances converges faster than any power of the distance. Where x is not above 0 TensorFlow gives
//! the limit at 0.

use crate::ops::Types;
use crate::ops::bessel::function;
use crate::ops::by_numbers::functions_of_one;
use crate::value::DType;

const TYPES: Types = Types::of(&[DType::Float16, DType::Float32, DType::Float64]);

/// eˣ·Kᵥ(x) for v of 0 or 1.
fn scaled(order: f64, x: f64) -> f64 {
    match () {
        _ if x.is_nan() => return x,
        _ if x <= 0.0 => return f64::INFINITY,
        _ if x.is_infinite() => return 0.0,
        _ => {}
    }
    // The error falls as exp(−2π²/(h²·x)) for large x and as exp(−π²/h) for small x.
    let step = (0.5 / x.sqrt()).min(0.2);
    let mut sum = 0.5;
    for turn in 1.. {
        let t = f64::from(turn) * step;
        // cosh t − 1 = 2·sinh²(t/2), without taking anything away.
        let half = (0.5 * t).sinh();
        let fall = 2.0 * x * half * half;
        if fall > 60.0 {
            break;
        }
        sum += (-fall).exp() * (order * t).cosh();
    }
    step * sum
}

/// Kᵥ(x).
fn modified(order: f64, x: f64) -> f64 {
    if x.is_infinite() && x > 0.0 { 0.0 } else { scaled(order, x) * (-x.max(0.0)).exp() }
}

/// `value(x)` above 0, −∞ from there down, and NaN where x is infinite.
fn above_zero(x: f64, value: fn(f64) -> f64) -> f64 {
    match () {
        _ if x <= 0.0 => f64::NEG_INFINITY,
        _ if x.is_infinite() => f64::NAN,
        _ => value(x),
    }
}

functions_of_one! {
    TYPES, [0.25, 1.5, 2.0, 6.5], [0.0, -0.0, -2.0, 45.0, f32::NAN];
    /// K₀(x).
    BesselK0, k0_cases, |x| modified(0.0, x), |node| -function::<BesselK1>(node.x(0));
    /// eˣ·K₀(x).
    BesselK0e, k0e_cases, |x| scaled(0.0, x), |node| node.y(0) - function::<BesselK1e>(node.x(0));
    /// K₁(x).
    BesselK1, k1_cases, |x| modified(1.0, x),
        |node| -function::<BesselK0>(node.x(0)) - node.y(0) / node.x(0);
    /// eˣ·K₁(x).
    BesselK1e, k1e_cases, |x| scaled(1.0, x),
        |node| node.y(0) * (1.0 - node.x(0).reciprocal()) - function::<BesselK0e>(node.x(0));
    /// Y₀(x).
    BesselY0, y0_cases, |x| above_zero(x, libm::y0), |node| -function::<BesselY1>(node.x(0));
    /// Y₁(x). At 0 TensorFlow's loop over narrower numbers gives NaN.
    BesselY1, y1_cases, |x, dtype| match x == 0.0 && dtype != DType::Float64 {
        true => f64::NAN,
        false => above_zero(x, libm::y1),
    },
        |node| function::<BesselY0>(node.x(0)) - node.y(0) / node.x(0);
}
