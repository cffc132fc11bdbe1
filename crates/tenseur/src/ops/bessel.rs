//! Bessel's functions, modified and of the first kind, of orders 0 and 1, plain and scaled by e^−|x|.
//!
//! Iᵥ(x) is the power series (x/2)ᵛ·Σₖ (x²/4)ᵏ/(k!·(k + v)!), none of whose terms takes anything away, and where x is large the
//! asymptotic series (NIST Digital Library of Mathematical Functions, 10.25.2 and 10.40.1).

use crate::graph::Tensor;
use crate::ops::Types;
use crate::ops::by_numbers::{ByNumbers, OfNumbers, functions_of_one};

/// From here on the asymptotic series is as exact as the numbers are.
const FAR: f64 = 40.0;

/// e^−|x|·Iᵥ(x) for v of 0 or 1.
fn scaled(order: f64, x: f64) -> f64 {
    let size = x.abs();
    let sign = if order == 1.0 && x < 0.0 { -1.0 } else { 1.0 };
    if size.is_nan() || size.is_infinite() {
        return if size.is_nan() { f64::NAN } else { 0.0 };
    }
    if size < FAR {
        let quarter = size * size / 4.0;
        let mut term = if order == 1.0 { size / 2.0 } else { 1.0 };
        let mut sum = term;
        for k in 1..500 {
            let k = f64::from(k);
            term *= quarter / (k * (k + order));
            sum += term;
            if term <= sum * 1e-18 {
                break;
            }
        }
        return sign * sum * (-size).exp();
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..30 {
        let k = f64::from(k);
        let odd = 2.0 * k - 1.0;
        term *= -(4.0 * order * order - odd * odd) / (8.0 * k * size);
        sum += term;
        if term.abs() <= 1e-18 {
            break;
        }
    }
    // Of the largest numbers twice π times them is infinite, its root not.
    sign * sum / (2.0 * std::f64::consts::PI).sqrt() / size.sqrt()
}

/// y, but NaN where x is infinite, as TensorFlow has it.
fn unless_infinite(x: f64, y: f64) -> f64 {
    if x.is_infinite() { f64::NAN } else { y }
}

#[track_caller]
pub(super) fn function<F: OfNumbers>(x: &Tensor) -> Tensor {
    x.graph().add(ByNumbers::<F>::new(), &[x])
}

/// `value(x)` where x is not 0, and a number where it is; `value` sees 1 there.
#[track_caller]
fn unless_zero(x: &Tensor, at_zero: f64, value: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let zero = x.equal(0.0);
    zero.where_(at_zero * x.ones_like(), value(&zero.where_(1.0, x)))
}

functions_of_one! {
    Types::FLOATS, [-1.5, 0.25, 2.0, 6.5], [0.0, -0.0, 45.0, -60.0, f32::NAN];
    /// I₀(x).
    BesselI0, i0_cases, |x| scaled(0.0, x) * x.abs().exp(), |node| function::<BesselI1>(node.x(0));
    /// e^−|x|·I₀(x).
    BesselI0e, i0e_cases, |x| scaled(0.0, x),
        |node| function::<BesselI1e>(node.x(0)) - node.x(0).sign() * node.y(0);
    /// I₁(x). Of its derivative at 0, ½, TensorFlow says that it is 1.
    BesselI1, i1_cases, |x| scaled(1.0, x) * x.abs().exp(),
        |node| unless_zero(node.x(0), 1.0, |x| function::<BesselI0>(x) - function::<BesselI1>(x) / x);
    /// e^−|x|·I₁(x).
    BesselI1e, i1e_cases, |x| scaled(1.0, x), |node| unless_zero(node.x(0), 0.5, |x| {
        function::<BesselI0e>(x) - function::<BesselI1e>(x) * (x.sign() + x.reciprocal())
    });
    /// J₀(x).
    BesselJ0, j0_cases, |x| unless_infinite(x, libm::j0(x)), |node| -function::<BesselJ1>(node.x(0));
    /// J₁(x).
    BesselJ1, j1_cases, |x| unless_infinite(x, libm::j1(x)),
        |node| unless_zero(node.x(0), 0.5, |x| function::<BesselJ0>(x) - function::<BesselJ1>(x) / x);
}
