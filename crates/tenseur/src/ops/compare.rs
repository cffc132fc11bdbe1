//! Comparisons and logic: what gives true or false.

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::complex;
use crate::ops::elementwise::{broadcast_shape, number, refusal, stretched};
use crate::ops::{
    Attrs, ByFormula, Effects, Elementwise, Formula, Grad, Op, Signature, Types, broadcast_map,
};
use crate::value::{Array, DType, PartialShape};

const NO_GRADIENT: &str = "true and false do not change smoothly";

/// x < y
#[derive(Clone, Debug, Default)]
pub struct Less;

impl ByFormula for Less {
    const FORMULA: Formula = Formula::binary("Less", Types::NUMBERS, |p, x, y| p.binary(Binary::Less, x, y))
        .giving(DType::Bool)
        .not_differentiable(NO_GRADIENT);
}

/// x ≤ y
#[derive(Clone, Debug, Default)]
pub struct LessEqual;

impl ByFormula for LessEqual {
    const FORMULA: Formula =
        Formula::binary("LessEqual", Types::NUMBERS, |p, x, y| p.binary(Binary::LessEqual, x, y))
            .giving(DType::Bool)
            .not_differentiable(NO_GRADIENT);
}

/// x > y
#[derive(Clone, Debug, Default)]
pub struct Greater;

impl ByFormula for Greater {
    const FORMULA: Formula =
        Formula::binary("Greater", Types::NUMBERS, |p, x, y| p.binary(Binary::Greater, x, y))
            .giving(DType::Bool)
            .not_differentiable(NO_GRADIENT);
}

/// x ≥ y
#[derive(Clone, Debug, Default)]
pub struct GreaterEqual;

impl ByFormula for GreaterEqual {
    const FORMULA: Formula =
        Formula::binary("GreaterEqual", Types::NUMBERS, |p, x, y| p.binary(Binary::GreaterEqual, x, y))
            .giving(DType::Bool)
            .not_differentiable(NO_GRADIENT);
}

/// x = y, of numbers, complex ones too, bools and strings.
#[derive(Clone, Debug)]
pub struct Equal {
    /// Whether shapes that do not broadcast are an error; else such tensors are just not equal.
    pub incompatible_shape_error: bool,
}

impl Op for Equal {
    fn name(&self) -> &'static str {
        "Equal"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        equality_attrs(node, self.incompatible_shape_error)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Equal, Reason> {
        Ok(Equal { incompatible_shape_error: attrs.optional("incompatible_shape_error", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_equality(inputs, self.incompatible_shape_error)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_equality(node, Binary::Equal)
    }
}

/// x ≠ y, of numbers, complex ones too, bools and strings.
#[derive(Clone, Debug)]
pub struct NotEqual {
    /// Whether shapes that do not broadcast are an error; else such tensors are just not equal.
    pub incompatible_shape_error: bool,
}

impl Op for NotEqual {
    fn name(&self) -> &'static str {
        "NotEqual"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        equality_attrs(node, self.incompatible_shape_error)
    }

    fn from_attrs(attrs: &Attrs) -> Result<NotEqual, Reason> {
        Ok(NotEqual { incompatible_shape_error: attrs.optional("incompatible_shape_error", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_equality(inputs, self.incompatible_shape_error)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_equality(node, Binary::NotEqual)
    }
}

fn equality_attrs(node: Signature<'_>, incompatible_shape_error: bool) -> Attrs {
    Attrs::new().with("T", node.inputs[0].dtype).with("incompatible_shape_error", incompatible_shape_error)
}

fn infer_equality(inputs: &[&Fact], incompatible_shape_error: bool) -> Result<Facts, Reason> {
    const TYPES: Types = Types::NUMBERS.and(Types::COMPLEX).and(Types::of(&[DType::Bool, DType::String]));
    let [x, y] = inputs else { return Err(format!("it takes 2 inputs and got {}", inputs.len()).into()) };
    let dtypes = [x.dtype, y.dtype];
    TYPES.one(&dtypes).ok_or_else(|| refusal(&dtypes, |dtype| TYPES.contain(dtype)))?;
    let known = x.shape.known().is_some() && y.shape.known().is_some();
    let shape = match broadcast_shape(inputs) {
        Ok(shape) if known || incompatible_shape_error => shape,
        // They may yet turn out not to broadcast.
        Ok(_) => PartialShape::unknown(),
        Err(reason) if incompatible_shape_error => return Err(reason),
        Err(_) => PartialShape::scalar(),
    };
    Ok(Fact::new(DType::Bool, shape).one())
}

fn lower_equality(node: Signature<'_>, comparison: Binary) -> Result<Lowered, Reason> {
    if broadcast_shape(node.inputs).is_err() {
        return Ok(Lowered::values([Array::scalar(comparison == Binary::NotEqual)]));
    }
    if node.inputs[0].dtype == DType::String {
        let shape = known_shape(&node.outputs[0])?;
        return Ok(Lowered::host(2, move |inputs| {
            let (x, y) = (inputs[0].as_strings()?, inputs[1].as_strings()?);
            let pairs = stretched(inputs[0].shape(), &shape)?.zip(stretched(inputs[1].shape(), &shape)?);
            let equal = pairs.map(|(i, j)| (x[i] == y[j]) == (comparison == Binary::Equal));
            Ok(vec![Array::new(shape.clone(), equal.collect::<Vec<bool>>())?])
        }));
    }
    if node.inputs[0].dtype.is_complex() {
        return Ok(complex::arithmetic::equality(node, comparison == Binary::Equal));
    }
    broadcast_map(node, |p, x| p.binary(comparison, x[0], x[1]))
}

/// |x − y| < tolerance, of numbers of one shape.
#[derive(Clone, Debug)]
pub struct ApproximateEqual {
    /// How far apart they may be.
    pub tolerance: f32,
}

impl Elementwise for ApproximateEqual {
    const NAME: &'static str = "ApproximateEqual";
    const INPUTS: usize = 2;
    const BROADCASTS: bool = false;
    const COMPLEX: Option<crate::ops::complex::arithmetic::Formula> = None;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("tolerance", self.tolerance)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ApproximateEqual, Reason> {
        Ok(ApproximateEqual { tolerance: attrs.optional("tolerance", 1e-5)? })
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        Types::NUMBERS.one(inputs).map(|_| DType::Bool)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, p: &mut MapProgram, x: &[Value]) -> Value {
        let difference = p.binary(Binary::Sub, x[0], x[1]);
        let distance = p.unary(Unary::Abs, difference);
        let tolerance = number(p, distance, f64::from(self.tolerance));
        p.binary(Binary::Less, distance, tolerance)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(NO_GRADIENT)
    }
}

/// x and y
#[derive(Clone, Debug, Default)]
pub struct LogicalAnd;

impl ByFormula for LogicalAnd {
    const FORMULA: Formula =
        Formula::binary("LogicalAnd", Types::BOOL, |p, x, y| p.binary(Binary::And, x, y))
            .not_differentiable(NO_GRADIENT);
}

/// x or y, or both
#[derive(Clone, Debug, Default)]
pub struct LogicalOr;

impl ByFormula for LogicalOr {
    const FORMULA: Formula = Formula::binary("LogicalOr", Types::BOOL, |p, x, y| p.binary(Binary::Or, x, y))
        .not_differentiable(NO_GRADIENT);
}

/// not x
#[derive(Clone, Debug, Default)]
pub struct LogicalNot;

impl ByFormula for LogicalNot {
    const FORMULA: Formula = Formula::unary("LogicalNot", Types::BOOL, |p, x| p.unary(Unary::Not, x))
        .not_differentiable(NO_GRADIENT);
}

/// Whether x is NaN.
#[derive(Clone, Debug, Default)]
pub struct IsNan;

impl ByFormula for IsNan {
    const FORMULA: Formula = Formula::unary("IsNan", Types::FLOATS, |p, x| p.unary(Unary::IsNan, x))
        .giving(DType::Bool)
        .not_differentiable(NO_GRADIENT);
}

/// Whether x is +∞ or −∞.
#[derive(Clone, Debug, Default)]
pub struct IsInf;

impl ByFormula for IsInf {
    const FORMULA: Formula = Formula::unary("IsInf", Types::FLOATS, |p, x| p.unary(Unary::IsInf, x))
        .giving(DType::Bool)
        .not_differentiable(NO_GRADIENT);
}

/// Whether x is neither NaN nor infinite.
#[derive(Clone, Debug, Default)]
pub struct IsFinite;

impl ByFormula for IsFinite {
    const FORMULA: Formula = Formula::unary("IsFinite", Types::FLOATS, |p, x| p.unary(Unary::IsFinite, x))
        .giving(DType::Bool)
        .not_differentiable(NO_GRADIENT);
}

impl Tensor {
    /// Whether x < y, element by element; the two broadcast.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 2.0, 3.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.less(2.0), feeds![])?, array![true, false, false]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn less(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Less, y)
    }

    /// Whether x ≤ y, element by element; the two broadcast.
    #[track_caller]
    pub fn less_equal(&self, y: impl Into<Operand>) -> Tensor {
        self.with(LessEqual, y)
    }

    /// Whether x > y, element by element; the two broadcast.
    #[track_caller]
    pub fn greater(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Greater, y)
    }

    /// Whether x ≥ y, element by element; the two broadcast.
    #[track_caller]
    pub fn greater_equal(&self, y: impl Into<Operand>) -> Tensor {
        self.with(GreaterEqual, y)
    }

    /// Whether x = y, element by element, of numbers, bools or strings; the two broadcast. (`==` compares handles.)
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (guess, label) = (tf.constant(array![3, 1, 4]), tf.constant(array![3, 1, 5]));
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&guess.equal(&label), feeds![])?, array![true, true, false]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn equal(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Equal { incompatible_shape_error: true }, y)
    }

    /// Whether x ≠ y, element by element, of numbers, bools or strings; the two broadcast.
    #[track_caller]
    pub fn not_equal(&self, y: impl Into<Operand>) -> Tensor {
        self.with(NotEqual { incompatible_shape_error: true }, y)
    }

    /// Whether |x − y| < `tolerance`, element by element, of numbers of one shape.
    #[track_caller]
    pub fn approximate_equal(&self, y: impl Into<Operand>, tolerance: f32) -> Tensor {
        self.with(ApproximateEqual { tolerance }, y)
    }

    /// x and y, of bools, which broadcast; also the operator `&`.
    #[track_caller]
    pub fn logical_and(&self, y: impl Into<Operand>) -> Tensor {
        self.with(LogicalAnd, y)
    }

    /// x or y or both, of bools, which broadcast; also the operator `|`.
    #[track_caller]
    pub fn logical_or(&self, y: impl Into<Operand>) -> Tensor {
        self.with(LogicalOr, y)
    }

    /// x or y but not both, of bools, which broadcast; also the operator `^`.
    #[track_caller]
    pub fn logical_xor(&self, y: impl Into<Operand>) -> Tensor {
        let y = y.into().tensor(self);
        self.logical_or(&y).logical_and(self.logical_and(&y).logical_not())
    }

    /// not x, of bools; also the operator `!`.
    #[track_caller]
    pub fn logical_not(&self) -> Tensor {
        self.graph().add(LogicalNot, &[self])
    }

    /// Whether each element is NaN.
    #[track_caller]
    pub fn is_nan(&self) -> Tensor {
        self.graph().add(IsNan, &[self])
    }

    /// Whether each element is +∞ or −∞.
    #[track_caller]
    pub fn is_inf(&self) -> Tensor {
        self.graph().add(IsInf, &[self])
    }

    /// Whether each element is neither NaN nor infinite.
    #[track_caller]
    pub fn is_finite(&self) -> Tensor {
        self.graph().add(IsFinite, &[self])
    }
}

/// A comparison of numbers below, at and above each other, with its three answers.
fn order(
    compare: fn(&Tensor, &Tensor) -> Tensor,
    below: bool,
    at: bool,
    above: bool,
    nan: bool,
) -> Vec<Case> {
    let (x, y) = (array![-1.0, 2.0, 3.0, f32::NAN], array![1.0, 2.0, -3.0, f32::NAN]);
    let answers = array![below, at, above, nan];
    let build = move |_: &crate::Graph, x: &[Tensor]| vec![compare(&x[0], &x[1])];
    vec![
        Case::fed("floats", [x, y], build).expecting([answers]),
        Case::fed("integers", [array![-1, 2, 3], array![1, 2, -3]], build)
            .expecting([array![below, at, above]]),
        Case::fed("broadcast", [array![[-1], [2]], array![2]], build).expecting([array![[below], [at]]]),
        Case::fed("empty", [Array::from_literal([0.0; 0]), array![1.0]], build),
    ]
}

pub(super) fn less_cases() -> Vec<Case> {
    order(|x, y| x.less(y), true, false, false, false)
}

pub(super) fn less_equal_cases() -> Vec<Case> {
    order(|x, y| x.less_equal(y), true, true, false, false)
}

pub(super) fn greater_cases() -> Vec<Case> {
    order(|x, y| x.greater(y), false, false, true, false)
}

pub(super) fn greater_equal_cases() -> Vec<Case> {
    order(|x, y| x.greater_equal(y), false, true, true, false)
}

pub(super) fn equal_cases() -> Vec<Case> {
    let mut cases = order(|x, y| x.equal(y), false, true, false, false);
    cases.extend(equalities(
        |x, y| x.equal(y),
        |x, y| x.with(Equal { incompatible_shape_error: false }, y),
        true,
    ));
    cases
}

pub(super) fn not_equal_cases() -> Vec<Case> {
    let mut cases = order(|x, y| x.not_equal(y), true, false, true, true);
    let any = |x: &Tensor, y: &Tensor| x.with(NotEqual { incompatible_shape_error: false }, y);
    cases.extend(equalities(|x, y| x.not_equal(y), any, false));
    cases
}

/// Strings, bools, and shapes that do not broadcast, with `equal` for the answer where they are equal.
fn equalities(
    compare: fn(&Tensor, &Tensor) -> Tensor,
    of_any_shapes: fn(&Tensor, &Tensor) -> Tensor,
    equal: bool,
) -> [Case; 4] {
    let build = move |_: &crate::Graph, x: &[Tensor]| vec![compare(&x[0], &x[1])];
    let build_any = move |_: &crate::Graph, x: &[Tensor]| vec![of_any_shapes(&x[0], &x[1])];
    [
        Case::fed("strings", [array![["a"], ["b"]], array!["b", "a"]], build)
            .expecting([array![[!equal, equal], [equal, !equal]]]),
        Case::fed("bools", [array![true, false], array![true, true]], build)
            .expecting([array![equal, !equal]]),
        Case::fed("shapes that do not fit", [array![1, 2], array![1, 2, 3]], build_any)
            .expecting([Array::scalar(!equal)]),
        Case::fed("shapes that might not", [array![1, 2], array![1, 3]], build_any)
            .expecting([array![equal, !equal]]),
    ]
}

pub(super) fn approximate_equal_cases() -> Vec<Case> {
    vec![
        Case::fed("near and far", [array![1.0, 1.0, f32::NAN], array![1.05, 1.5, 1.0]], |_, x| {
            vec![x[0].approximate_equal(&x[1], 0.1)]
        })
        .expecting([array![true, false, false]]),
    ]
}

/// All pairs of false and true, with their answers.
fn truth_table(op: fn(&Tensor, &Tensor) -> Tensor, answers: [bool; 4]) -> Vec<Case> {
    let [a, b, c, d] = answers;
    vec![
        Case::fed("truth table", [array![[false], [true]], array![false, true]], move |_, x| {
            vec![op(&x[0], &x[1])]
        })
        .expecting([array![[a, b], [c, d]]]),
    ]
}

pub(super) fn logical_and_cases() -> Vec<Case> {
    truth_table(|x, y| x.logical_and(y), [false, false, false, true])
}

pub(super) fn logical_or_cases() -> Vec<Case> {
    let mut cases = truth_table(|x, y| x.logical_or(y), [false, true, true, true]);
    cases.extend(truth_table(|x, y| x.logical_xor(y), [false, true, true, false]));
    cases
}

pub(super) fn logical_not_cases() -> Vec<Case> {
    vec![
        Case::fed("both", [array![false, true]], |_, x| vec![x[0].logical_not()])
            .expecting([array![true, false]]),
    ]
}

fn special() -> Array {
    array![0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]
}

pub(super) fn is_nan_cases() -> Vec<Case> {
    vec![
        Case::fed("special", [special()], |_, x| vec![x[0].is_nan()])
            .expecting([array![false, true, false, false]]),
    ]
}

pub(super) fn is_inf_cases() -> Vec<Case> {
    vec![
        Case::fed("special", [special()], |_, x| vec![x[0].is_inf()])
            .expecting([array![false, false, true, true]]),
    ]
}

pub(super) fn is_finite_cases() -> Vec<Case> {
    vec![
        Case::fed("special", [special()], |_, x| vec![x[0].is_finite()])
            .expecting([array![true, false, false, false]]),
    ]
}
