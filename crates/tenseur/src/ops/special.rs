//! Special functions: the error function, and the gamma function's logarithm with its derivatives.

use std::f64::consts::FRAC_2_SQRT_PI;

use tenseur_kernels::{Binary, Unary};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::elementwise::unary_cases;
use crate::ops::{ByFormula, Formula, Types};
use crate::value::{Array, DType};

/// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
#[derive(Clone, Debug, Default)]
pub struct Erf;

impl ByFormula for Erf {
    const FORMULA: Formula = Formula::unary("Erf", Types::FLOATS, |p, x| p.unary(Unary::Erf, x))
        .grad(|node, dy| dy * FRAC_2_SQRT_PI * (-node.x(0).square()).exp());
}

/// 1 − erf(x), accurate for large x.
#[derive(Clone, Debug, Default)]
pub struct Erfc;

impl ByFormula for Erfc {
    const FORMULA: Formula = Formula::unary("Erfc", Types::FLOATS, |p, x| p.unary(Unary::Erfc, x))
        .grad(|node, dy| dy * -FRAC_2_SQRT_PI * (-node.x(0).square()).exp());
}

/// ln |Γ(x)|
#[derive(Clone, Debug, Default)]
pub struct Lgamma;

impl ByFormula for Lgamma {
    const FORMULA: Formula = Formula::unary("Lgamma", Types::FLOATS, |p, x| p.unary(Unary::Lgamma, x))
        .grad(|node, dy| dy * node.x(0).digamma());
}

/// ψ(x), the derivative of ln |Γ(x)|.
#[derive(Clone, Debug, Default)]
pub struct Digamma;

impl ByFormula for Digamma {
    const FORMULA: Formula = Formula::unary("Digamma", Types::FLOATS, |p, x| p.unary(Unary::Digamma, x))
        .grad(|node, dy| {
            let x = node.x(0);
            let first = x.graph().constant_like(1.0, x);
            dy * first.polygamma(x)
        });
}

/// The derivative of order n of ψ at x, where the first input n is a whole number of 0 or more; else NaN. No gradient
/// goes to n.
#[derive(Clone, Debug, Default)]
pub struct Polygamma;

impl ByFormula for Polygamma {
    const FORMULA: Formula =
        Formula::binary("Polygamma", Types::FLOATS, |p, n, x| p.binary(Binary::Polygamma, n, x))
            .grad_of_second(|node, dy| dy * (node.x(0) + 1.0).polygamma(node.x(1)));
}

/// Hurwitz's zeta function, Σₖ (q + k)⁻ˣ for k = 0, 1, …, where x is the first input and above 1. No gradient goes to x.
#[derive(Clone, Debug, Default)]
pub struct Zeta;

impl ByFormula for Zeta {
    const FORMULA: Formula = Formula::binary("Zeta", Types::FLOATS, |p, x, q| p.binary(Binary::Zeta, x, q))
        .grad_of_second(|node, dy| {
            let (x, q) = (node.x(0), node.x(1));
            dy * (-x * (x + 1.0).zeta(q))
        });
}

impl Tensor {
    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt, element by element.
    #[track_caller]
    pub fn erf(&self) -> Tensor {
        self.graph().add(Erf, &[self])
    }

    /// 1 − erf(x), element by element; accurate for large x.
    #[track_caller]
    pub fn erfc(&self) -> Tensor {
        self.graph().add(Erfc, &[self])
    }

    /// ln |Γ(x)|, element by element: of a whole number n, ln (n − 1)!.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 5.0]);
    /// assert_eq!(format!("{:.4}", Session::new(&tf)?.run(&x.lgamma(), feeds![])?), "[0.0000, 3.1781]"); // ln 24
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn lgamma(&self) -> Tensor {
        self.graph().add(Lgamma, &[self])
    }

    /// ψ(x), the derivative of ln |Γ(x)|, element by element.
    #[track_caller]
    pub fn digamma(&self) -> Tensor {
        self.graph().add(Digamma, &[self])
    }

    /// The derivative of order n of ψ at x, where this tensor is n: whole numbers of 0 or more, of x's type; the two
    /// broadcast. No gradient goes to n.
    #[track_caller]
    pub fn polygamma(&self, x: impl Into<Operand>) -> Tensor {
        self.with(Polygamma, x)
    }

    /// Hurwitz's zeta function, Σₖ (q + k)⁻ˣ for k = 0, 1, …, where this tensor is x, above 1; the two broadcast. No
    /// gradient goes to x.
    #[track_caller]
    pub fn zeta(&self, q: impl Into<Operand>) -> Tensor {
        self.with(Zeta, q)
    }
}

pub(super) fn erf_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Erf>(array![0.5, -1.5, 2.0]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 0.0]], |_, x| vec![x[0].erf()])
            .at_kink()
            .expecting([array![1.0, -1.0, 0.0]]),
    );
    cases
}

pub(super) fn erfc_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Erfc>(array![0.5, -1.5, 2.0]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 0.0]], |_, x| vec![x[0].erfc()])
            .at_kink()
            .expecting([array![0.0, 2.0, 1.0]]),
    );
    cases
}

pub(super) fn lgamma_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Lgamma>(array![0.5, 3.5, -1.5]);
    cases.push(
        Case::fed("poles", [array![0.0, -1.0, f32::INFINITY, f32::NEG_INFINITY]], |_, x| vec![x[0].lgamma()])
            .at_kink()
            .expecting([array![f32::INFINITY, f32::INFINITY, f32::INFINITY, f32::INFINITY]]),
    );
    cases
}

pub(super) fn digamma_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Digamma>(array![0.5, 3.5, -1.5]);
    cases.push(
        Case::fed("poles", [array![0.0, -1.0, f32::INFINITY, f32::NEG_INFINITY]], |_, x| {
            vec![x[0].digamma()]
        })
        .at_kink()
        .expecting([array![f32::NAN, f32::NAN, f32::INFINITY, f32::NAN]]),
    );
    cases
}

/// Values of float64, by which the whole numbers n and x of the cases below are given.
fn wide<const N: usize>(values: [f64; N]) -> Array {
    Array::new([N], values).expect("as many values as the shape says")
}

pub(super) fn polygamma_cases() -> Vec<Case> {
    let nan = f64::NAN;
    vec![
        Case::fed("along x", [array![0.5, 3.5, 20.0]], |tf, x| {
            let n = tf.full_of(x[0].dtype().unwrap_or(DType::Float32), [2, 1], 2.0);
            vec![n.polygamma(&x[0])]
        }),
        Case::fed("orders", [wide([0.0, 1.0, 2.0, 3.0]), wide([1.0; 4])], |_, x| vec![x[0].polygamma(&x[1])])
            .at_kink()
            .expecting([wide([
                -0.577_215_664_901_532_9,
                1.644_934_066_848_226_4,
                -2.404_113_806_319_188_6,
                6.493_939_402_266_829,
            ])]),
        Case::fed("left of 0", [wide([1.0, 2.0, 1.0]), wide([-0.5, -1.5, -100.25])], |_, x| {
            vec![x[0].polygamma(&x[1])]
        })
        .at_kink()
        .expecting([wide([
            8.934_802_200_544_679,
            -0.236_204_051_641_727_4,
            19.729_283_325_349_363,
        ])]),
        Case::fed(
            "poles and no orders",
            [wide([1.0, 2.0, 0.5, -1.0, nan]), wide([0.0, -1.0, 1.0, 1.0, 1.0])],
            |_, x| vec![x[0].polygamma(&x[1])],
        )
        .at_kink()
        .expecting([wide([f64::INFINITY, nan, nan, nan, nan])]),
    ]
}

pub(super) fn zeta_cases() -> Vec<Case> {
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    vec![
        Case::fed("along q", [array![0.5, 3.5, 20.0]], |tf, x| {
            let power = tf.full_of(x[0].dtype().unwrap_or(DType::Float32), [2, 1], 2.5);
            vec![power.zeta(&x[0])]
        }),
        Case::fed("Riemann's", [wide([2.0, 3.0, 1.5, 10.0]), wide([1.0; 4])], |_, x| vec![x[0].zeta(&x[1])])
            .at_kink()
            .expecting([wide([
                1.644_934_066_848_226_4,
                1.202_056_903_159_594_3,
                2.612_375_348_685_488,
                1.000_994_575_127_818,
            ])]),
        Case::fed(
            "outside",
            [wide([1.0, 0.5, 2.0, 3.0, 1.5, 2.0]), wide([1.0, 1.0, -1.0, -1.0, -0.5, infinity])],
            |_, x| vec![x[0].zeta(&x[1])],
        )
        .at_kink()
        .expecting([wide([infinity, nan, infinity, nan, nan, 0.0])]),
    ]
}
