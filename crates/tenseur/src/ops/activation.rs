//! Transfer functions with a corner or a bend at 0, and the gradient ops that TensorFlow has for them.
//!
//! Conventions at 0: `relu'(0) = 0`; `leaky_relu'(0) = α` and `prelu'(0) = α`, as where x is below 0; `elu'(0) = 1`.

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Operand, Tensor};
use crate::ops::elementwise::{number, same_shape_cases, unary_cases};
use crate::ops::{Attrs, ByFormula, Elementwise, Formula, Grad, Signature, Types};
use crate::value::{Array, DType};

/// max(x, 0)
#[derive(Clone, Debug, Default)]
pub struct Relu;

impl ByFormula for Relu {
    const FORMULA: Formula = Formula::unary("Relu", Types::NUMBERS, |p, x| {
        let zero = number(p, x, 0.0);
        p.binary(Binary::Maximum, x, zero)
    })
    .grad(|node, dy| dy.with(ReluGrad, node.y(0)));
}

/// dy where the second input, Relu's input or output, is above 0, and 0 elsewhere: relu'(0) = 0. The 0 is a factor, as
/// in TensorFlow: a NaN or an infinite dy gives NaN there.
#[derive(Clone, Debug, Default)]
pub struct ReluGrad;

impl ByFormula for ReluGrad {
    const FORMULA: Formula = Formula::binary("ReluGrad", Types::NUMBERS, |p, dy, y| {
        let zero = number(p, y, 0.0);
        let above = p.binary(Binary::Greater, y, zero);
        times(p, dy, above)
    })
    .of_one_shape()
    // Linear in dy; where y is above 0 does not change when it changes a little.
    .grad(|node, ddy| [ddy.with(ReluGrad, node.x(1)), node.x(1).zeros_like()]);
}

/// x · 1 where `condition` is true, x · 0 elsewhere.
fn times(p: &mut MapProgram, x: Value, condition: Value) -> Value {
    let stored = p.compute_type(x).stored();
    let factor = p.cast(condition, stored);
    p.binary(Binary::Mul, x, factor)
}

/// min(max(x, 0), 6)
#[derive(Clone, Debug, Default)]
pub struct Relu6;

impl ByFormula for Relu6 {
    const FORMULA: Formula = Formula::unary("Relu6", Types::NUMBERS, |p, x| {
        let (zero, six) = (number(p, x, 0.0), number(p, x, 6.0));
        let above = p.binary(Binary::Maximum, x, zero);
        p.binary(Binary::Minimum, above, six)
    })
    .grad(|node, dy| dy.with(Relu6Grad, node.y(0)));
}

/// dy where the second input, Relu6's input or output, is between 0 and 6, and 0 elsewhere (a factor, as in
/// [`ReluGrad`]).
#[derive(Clone, Debug, Default)]
pub struct Relu6Grad;

impl ByFormula for Relu6Grad {
    const FORMULA: Formula = Formula::binary("Relu6Grad", Types::NUMBERS, |p, dy, y| {
        let (zero, six) = (number(p, y, 0.0), number(p, y, 6.0));
        let above = p.binary(Binary::Greater, y, zero);
        let below = p.binary(Binary::Less, y, six);
        let between = p.binary(Binary::And, above, below);
        times(p, dy, between)
    })
    .of_one_shape()
    .grad(|node, ddy| [ddy.with(Relu6Grad, node.x(1)), node.x(1).zeros_like()]);
}

/// x where it is above 0, else αx.
#[derive(Clone, Debug)]
pub struct LeakyRelu {
    /// The slope below 0.
    pub alpha: f32,
}

impl Elementwise for LeakyRelu {
    const NAME: &'static str = "LeakyRelu";
    const INPUTS: usize = 1;
    const BROADCASTS: bool = false;
    const COMPLEX: Option<crate::ops::complex::arithmetic::Formula> = None;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("alpha", self.alpha)
    }

    fn from_attrs(attrs: &Attrs) -> Result<LeakyRelu, Reason> {
        Ok(LeakyRelu { alpha: attrs.optional("alpha", 0.2)? })
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        Types::FLOATS.one(inputs)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, p: &mut MapProgram, x: &[Value]) -> Value {
        leak(p, self.alpha, x[0], x[0])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.with(LeakyReluGrad { alpha: self.alpha }, node.x(0)))])
    }
}

/// dy where the second input, LeakyRelu's input, is above 0, else α·dy.
#[derive(Clone, Debug)]
pub struct LeakyReluGrad {
    /// The slope below 0.
    pub alpha: f32,
}

impl Elementwise for LeakyReluGrad {
    const NAME: &'static str = "LeakyReluGrad";
    const INPUTS: usize = 2;
    const BROADCASTS: bool = false;
    const COMPLEX: Option<crate::ops::complex::arithmetic::Formula> = None;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("alpha", self.alpha)
    }

    fn from_attrs(attrs: &Attrs) -> Result<LeakyReluGrad, Reason> {
        Ok(LeakyReluGrad { alpha: attrs.optional("alpha", 0.2)? })
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        Types::FLOATS.one(inputs)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, p: &mut MapProgram, x: &[Value]) -> Value {
        leak(p, self.alpha, x[1], x[0])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddy| {
            let alpha = self.alpha;
            [Some(ddy.with(LeakyReluGrad { alpha }, node.x(1))), Some(node.x(1).zeros_like())]
        })
    }
}

/// `value` where x is above 0, else α·`value`.
fn leak(p: &mut MapProgram, alpha: f32, x: Value, value: Value) -> Value {
    let (zero, alpha) = (number(p, x, 0.0), number(p, x, f64::from(alpha)));
    let above = p.binary(Binary::Greater, x, zero);
    let leaked = p.binary(Binary::Mul, alpha, value);
    p.select(above, value, leaked)
}

/// x where it is at or above 0, else eˣ − 1.
#[derive(Clone, Debug, Default)]
pub struct Elu;

impl ByFormula for Elu {
    const FORMULA: Formula = Formula::unary("Elu", Types::FLOATS, |p, x| {
        let zero = number(p, x, 0.0);
        let below = p.binary(Binary::Less, x, zero);
        let curve = p.unary(Unary::Expm1, x);
        p.select(below, curve, x)
    })
    .grad(|node, dy| dy.with(EluGrad, node.y(0)));
}

/// dy·(y + 1) where y, the output of Elu, is below 0, else dy.
#[derive(Clone, Debug, Default)]
pub struct EluGrad;

impl ByFormula for EluGrad {
    const FORMULA: Formula = Formula::binary("EluGrad", Types::FLOATS, |p, dy, y| {
        let (zero, one) = (number(p, y, 0.0), number(p, y, 1.0));
        let below = p.binary(Binary::Less, y, zero);
        let slope = p.binary(Binary::Add, y, one);
        let bent = p.binary(Binary::Mul, slope, dy);
        p.select(below, bent, dy)
    })
    .of_one_shape()
    .grad(|node, ddy| {
        let (dy, y) = (node.x(0), node.x(1));
        [ddy.with(EluGrad, y), y.less(0.0).where_(ddy * dy, 0.0)]
    });
}

/// λ of Selu, and λα: with them, and weights of variance 1 / n, the mean 0 and the variance 1 of a layer's inputs are a
/// fixed point (Klambauer et al., Self-Normalizing Neural Networks, 2017).
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_SCALE_ALPHA: f64 = 1.758_099_340_847_376_8;

/// λx where x is at or above 0, else λα(eˣ − 1).
#[derive(Clone, Debug, Default)]
pub struct Selu;

impl ByFormula for Selu {
    const FORMULA: Formula = Formula::unary("Selu", Types::FLOATS, |p, x| {
        let zero = number(p, x, 0.0);
        let (scale, scale_alpha) = (number(p, x, SELU_SCALE), number(p, x, SELU_SCALE_ALPHA));
        let below = p.binary(Binary::Less, x, zero);
        let curve = p.unary(Unary::Expm1, x);
        let curve = p.binary(Binary::Mul, scale_alpha, curve);
        let line = p.binary(Binary::Mul, scale, x);
        p.select(below, curve, line)
    })
    .grad(|node, dy| dy.with(SeluGrad, node.y(0)));
}

/// dy·(y + λα) where y, the output of Selu, is below 0, else λ·dy.
#[derive(Clone, Debug, Default)]
pub struct SeluGrad;

impl ByFormula for SeluGrad {
    const FORMULA: Formula = Formula::binary("SeluGrad", Types::FLOATS, |p, dy, y| {
        let zero = number(p, y, 0.0);
        let (scale, scale_alpha) = (number(p, y, SELU_SCALE), number(p, y, SELU_SCALE_ALPHA));
        let below = p.binary(Binary::Less, y, zero);
        let slope = p.binary(Binary::Add, y, scale_alpha);
        let slope = p.select(below, slope, scale);
        p.binary(Binary::Mul, dy, slope)
    })
    .of_one_shape()
    .grad(|node, ddy| {
        let (dy, y) = (node.x(0), node.x(1));
        [ddy.with(SeluGrad, y), y.less(0.0).where_(ddy * dy, 0.0)]
    });
}

/// max(x, 0), element by element; its derivative at 0 is taken as 0.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::relu(tf.constant(array![-1.0, 0.0, 2.0]));
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.0, 0.0, 2.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn relu(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Relu, &[x])
}

/// min(max(x, 0), 6), element by element; its derivative at 0 and at 6 is taken as 0.
#[track_caller]
pub fn relu6(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Relu6, &[x])
}

/// x where it is above 0, else α·x with a fixed α (TensorFlow's default is 0.2); the derivative at 0 is α.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::leaky_relu(tf.constant(array![-1.0, 2.0]), 0.2);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![-0.2, 2.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn leaky_relu(x: impl AsRef<Tensor>, alpha: f32) -> Tensor {
    let x = x.as_ref();
    x.graph().add(LeakyRelu { alpha }, &[x])
}

/// `max(0, x) + α·min(0, x)` with a learnt α that broadcasts to x: a scalar for one slope a layer, a vector `[channels]`
/// for one slope a channel (He et al., Delving Deep into Rectifiers, 2015).
///
/// Along x the derivative is 1 where x is above 0 and α elsewhere, at 0 too; along α it is `min(0, x)`, summed over the
/// places that share an α.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[-2.0, 4.0], [-1.0, -3.0]]);
/// let alpha = tf.variable(array![0.25, 0.5], "alpha");
/// let y = nn::prelu(&x, &alpha);
/// let slope = gradients(&[&y], &[&alpha])[0].clone().unwrap();
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// assert_eq!(sess.run(&y, feeds![])?, array![[-0.5, 4.0], [-0.25, -1.5]]);
/// assert_eq!(sess.run(&slope, feeds![])?, array![-3.0, -3.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn prelu(x: impl AsRef<Tensor>, alpha: impl Into<Operand>) -> Tensor {
    // One comparison, one product and one choice, where a sum of a maximum and a minimum would also do half of the
    // gradient twice; and at x = 0 each of those two would hand the whole of it on.
    let x = x.as_ref();
    let alpha = alpha.into().tensor(x);
    x.greater(0.0).where_(x, alpha * x)
}

/// x where it is at or above 0, else eˣ − 1, element by element (Clevert et al., 2015).
#[track_caller]
pub fn elu(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Elu, &[x])
}

/// λx where x is at or above 0, else λα(eˣ − 1), element by element, with λ = 1.0507 and α = 1.6733, which keep mean
/// 0 and variance 1 from layer to layer (Klambauer et al., 2017).
#[track_caller]
pub fn selu(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Selu, &[x])
}

/// What a transfer function's derivative is at 0.
fn slope_at_zero(function: fn(&Tensor) -> Tensor, slope: f32) -> Case {
    Case::fed("the derivative at 0", [array![0.0]], move |_, x| {
        crate::gradients(&[function(&x[0])], x).into_iter().flatten().collect()
    })
    .at_kink()
    .expecting([array![slope]])
}

pub(super) fn relu_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Relu>(array![[-1.5, 2.0], [0.5, -3.0]]);
    cases.push(slope_at_zero(|x| relu(x), 0.0));
    cases.push(Case::fed("integers", [array![-1, 2]], |_, x| vec![relu(&x[0])]).expecting([array![0, 2]]));
    cases
}

pub(super) fn relu_grad_cases() -> Vec<Case> {
    let mut cases = same_shape_cases::<ReluGrad>();
    let (dy, y) = (array![1.0, 2.0, 3.0, 4.0, f32::NAN], array![-1.0, 1.0, 0.0, f32::NAN, -1.0]);
    cases.push(
        Case::fed("each", [dy, y], |_, x| vec![x[0].with(ReluGrad, &x[1])]).at_kink().expecting([array![
            0.0,
            2.0,
            0.0,
            0.0,
            f32::NAN
        ]]),
    );
    cases
}

pub(super) fn relu6_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Relu6>(array![[-1.5, 2.0], [7.0, -3.0]]);
    cases.push(slope_at_zero(|x| relu6(x), 0.0));
    cases
}

pub(super) fn relu6_grad_cases() -> Vec<Case> {
    let mut cases = same_shape_cases::<Relu6Grad>();
    let (dy, y) = (array![1.0, 2.0, 3.0, 4.0], array![-1.0, 1.0, 6.0, 7.0]);
    cases.push(
        Case::fed("each", [dy, y], |_, x| vec![x[0].with(Relu6Grad, &x[1])])
            .at_kink()
            .expecting([array![0.0, 2.0, 0.0, 0.0]]),
    );
    cases
}

pub(super) fn leaky_relu_cases() -> Vec<Case> {
    vec![
        Case::fed("both sides", [array![-1.5, 2.0]], |_, x| vec![leaky_relu(&x[0], 0.25)])
            .expecting([array![-0.375, 2.0]]),
        Case::fed("steeper below", [array![-1.5, 2.0]], |_, x| vec![leaky_relu(&x[0], 3.0)])
            .expecting([array![-4.5, 2.0]]),
        slope_at_zero(|x| leaky_relu(x, 0.25), 0.25),
        Case::fed(
            "prelu, a slope for each channel",
            [array![[-1.5, 2.0], [0.5, -2.5]], array![0.25, 0.5]],
            |_, x| vec![prelu(&x[0], &x[1])],
        )
        .expecting([array![[-0.375, 2.0], [0.5, -1.25]]]),
        Case::fed("prelu at 0", [array![0.0, -2.0], Array::scalar(0.25f32)], |_, x| {
            crate::gradients(&[prelu(&x[0], &x[1])], x).into_iter().flatten().collect()
        })
        .at_kink()
        .expecting([array![0.25, 0.25], Array::scalar(-2.0f32)]),
        Case::fed("prelu of infinities", [array![f32::INFINITY, f32::NEG_INFINITY, f32::NAN]], |_, x| {
            vec![prelu(&x[0], 0.5)]
        })
        .at_kink()
        .expecting([array![f32::INFINITY, f32::NEG_INFINITY, f32::NAN]]),
    ]
}

pub(super) fn leaky_relu_grad_cases() -> Vec<Case> {
    vec![Case::fed("both sides", [array![1.0, 2.0], array![-1.5, 2.0]], |_, x| {
        vec![x[0].with(LeakyReluGrad { alpha: 0.25 }, &x[1])]
    })]
}

pub(super) fn elu_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Elu>(array![[-1.5, 2.0], [0.5, -3.0]]);
    cases.push(slope_at_zero(|x| elu(x), 1.0));
    cases
}

pub(super) fn elu_grad_cases() -> Vec<Case> {
    vec![Case::fed("both sides", [array![1.5, -2.0], array![-0.5, 2.0]], |_, x| {
        vec![x[0].with(EluGrad, &x[1])]
    })]
}

pub(super) fn selu_cases() -> Vec<Case> {
    unary_cases::<Selu>(array![[-1.5, 2.0], [0.5, -3.0]])
}

pub(super) fn selu_grad_cases() -> Vec<Case> {
    vec![Case::fed("both sides", [array![1.5, -2.0], array![-0.5, 2.0]], |_, x| {
        vec![x[0].with(SeluGrad, &x[1])]
    })]
}
