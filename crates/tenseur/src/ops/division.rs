//! Quotients and remainders.
//!
//! TensorFlow has several: `RealDiv` of floats; `Div`, which is C's `/`; `TruncateDiv` and `TruncateMod`, which round
//! towards 0; `FloorDiv` and `FloorMod`, which round down, as Python's `//` and `%`. Of integers, all are an error
//! where the divisor is 0.

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::complex::arithmetic::zero_where;
use crate::ops::elementwise::{binary_cases, number, same_shape_cases, unary_cases, zero_where_zero};
use crate::ops::{ByFormula, Formula, Types};
use crate::value::{Array, DType};

/// x / y, of floats.
#[derive(Clone, Debug, Default)]
pub struct RealDiv;

impl ByFormula for RealDiv {
    const FORMULA: Formula = Formula::binary("RealDiv", Types::FLOATS, |p, x, y| p.binary(Binary::Div, x, y))
        .and_complex(|z| z[0] / z[1])
        .grad(|node, dy| {
            let (x, y) = (node.x(0).conj(), node.x(1).conj());
            let (x, y) = (&x, &y);
            [dy.with(RealDiv, y), dy * (-x).with(RealDiv, y).with(RealDiv, y)]
        });
}

/// x / y; of integers rounded towards 0, and an error where y is 0.
#[derive(Clone, Debug, Default)]
pub struct Div;

impl ByFormula for Div {
    const FORMULA: Formula = Formula::binary("Div", Types::NUMBERS, |p, x, y| p.binary(Binary::Div, x, y))
        .and_complex(|z| z[0] / z[1])
        .failing()
        .grad(|node, dy| {
            let (x, y) = (node.x(0).conj(), node.x(1).conj());
            let (x, y) = (&x, &y);
            [dy.with(Div, y), dy * (-x).with(Div, y).with(Div, y)]
        });
}

/// x / y rounded towards 0; of integers an error where y is 0.
#[derive(Clone, Debug, Default)]
pub struct TruncateDiv;

impl ByFormula for TruncateDiv {
    const FORMULA: Formula = Formula::binary("TruncateDiv", Types::NUMBERS, |p, x, y| {
        if !p.compute_type(x).is_float() {
            return p.binary(Binary::TruncDiv, x, y);
        }
        let quotient = quotient(p, x, y);
        let zero = number(p, x, 0.0);
        let below = p.binary(Binary::Less, quotient, zero);
        let up = p.unary(Unary::Ceil, quotient);
        let down = p.unary(Unary::Floor, quotient);
        p.select(below, up, down)
    })
    .failing()
    .not_differentiable("it is constant between jumps");
}

/// ⌊x / y⌋; of integers an error where y is 0.
#[derive(Clone, Debug, Default)]
pub struct FloorDiv;

impl ByFormula for FloorDiv {
    const FORMULA: Formula = Formula::binary("FloorDiv", Types::NUMBERS, |p, x, y| {
        if p.inputs()[0].size() == 2 && p.compute_type(x).is_float() {
            let quotient = quotient(p, x, y);
            return p.unary(Unary::Floor, quotient);
        }
        p.binary(Binary::FloorDiv, x, y)
    })
    .failing()
    .not_differentiable("it is constant between jumps");
}

/// x / y as a number of the inputs' type: of float16 and bfloat16 rounded, which may take it to the next whole number.
fn quotient(p: &mut MapProgram, x: Value, y: Value) -> Value {
    let quotient = p.binary(Binary::Div, x, y);
    let stored = p.inputs()[0];
    p.narrow(quotient, stored)
}

/// x − y·⌊x / y⌋, which has the sign of y; of integers an error where y is 0.
#[derive(Clone, Debug, Default)]
pub struct FloorMod;

impl ByFormula for FloorMod {
    const FORMULA: Formula =
        Formula::binary("FloorMod", Types::NUMBERS, |p, x, y| p.binary(Binary::FloorMod, x, y))
            .failing()
            .grad(|node, dy| [dy.clone(), dy * -node.x(0).floor_div(node.x(1))]);
}

/// The remainder of the division rounded towards 0, which has the sign of x; of integers an error where y is 0.
#[derive(Clone, Debug, Default)]
pub struct TruncateMod;

impl ByFormula for TruncateMod {
    const FORMULA: Formula =
        Formula::binary("TruncateMod", Types::NUMBERS, |p, x, y| p.binary(Binary::TruncMod, x, y))
            .failing()
            .grad(|node, dy| [dy.clone(), dy * -node.x(0).with(TruncateDiv, node.x(1))]);
}

/// [`TruncateMod`] as TensorFlow first spelled it; a division by zero it foresees here, and says so.
#[derive(Clone, Debug, Default)]
pub struct Mod;

impl ByFormula for Mod {
    const FORMULA: Formula = Formula::binary("Mod", Types::NUMBERS, |p, x, y| {
        if p.compute_type(x).is_float() {
            return p.binary(Binary::TruncMod, x, y);
        }
        let quotient = p.binary(Binary::Div, x, y);
        let whole = p.binary(Binary::Mul, quotient, y);
        p.binary(Binary::Sub, x, whole)
    })
    .failing()
    .grad(|node, dy| [dy.clone(), dy * -node.x(0).with(TruncateDiv, node.x(1))]);
}

/// x / y, but 0 where y is 0.
#[derive(Clone, Debug, Default)]
pub struct DivNoNan;

impl ByFormula for DivNoNan {
    const FORMULA: Formula = Formula::binary("DivNoNan", Types::FLOATS, |p, x, y| {
        let quotient = p.binary(Binary::Div, x, y);
        zero_where_zero(p, y, quotient)
    })
    .and_complex(|z| zero_where(z[1], z[0] / z[1]))
    .grad(|node, dy| {
        let (x, y) = (node.x(0).conj(), node.x(1).conj());
        [dy.div_no_nan(&y), dy * (-x).div_no_nan(&y).div_no_nan(&y)]
    });
}

/// x / y, but 0 where x is 0, whatever y is.
#[derive(Clone, Debug, Default)]
pub struct Xdivy;

impl ByFormula for Xdivy {
    const FORMULA: Formula = Formula::binary("Xdivy", Types::FLOATS, |p, x, y| {
        let quotient = p.binary(Binary::Div, x, y);
        zero_where_zero(p, x, quotient)
    })
    .and_complex(|z| zero_where(z[0], z[0] / z[1]))
    .grad(|node, dy| {
        let (x, y) = (node.x(0), node.x(1));
        [x.one_unless_zero().xdivy(y) * dy, (-x).xdivy(y.square()) * dy]
    });
}

/// 1 / x
#[derive(Clone, Debug, Default)]
pub struct Reciprocal;

impl ByFormula for Reciprocal {
    const FORMULA: Formula = Formula::unary("Reciprocal", Types::FLOATS, |p, x| {
        let one = number(p, x, 1.0);
        p.binary(Binary::Div, one, x)
    })
    .and_complex(|z| z[0].inv())
    .grad(|node, dy| node.y(0).with(ReciprocalGrad, dy));
}

/// −dy·y² (of complex numbers −dy·ȳ²), the gradient of y = 1 / x given that of y; 0 where dy is 0, even if y is infinite.
#[derive(Clone, Debug, Default)]
pub struct ReciprocalGrad;

impl ByFormula for ReciprocalGrad {
    const FORMULA: Formula = Formula::binary("ReciprocalGrad", Types::FLOATS, |p, y, dy| {
        let square = p.binary(Binary::Mul, y, y);
        let product = p.binary(Binary::Mul, dy, square);
        let slope = p.unary(Unary::Neg, product);
        zero_where_zero(p, dy, slope)
    })
    .and_complex(|z| -z[1] * z[0].conj() * z[0].conj())
    .of_one_shape()
    .grad(|node, dz| {
        let (y, dy) = (node.x(0).conj(), node.x(1));
        [dz.conj() * -2.0 * dy * &y, y.with(ReciprocalGrad, dz)]
    });
}

impl Tensor {
    /// x / y rounded down, element by element (Python's `//`); the two broadcast. Of integers, y = 0 is an error.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![7, -7]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run((&x.floor_div(2), &(&x % 2)), feeds![])?, (array![3, -4], array![1, 1]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn floor_div(&self, y: impl Into<Operand>) -> Tensor {
        self.with(FloorDiv, y)
    }

    /// x / y rounded towards 0, element by element; the two broadcast. Of integers, y = 0 is an error.
    #[track_caller]
    pub fn truncate_div(&self, y: impl Into<Operand>) -> Tensor {
        self.with(TruncateDiv, y)
    }

    /// The remainder of [`truncate_div`](Tensor::truncate_div), which has the sign of x. (That of
    /// [`floor_div`](Tensor::floor_div) is the operator `%`.)
    #[track_caller]
    pub fn truncate_mod(&self, y: impl Into<Operand>) -> Tensor {
        self.with(TruncateMod, y)
    }

    /// x / y, but 0 where y is 0; the two broadcast.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (hits, shots) = (tf.constant(array![3.0, 0.0]), tf.constant(array![4.0, 0.0]));
    /// assert_eq!(Session::new(&tf)?.run(&hits.div_no_nan(&shots), feeds![])?, array![0.75, 0.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn div_no_nan(&self, y: impl Into<Operand>) -> Tensor {
        self.with(DivNoNan, y)
    }

    /// x / y, but 0 where x is 0, whatever y is; the two broadcast.
    #[track_caller]
    pub fn xdivy(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Xdivy, y)
    }

    /// 1 / x, element by element.
    #[track_caller]
    pub fn reciprocal(&self) -> Tensor {
        self.graph().add(Reciprocal, &[self])
    }

    /// 0 where x is 0, else 1: what is left of the factor x when it is divided out of a product that is 0 where x is.
    #[track_caller]
    pub(crate) fn one_unless_zero(&self) -> Tensor {
        self.not_equal(0.0).cast_to(self.dtype_or(DType::Float32))
    }
}

pub(super) fn real_div_cases() -> Vec<Case> {
    let mut cases = binary_cases::<RealDiv>();
    cases.push(
        Case::fed("by zero", [array![1.0, -1.0, 0.0], array![0.0, 0.0, 0.0]], |_, x| vec![&x[0] / &x[1]])
            .at_kink()
            .expecting([array![f32::INFINITY, f32::NEG_INFINITY, f32::NAN]]),
    );
    cases
}

/// Every combination of signs, for a division with its answers.
fn signs(op: fn(&Tensor, &Tensor) -> Tensor, answers: [i32; 4]) -> [Case; 2] {
    let (x, y) = (array![7, -7, 7, -7], array![2, 2, -2, -2]);
    [
        Case::fed("signs", [x, y], move |_, x| vec![op(&x[0], &x[1])])
            .expecting([Array::from_literal(answers)]),
        Case::fed("of floats", [array![7.0, -7.0, 7.0, -7.0], array![2.0, 2.0, -2.0, -2.0]], move |_, x| {
            vec![op(&x[0], &x[1])]
        })
        .at_kink()
        .expecting([Array::from_literal(answers.map(|answer| answer as f32))]),
    ]
}

pub(super) fn div_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Div>();
    cases.push(
        Case::fed("of integers", [array![7, -7, 7, -7], array![2, 2, -2, -2]], |_, x| {
            vec![x[0].with(Div, &x[1])]
        })
        .expecting([array![3, -3, -3, 3]]),
    );
    cases
}

pub(super) fn truncate_div_cases() -> Vec<Case> {
    signs(|x, y| x.truncate_div(y), [3, -3, -3, 3]).into()
}

pub(super) fn floor_div_cases() -> Vec<Case> {
    signs(|x, y| x.floor_div(y), [3, -4, -4, 3]).into()
}

pub(super) fn floor_mod_cases() -> Vec<Case> {
    let mut cases = binary_cases::<FloorMod>();
    cases.extend(signs(|x, y| x % y, [1, 1, -1, -1]));
    cases
}

pub(super) fn truncate_mod_cases() -> Vec<Case> {
    let mut cases = binary_cases::<TruncateMod>();
    cases.extend(signs(|x, y| x.truncate_mod(y), [1, -1, 1, -1]));
    cases
}

pub(super) fn mod_cases() -> Vec<Case> {
    binary_cases::<Mod>()
}

pub(super) fn div_no_nan_cases() -> Vec<Case> {
    let mut cases = binary_cases::<DivNoNan>();
    cases.push(
        Case::fed("by zero", [array![1.0, f32::NAN, 0.0, 6.0], array![0.0, -0.0, 0.0, 2.0]], |_, x| {
            vec![x[0].div_no_nan(&x[1])]
        })
        .at_kink()
        .expecting([array![0.0, 0.0, 0.0, 3.0]]),
    );
    cases
}

pub(super) fn xdivy_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Xdivy>();
    cases.push(
        Case::fed("of zero", [array![0.0, 0.0, -0.0, 6.0], array![0.0, f32::NAN, 2.0, 0.0]], |_, x| {
            vec![x[0].xdivy(&x[1])]
        })
        .at_kink()
        .expecting([array![0.0, 0.0, 0.0, f32::INFINITY]]),
    );
    cases
}

pub(super) fn reciprocal_cases() -> Vec<Case> {
    unary_cases::<Reciprocal>(array![1.5, -2.0, 0.25])
}

pub(super) fn reciprocal_grad_cases() -> Vec<Case> {
    same_shape_cases::<ReciprocalGrad>()
}
