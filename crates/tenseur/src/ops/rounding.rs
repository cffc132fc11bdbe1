//! Rounding to whole numbers. No gradient goes through.

use tenseur_kernels::Unary;

use crate::array;
use crate::conformance::Case;
use crate::graph::Tensor;
use crate::ops::elementwise::unary_cases;
use crate::ops::{ByFormula, Formula, Types};

const NO_GRADIENT: &str = "it is constant between jumps";

/// ⌊x⌋, the greatest whole number not above x.
#[derive(Clone, Debug, Default)]
pub struct Floor;

impl ByFormula for Floor {
    const FORMULA: Formula = Formula::unary("Floor", Types::FLOATS, |p, x| p.unary(Unary::Floor, x))
        .not_differentiable(NO_GRADIENT);
}

/// ⌈x⌉, the least whole number not below x.
#[derive(Clone, Debug, Default)]
pub struct Ceil;

impl ByFormula for Ceil {
    const FORMULA: Formula =
        Formula::unary("Ceil", Types::FLOATS, |p, x| p.unary(Unary::Ceil, x)).not_differentiable(NO_GRADIENT);
}

/// The whole number nearest to x, halves to the even one; integers stay as they are.
#[derive(Clone, Debug, Default)]
pub struct Round;

impl ByFormula for Round {
    const FORMULA: Formula = Formula::unary("Round", Types::NUMBERS, |p, x| {
        if p.compute_type(x).is_float() { p.unary(Unary::Rint, x) } else { x }
    })
    .not_differentiable(NO_GRADIENT);
}

/// The whole number nearest to x, halves to the even one; of floats.
#[derive(Clone, Debug, Default)]
pub struct Rint;

impl ByFormula for Rint {
    const FORMULA: Formula =
        Formula::unary("Rint", Types::FLOATS, |p, x| p.unary(Unary::Rint, x)).not_differentiable(NO_GRADIENT);
}

impl Tensor {
    /// ⌊x⌋, the greatest whole number not above each element. No gradient goes through.
    #[track_caller]
    pub fn floor(&self) -> Tensor {
        self.graph().add(Floor, &[self])
    }

    /// ⌈x⌉, the least whole number not below each element. No gradient goes through.
    #[track_caller]
    pub fn ceil(&self) -> Tensor {
        self.graph().add(Ceil, &[self])
    }

    /// The whole number nearest to each element, halves to the even one. No gradient goes through.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![0.5, 1.5, -2.7]);
    /// assert_eq!(Session::new(&tf)?.run(&x.round(), feeds![])?, array![0.0, 2.0, -3.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn round(&self) -> Tensor {
        self.graph().add(Round, &[self])
    }

    /// As [`round`](Tensor::round), of floats only.
    #[track_caller]
    pub fn rint(&self) -> Tensor {
        self.graph().add(Rint, &[self])
    }
}

fn halves(op: fn(&Tensor) -> Tensor, answers: [f32; 6]) -> Case {
    Case::fed("halves", [array![-2.5, -0.5, 0.5, 1.5, 2.5, f32::INFINITY]], move |_, x| vec![op(&x[0])])
        .at_kink()
        .expecting([crate::Array::from_literal(answers)])
}

pub(super) fn floor_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Floor>(array![1.25, -1.25]);
    cases.push(halves(Tensor::floor, [-3.0, -1.0, 0.0, 1.0, 2.0, f32::INFINITY]));
    cases
}

pub(super) fn ceil_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Ceil>(array![1.25, -1.25]);
    cases.push(halves(Tensor::ceil, [-2.0, 0.0, 1.0, 2.0, 3.0, f32::INFINITY]));
    cases
}

pub(super) fn round_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Round>(array![1.25, -1.25]);
    cases.push(halves(Tensor::round, [-2.0, 0.0, 0.0, 2.0, 2.0, f32::INFINITY]));
    cases.push(Case::fed("integers", [array![1, -2]], |_, x| vec![x[0].round()]).expecting([array![1, -2]]));
    cases
}

pub(super) fn rint_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Rint>(array![1.25, -1.25]);
    cases.push(halves(Tensor::rint, [-2.0, 0.0, 0.0, 2.0, 2.0, f32::INFINITY]));
    cases
}
