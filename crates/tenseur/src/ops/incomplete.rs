//! The incomplete gamma and beta functions: the parts of Euler's integrals up to x.
//!
//! P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹·e⁻ᵗ dt is the power series xᵃ·e⁻ˣ/Γ(a + 1)·(1 + x/(a + 1) + x²/((a + 1)(a + 2)) + …) where x is
//! small, and else what a continued fraction leaves of 1 (NIST Digital Library of Mathematical Functions, 8.11.4 and 8.9.2). The
//! derivative along a is carried through both. The beta function's is a continued fraction, 8.17.22.

use std::ops::{Add, Div, Mul, Sub};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Graph, Operand, Tensor};
use crate::ops::by_numbers::{ByNumbers, Derivatives, OfNumbers};
use crate::ops::{Backward, Types};
use crate::value::DType;

const NOT_TWICE: &str = "the second derivative of the incomplete gamma function along a has no rule";

/// After so many terms what is left of a series or fraction is taken as nothing.
const TERMS: usize = 20_000;

/// A number and its derivative along a.
#[derive(Clone, Copy, Debug)]
struct Dual {
    value: f64,
    slope: f64,
}

impl From<f64> for Dual {
    fn from(value: f64) -> Dual {
        Dual { value, slope: 0.0 }
    }
}

impl Add for Dual {
    type Output = Dual;

    fn add(self, other: Dual) -> Dual {
        Dual { value: self.value + other.value, slope: self.slope + other.slope }
    }
}

impl Sub for Dual {
    type Output = Dual;

    fn sub(self, other: Dual) -> Dual {
        Dual { value: self.value - other.value, slope: self.slope - other.slope }
    }
}

impl Mul for Dual {
    type Output = Dual;

    fn mul(self, other: Dual) -> Dual {
        let slope = self.slope * other.value + self.value * other.slope;
        Dual { value: self.value * other.value, slope }
    }
}

impl Div for Dual {
    type Output = Dual;

    fn div(self, other: Dual) -> Dual {
        let value = self.value / other.value;
        Dual { value, slope: (self.slope - value * other.slope) / other.value }
    }
}

impl Dual {
    fn exp(self) -> Dual {
        Dual { value: self.value.exp(), slope: self.slope * self.value.exp() }
    }

    /// ln Γ.
    fn lgamma(self) -> Dual {
        Dual { value: libm::lgamma(self.value), slope: self.slope * digamma(self.value) }
    }

    fn is_nothing_beside(self, other: Dual) -> bool {
        self.value.abs() <= other.value.abs() * 1e-17 && self.slope.abs() <= other.slope.abs() * 1e-16
    }
}

/// ψ(x) for x above 0: by ψ(x) = ψ(x + 1) − 1/x to where the asymptotic series holds.
fn digamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0];
    let tail = series.iter().rev().fold(0.0, |tail, factor| (tail + factor) * z);
    sum + x.ln() - 0.5 / x - tail
}

/// P(a, x), where the first is true, or 1 − P(a, x), each with its derivative along a.
fn incomplete_gamma(a: f64, x: f64) -> (bool, Dual) {
    let (a, one) = (Dual { value: a, slope: 1.0 }, Dual::from(1.0));
    let (dual_x, log) = (Dual::from(x), Dual::from(x.ln()));
    if x <= 1.0 || x <= a.value {
        let factor = (a * log - dual_x - (a + one).lgamma()).exp();
        let (mut sum, mut term, mut below) = (one, one, a);
        for _ in 0..TERMS {
            below = below + one;
            term = term * dual_x / below;
            sum = sum + term;
            if term.is_nothing_beside(sum) {
                break;
            }
        }
        return (true, factor * sum);
    }
    // 1/(x + 1 − a − 1·(1 − a)/(x + 3 − a − 2·(2 − a)/(x + 5 − a − …))), by Lentz's method.
    let factor = (a * log - dual_x - a.lgamma()).exp();
    let tiny = Dual::from(1e-300);
    let mut below = dual_x + one - a;
    let (mut c, mut d) = (one / tiny, one / below);
    let mut fraction = d;
    for turn in 1..TERMS {
        let turn = Dual::from(turn as f64);
        let above = turn * (a - turn);
        below = below + Dual::from(2.0);
        d = one / (above * d + below);
        c = below + above / c;
        let change = c * d;
        fraction = fraction * change;
        if (change.value - 1.0).abs() < 1e-15 && change.slope.abs() < 1e-15 {
            break;
        }
    }
    (false, factor * fraction)
}

/// The lower part, P(a, x).
fn lower_gamma(a: f64, x: f64) -> f64 {
    match () {
        _ if a.is_nan() || x.is_nan() || x < 0.0 || a <= 0.0 => f64::NAN,
        _ if x == 0.0 => 0.0,
        _ if x.is_infinite() => {
            if a.is_infinite() {
                f64::NAN
            } else {
                1.0
            }
        }
        _ if a.is_infinite() => 0.0,
        _ => match incomplete_gamma(a, x) {
            (true, lower) => lower.value,
            (false, upper) => 1.0 - upper.value,
        },
    }
}

/// The upper part, 1 − P(a, x).
fn upper_gamma(a: f64, x: f64) -> f64 {
    match () {
        _ if a.is_nan() || x.is_nan() || x < 0.0 || a <= 0.0 => f64::NAN,
        _ if x == 0.0 => 1.0,
        _ if x.is_infinite() => {
            if a.is_infinite() {
                f64::NAN
            } else {
                0.0
            }
        }
        _ if a.is_infinite() => 1.0,
        _ => match incomplete_gamma(a, x) {
            (true, lower) => 1.0 - lower.value,
            (false, upper) => upper.value,
        },
    }
}

/// The derivative of P(a, x) along x: xᵃ⁻¹·e⁻ˣ/Γ(a).
#[track_caller]
fn gamma_density(a: &Tensor, x: &Tensor) -> Tensor {
    (-x + (a - 1.0) * x.log() - a.lgamma()).exp()
}

/// P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹·e⁻ᵗ dt.
#[derive(Clone, Debug)]
pub struct Igamma;

impl OfNumbers for Igamma {
    const NAME: &'static str = "Igamma";
    const COUNT: usize = 2;
    const TYPES: Types = Types::FLOATS;
    const DERIVATIVES: Derivatives = Derivatives::First(NOT_TWICE);

    fn of(_: DType, x: &[f64]) -> f64 {
        lower_gamma(x[0], x[1])
    }

    fn slopes(node: &Backward<'_>, dy: &Tensor) -> Vec<Option<Tensor>> {
        let (a, x) = (node.x(0), node.x(1));
        let along_a = dy.graph().add(ByNumbers::<IgammaGradA>::new(), &[a, x]);
        vec![Some(along_a * dy), Some(gamma_density(a, x) * dy)]
    }
}

/// 1 − P(a, x) = 1/Γ(a) ∫ₓ^∞ tᵃ⁻¹·e⁻ᵗ dt.
#[derive(Clone, Debug)]
pub struct Igammac;

impl OfNumbers for Igammac {
    const NAME: &'static str = "Igammac";
    const COUNT: usize = 2;
    const TYPES: Types = Types::FLOATS;
    const DERIVATIVES: Derivatives = Derivatives::First(NOT_TWICE);

    fn of(_: DType, x: &[f64]) -> f64 {
        upper_gamma(x[0], x[1])
    }

    fn slopes(node: &Backward<'_>, dy: &Tensor) -> Vec<Option<Tensor>> {
        let lower = Igamma::slopes(node, dy);
        lower.into_iter().map(|slope| slope.map(|slope| -slope)).collect()
    }
}

/// The derivative of P(a, x) along a.
#[derive(Clone, Debug)]
pub struct IgammaGradA;

impl OfNumbers for IgammaGradA {
    const NAME: &'static str = "IgammaGradA";
    const COUNT: usize = 2;
    const TYPES: Types = Types::of(&[DType::Float32, DType::Float64]);
    const DERIVATIVES: Derivatives = Derivatives::None(NOT_TWICE);

    fn of(_: DType, x: &[f64]) -> f64 {
        let (a, x) = (x[0], x[1]);
        match () {
            _ if a.is_nan() || x.is_nan() || x < 0.0 || a <= 0.0 => f64::NAN,
            _ if x == 0.0 || x.is_infinite() || a.is_infinite() => 0.0,
            _ => match incomplete_gamma(a, x) {
                (true, lower) => lower.slope,
                (false, upper) => -upper.slope,
            },
        }
    }

    fn slopes(_: &Backward<'_>, _: &Tensor) -> Vec<Option<Tensor>> {
        vec![None, None]
    }
}

/// I(x; a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹·(1 − t)ᵇ⁻¹ dt, of inputs a, b and x. No gradient goes to a and b.
#[derive(Clone, Debug)]
pub struct Betainc;

impl OfNumbers for Betainc {
    const NAME: &'static str = "Betainc";
    const COUNT: usize = 3;
    const TYPES: Types = Types::of(&[DType::Float32, DType::Float64]);
    const DERIVATIVES: Derivatives = Derivatives::All;

    fn of(_: DType, x: &[f64]) -> f64 {
        let &[a, b, x] = x else { return f64::NAN };
        match () {
            _ if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&x)) => f64::NAN,
            _ if x == 0.0 || x == 1.0 => x,
            // The fraction is short on this side; on the other it is that of 1 − x.
            _ if x < (a + 1.0) / (a + b + 2.0) => beta_part(a, b, x, (-x).ln_1p()),
            _ => 1.0 - beta_part(b, a, 1.0 - x, x.ln()),
        }
    }

    fn slopes(node: &Backward<'_>, dy: &Tensor) -> Vec<Option<Tensor>> {
        let (a, b, x) = (node.x(0), node.x(1), node.x(2));
        let log_beta = a.lgamma() + b.lgamma() - (a + b).lgamma();
        let density = ((b - 1.0).xlog1py(-x) + (a - 1.0).xlogy(x) - log_beta).exp();
        vec![None, None, Some(density * dy)]
    }
}

/// xᵃ·(1 − x)ᵇ/(a·B(a, b)) times a continued fraction, with ln(1 − x) given.
fn beta_part(a: f64, b: f64, x: f64, log_of_rest: f64) -> f64 {
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let factor = (a * x.ln() + b * log_of_rest - log_beta).exp() / a;
    let away = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for turn in 1..TERMS {
        let m = turn as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for above in [even, odd] {
            d = 1.0 / away(1.0 + above * d);
            c = away(1.0 + above / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    factor * fraction
}

impl Graph {
    /// I(x; a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹·(1 − t)ᵇ⁻¹ dt, element by element (`tf.betainc`). No gradient goes to a and b.
    #[track_caller]
    pub fn betainc(&self, a: &Tensor, b: &Tensor, x: &Tensor) -> Tensor {
        self.add(ByNumbers::<Betainc>::new(), &[a, b, x])
    }
}

impl Tensor {
    /// P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹·e⁻ᵗ dt, where this tensor is a; the two broadcast (`tf.igamma`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1.0]).igamma(array![0.5]); // of a = 1 it is 1 − e⁻ˣ
    /// assert_eq!(format!("{:.4}", Session::new(&tf)?.run(&y, feeds![])?), "[0.3935]");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn igamma(&self, x: impl Into<Operand>) -> Tensor {
        self.with(ByNumbers::<Igamma>::new(), x)
    }

    /// 1 − P(a, x), where this tensor is a; the two broadcast (`tf.igammac`).
    #[track_caller]
    pub fn igammac(&self, x: impl Into<Operand>) -> Tensor {
        self.with(ByNumbers::<Igammac>::new(), x)
    }
}

fn gamma_cases(op: fn(&Tensor, &Tensor) -> Tensor, at_edges: [f32; 4]) -> Vec<Case> {
    vec![
        Case::fed("along x", [array![0.25, 2.5, 6.0]], move |_, x| {
            [0.5, 3.0].map(|a| op(&(x[0].ones_like() * a), &x[0])).into()
        }),
        Case::fed("stretched", [array![[0.5], [3.0]], array![0.25, 2.5, 6.0]], move |_, x| {
            vec![op(&x[0], &x[1])]
        })
        .at_kink(),
        Case::fed(
            "edges",
            [array![1.0, 2.0, 1.0, 0.0], array![0.0, f32::INFINITY, -1.0, 1.0]],
            move |_, x| vec![op(&x[0], &x[1])],
        )
        .at_kink()
        .expecting([crate::Array::from_literal(at_edges)]),
    ]
}

pub(super) fn igamma_cases() -> Vec<Case> {
    gamma_cases(|a, x| a.igamma(x), [0.0, 1.0, f32::NAN, f32::NAN])
}

pub(super) fn igammac_cases() -> Vec<Case> {
    gamma_cases(|a, x| a.igammac(x), [1.0, 0.0, f32::NAN, f32::NAN])
}

pub(super) fn igamma_grad_a_cases() -> Vec<Case> {
    vec![
        Case::fed("both parts", [array![[0.5], [3.0]], array![0.25, 2.5, 6.0]], |tf, x| {
            vec![tf.add(ByNumbers::<IgammaGradA>::new(), &[&x[0], &x[1]])]
        })
        .at_kink(),
    ]
}

pub(super) fn betainc_cases() -> Vec<Case> {
    vec![
        Case::fed("both sides", [array![[0.1, 0.4, 0.9]]], |tf, x| {
            let like = |value: f64| x[0].ones_like() * value;
            vec![tf.betainc(&like(2.0), &like(0.5), &x[0])]
        }),
        Case::fed("of one half", [array![3.0, 0.25], array![3.0, 0.25]], |tf, x| {
            vec![(tf.betainc(&x[0], &x[1], &(x[0].ones_like() * 0.5)) * 1e6).round()]
        })
        .at_kink()
        .expecting([array![500_000.0, 500_000.0]]),
    ]
}
