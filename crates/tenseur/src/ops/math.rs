//! Sums, differences and products, and what goes with them: signs, squares, the greater and the lesser.

use tenseur_kernels::{Binary, SumManyKernel, Unary};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::complex;
use crate::ops::complex::arithmetic::zero_where;
use crate::ops::elementwise::{binary_cases, one_shape, refusal, unary_cases, zero_where_zero};
use crate::ops::{Attrs, ByFormula, Effects, Formula, Grad, Op, Signature, Types, broadcast_map, narrowed};
use crate::value::{DType, PartialShape};

/// x + y
#[derive(Clone, Debug, Default)]
pub struct AddV2;

impl ByFormula for AddV2 {
    const FORMULA: Formula = Formula::binary("AddV2", Types::NUMBERS, |p, x, y| p.binary(Binary::Add, x, y))
        .and_complex(|z| z[0] + z[1])
        .grad(|_, dy| [dy.clone(), dy.clone()]);
}

/// x − y
#[derive(Clone, Debug, Default)]
pub struct Sub;

impl ByFormula for Sub {
    const FORMULA: Formula = Formula::binary("Sub", Types::NUMBERS, |p, x, y| p.binary(Binary::Sub, x, y))
        .and_complex(|z| z[0] - z[1])
        .grad(|_, dy| [dy.clone(), -dy]);
}

/// x · y
#[derive(Clone, Debug, Default)]
pub struct Mul;

impl ByFormula for Mul {
    const FORMULA: Formula = Formula::binary("Mul", Types::NUMBERS, |p, x, y| p.binary(Binary::Mul, x, y))
        .and_complex(|z| z[0] * z[1])
        .grad(|node, dy| [dy * node.x(1).conj(), dy * node.x(0).conj()]);
}

/// x · y, but 0 where y is 0, even if x is infinite or NaN.
#[derive(Clone, Debug, Default)]
pub struct MulNoNan;

impl ByFormula for MulNoNan {
    const FORMULA: Formula = Formula::binary("MulNoNan", Types::FLOATS, |p, x, y| {
        let product = p.binary(Binary::Mul, x, y);
        zero_where_zero(p, y, product)
    })
    .and_complex(|z| zero_where(z[1], z[0] * z[1]))
    .grad(|node, dy| [dy.multiply_no_nan(node.x(1)), node.x(0).multiply_no_nan(dy)]);
}

/// (x − y)², of complex numbers |x − y|².
#[derive(Clone, Debug, Default)]
pub struct SquaredDifference;

impl ByFormula for SquaredDifference {
    const FORMULA: Formula = Formula::binary("SquaredDifference", Types::NUMBERS, |p, x, y| {
        let difference = p.binary(Binary::Sub, x, y);
        p.binary(Binary::Mul, difference, difference)
    })
    .and_complex(|z| (z[0] - z[1]).norm_sqr().into())
    .grad(|node, dy| {
        let slope = dy * 2.0 * (node.x(0) - node.x(1));
        [slope.clone(), -slope]
    });
}

/// The greater of x and y; NaN where either is. Where they are equal, the gradient goes to x.
#[derive(Clone, Debug, Default)]
pub struct Maximum;

impl ByFormula for Maximum {
    const FORMULA: Formula =
        Formula::binary("Maximum", Types::NUMBERS, |p, x, y| p.binary(Binary::Maximum, x, y))
            .grad(|node, dy| share(dy, &node.x(0).greater_equal(node.x(1))));
}

/// The lesser of x and y; NaN where either is. Where they are equal, the gradient goes to x.
#[derive(Clone, Debug, Default)]
pub struct Minimum;

impl ByFormula for Minimum {
    const FORMULA: Formula =
        Formula::binary("Minimum", Types::NUMBERS, |p, x, y| p.binary(Binary::Minimum, x, y))
            .grad(|node, dy| share(dy, &node.x(0).less_equal(node.x(1))));
}

/// `dy` where `first` is true and where it is not.
fn share(dy: &Tensor, first: &Tensor) -> [Tensor; 2] {
    [first.where_(dy, 0.0), first.where_(0.0, dy)]
}

/// −x
#[derive(Clone, Debug, Default)]
pub struct Neg;

impl ByFormula for Neg {
    const FORMULA: Formula = Formula::unary("Neg", Types::SIGNED, |p, x| p.unary(Unary::Neg, x))
        .and_complex(|z| -z[0])
        .grad(|_, dy| -dy);
}

/// |x|; its derivative at 0 is 0.
#[derive(Clone, Debug, Default)]
pub struct Abs;

impl ByFormula for Abs {
    const FORMULA: Formula = Formula::unary("Abs", Types::NUMBERS, |p, x| p.unary(Unary::Abs, x))
        .grad(|node, dy| dy * node.x(0).sign());
}

/// −1, 0 or 1 as x is below, at or above 0; NaN stays NaN. Of a complex number that is not 0, x / |x|. Its derivative is 0 everywhere.
#[derive(Clone, Debug, Default)]
pub struct Sign;

impl ByFormula for Sign {
    const FORMULA: Formula = Formula::unary("Sign", Types::NUMBERS, |p, x| p.unary(Unary::Sign, x))
        .and_complex(|z| zero_where(z[0], z[0] / z[0].norm()))
        .grad(|node, _| node.x(0).zeros_like());
}

/// x²
#[derive(Clone, Debug, Default)]
pub struct Square;

impl ByFormula for Square {
    const FORMULA: Formula = Formula::unary("Square", Types::NUMBERS, |p, x| p.binary(Binary::Mul, x, x))
        .and_complex(|z| z[0] * z[0])
        .grad(|node, dy| dy * (node.x(0).conj() * 2.0));
}

/// x₀ + x₁ + …, all of one shape: the sum of gradients that arrive along several paths.
#[derive(Clone, Debug)]
pub struct AddN;

impl Op for AddN {
    fn name(&self) -> &'static str {
        "AddN"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("N", node.inputs.len() as i64).with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<AddN, Reason> {
        Ok(AddN)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_sum(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![node.dy(0).cloned(); node.inputs()]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_sum(node)
    }
}

/// As [`AddN`], for tensors of a shape that is said; TensorFlow's need not hold them all in memory at once.
#[derive(Clone, Debug)]
pub struct AccumulateNV2 {
    /// The shape of each.
    pub shape: PartialShape,
}

impl Op for AccumulateNV2 {
    fn name(&self) -> &'static str {
        "AccumulateNV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        AddN.attrs(node).with("shape", self.shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<AccumulateNV2, Reason> {
        Ok(AccumulateNV2 { shape: attrs.require("shape")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let mut facts = infer_sum(inputs)?;
        let shape = facts[0].shape.merge(&self.shape);
        facts[0].shape = shape.ok_or_else(|| {
            format!("its inputs have shape {} and its attribute says {}", facts[0].shape, self.shape)
        })?;
        Ok(facts)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![node.dy(0).cloned(); node.inputs()]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_sum(node)
    }
}

fn infer_sum(inputs: &[&Fact]) -> Result<Facts, Reason> {
    if inputs.is_empty() {
        return Err("it has nothing to add".into());
    }
    let dtypes: Vec<DType> = inputs.iter().map(|fact| fact.dtype).collect();
    // Lists are added element by element.
    if dtypes.iter().all(|&dtype| dtype == DType::Variant) {
        return Ok(Fact::new(DType::Variant, one_shape(inputs)?).one());
    }
    let dtype = Types::NUMBERS.and(Types::COMPLEX).one(&dtypes);
    let dtype = dtype.ok_or_else(|| refusal(&dtypes, |dtype| Types::NUMBERS.contain(dtype)))?;
    Ok(Fact::new(dtype, one_shape(inputs)?).one())
}

/// As many terms as a fused loop adds.
const FUSED_TERMS: usize = 64;

fn lower_sum(node: Signature<'_>) -> Result<Lowered, Reason> {
    if node.outputs[0].dtype == DType::Variant {
        return Ok(Lowered::objects(node.inputs.len(), |_, terms| {
            let (first, others) = terms.split_first().ok_or("it has nothing to add")?;
            let sum = others.iter().try_fold(first.clone(), |sum, term| crate::ops::list::sum(&sum, term));
            Ok(vec![sum?])
        }));
    }
    if node.outputs[0].dtype.is_complex() {
        return Ok(complex::arithmetic::sum_of_all("AddN", node));
    }
    if node.inputs.len() > FUSED_TERMS {
        let (dtype, shape) = (node.outputs[0].dtype, known_shape(&node.outputs[0])?);
        let stored = dtype.scalar().ok_or_else(|| format!("there are no sums of {dtype}"))?;
        return Ok(Lowered::kernel(SumManyKernel::new(stored, node.inputs.len(), shape.elements())?));
    }
    broadcast_map(node, |program, x| {
        let dtype = node.inputs[0].dtype;
        x[1..].iter().fold(x[0], |sum, &term| {
            let sum = program.binary(Binary::Add, sum, term);
            narrowed(program, sum, dtype)
        })
    })
}

impl Tensor {
    /// |x|, element by element; its derivative at 0 is 0.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![-1.5, 0.0, 2.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.abs(), feeds![])?, array![1.5, 0.0, 2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn abs(&self) -> Tensor {
        self.graph().add(Abs, &[self])
    }

    /// −1, 0 or 1, the sign of each element; NaN stays NaN.
    #[track_caller]
    pub fn sign(&self) -> Tensor {
        self.graph().add(Sign, &[self])
    }

    /// x², element by element.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let slope = gradients(&[&x.square()], &[&x])[0].clone().unwrap(); // 2x
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&slope, feeds![x => array![1.0, -3.0]])?, array![2.0, -6.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn square(&self) -> Tensor {
        self.graph().add(Square, &[self])
    }

    /// (x − y)², element by element; the two broadcast.
    #[track_caller]
    pub fn squared_difference(&self, y: impl Into<Operand>) -> Tensor {
        self.with(SquaredDifference, y)
    }

    /// The greater of x and y, element by element; the two broadcast. NaN where either is NaN; where they are equal
    /// the gradient goes to x.
    #[track_caller]
    pub fn maximum(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Maximum, y)
    }

    /// The lesser of x and y, element by element; the two broadcast. NaN where either is NaN; where they are equal
    /// the gradient goes to x.
    #[track_caller]
    pub fn minimum(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Minimum, y)
    }

    /// x · y, but 0 where y is 0, even if x is infinite or NaN; the two broadcast.
    #[track_caller]
    pub fn multiply_no_nan(&self, y: impl Into<Operand>) -> Tensor {
        self.with(MulNoNan, y)
    }
}

impl Graph {
    /// The sum of tensors of one shape (`tf.add_n`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (x, y) = (tf.constant(array![1.0, 2.0]), tf.constant(array![10.0, 20.0]));
    /// assert_eq!(Session::new(&tf)?.run(&tf.add_n(&[&x, &y, &x]), feeds![])?, array![12.0, 24.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn add_n(&self, terms: &[impl AsRef<Tensor>]) -> Tensor {
        self.add(AddN, &terms.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }
}

pub(super) fn add_cases() -> Vec<Case> {
    let mut cases = binary_cases::<AddV2>();
    cases.push(Case::fed("a number", [array![1, 2]], |_, x| vec![&x[0] + 1]).expecting([array![2, 3]]));
    cases.push(
        Case::fed("beyond int32", [array![i32::MAX]], |_, x| vec![&x[0] + 1]).expecting([array![i32::MIN]]),
    );
    cases
}

pub(super) fn sub_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Sub>();
    cases.push(Case::fed("from a number", [array![1, 2]], |_, x| vec![3 - &x[0]]).expecting([array![2, 1]]));
    cases
}

pub(super) fn mul_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Mul>();
    cases.push(Case::fed("by itself", [array![1.5, -2.0]], |_, x| vec![&x[0] * &x[0]]));
    cases
}

pub(super) fn mul_no_nan_cases() -> Vec<Case> {
    let mut cases = binary_cases::<MulNoNan>();
    let x = array![f32::INFINITY, f32::NAN, 2.0, 0.0];
    cases.push(
        Case::fed("by zero", [x, array![0.0, -0.0, 3.0, f32::INFINITY]], |_, x| {
            vec![x[0].multiply_no_nan(&x[1])]
        })
        .at_kink()
        .expecting([array![0.0, 0.0, 6.0, f32::NAN]]),
    );
    cases
}

pub(super) fn squared_difference_cases() -> Vec<Case> {
    binary_cases::<SquaredDifference>()
}

pub(super) fn maximum_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Maximum>();
    cases.push(at_a_tie(|x, y| x.maximum(y)));
    cases
}

pub(super) fn minimum_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Minimum>();
    cases.push(at_a_tie(|x, y| x.minimum(y)));
    cases
}

fn at_a_tie(op: fn(&Tensor, &Tensor) -> Tensor) -> Case {
    Case::fed("the gradient of a tie goes to x", [array![1.0], array![1.0]], move |_, x| {
        let slopes = crate::gradients(&[op(&x[0], &x[1])], x);
        slopes.into_iter().flatten().collect()
    })
    .at_kink()
    .expecting([array![1.0], array![0.0]])
}

pub(super) fn neg_cases() -> Vec<Case> {
    unary_cases::<Neg>(array![1.5, -2.0, 0.25])
}

pub(super) fn abs_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Abs>(array![1.5, -2.0, 0.25]);
    let least = array![i32::MIN, -1];
    cases.push(
        Case::fed("of the least int32", [least], |_, x| vec![x[0].abs()]).expecting([array![i32::MIN, 1]]),
    );
    cases
}

pub(super) fn sign_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Sign>(array![1.5, -2.0, 0.25]);
    let x = array![-2.0, -0.0, 0.0, 3.0, f32::NAN];
    cases.push(Case::fed("each", [x], |_, x| vec![x[0].sign()]).at_kink().expecting([array![
        -1.0,
        0.0,
        0.0,
        1.0,
        f32::NAN
    ]]));
    cases
}

pub(super) fn square_cases() -> Vec<Case> {
    unary_cases::<Square>(array![1.5, -2.0, 0.25])
}

pub(super) fn add_n_cases() -> Vec<Case> {
    vec![
        Case::fed("three", [array![1.0, 2.0], array![3.0, 4.0]], |tf, x| {
            vec![tf.add_n(&[&x[0], &x[1], &x[0]])]
        }),
        Case::fed("one", [array![[1.0, 2.0]]], |tf, x| vec![tf.add_n(&[&x[0]])]),
        Case::fed("more than a fused loop reads", [array![1.0, 2.0]], |tf, x| {
            let terms: Vec<Tensor> = (0..300).map(|i| &x[0] * f64::from(i % 2)).collect();
            vec![tf.add_n(&terms)]
        })
        .expecting([array![150.0, 300.0]]),
    ]
}

pub(super) fn accumulate_n_cases() -> Vec<Case> {
    vec![Case::fed("three", [array![1.0, 2.0], array![3.0, 4.0]], |tf, x| {
        vec![tf.add(AccumulateNV2 { shape: [2].into() }, &[&x[0], &x[1], &x[0]])]
    })]
}
