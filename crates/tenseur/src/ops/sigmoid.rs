//! Smooth transfer functions, and the gradient ops that TensorFlow has for them.

use tenseur_kernels::{Binary, Unary};

use crate::array;
use crate::conformance::Case;
use crate::graph::Tensor;
use crate::ops::elementwise::{number, same_shape_cases, unary_cases};
use crate::ops::{ByFormula, Formula, Types};

/// σ(x) = 1 / (1 + e⁻ˣ)
#[derive(Clone, Debug, Default)]
pub struct Sigmoid;

impl ByFormula for Sigmoid {
    const FORMULA: Formula = Formula::unary("Sigmoid", Types::FLOATS, |p, x| p.unary(Unary::Sigmoid, x))
        .and_complex(|z| (1.0 + (-z[0]).exp()).inv())
        .grad(|node, dy| node.y(0).conj().with(SigmoidGrad, dy));
}

/// dy·y·(1 − y), the gradient of y = σ(x) given that of y.
#[derive(Clone, Debug, Default)]
pub struct SigmoidGrad;

impl ByFormula for SigmoidGrad {
    const FORMULA: Formula = Formula::binary("SigmoidGrad", Types::FLOATS, |p, y, dy| {
        let one = number(p, y, 1.0);
        let rest = p.binary(Binary::Sub, one, y);
        let slope = p.binary(Binary::Mul, y, rest);
        p.binary(Binary::Mul, dy, slope)
    })
    .and_complex(|z| z[1] * z[0] * (1.0 - z[0]))
    .of_one_shape()
    .grad(|node, dz| {
        let (y, dy) = (&node.x(0).conj(), node.x(1).conj());
        let product = dz * dy;
        [&product - 2.0 * &product * y, y.with(SigmoidGrad, dz)]
    });
}

/// tanh x
#[derive(Clone, Debug, Default)]
pub struct Tanh;

impl ByFormula for Tanh {
    const FORMULA: Formula = Formula::unary("Tanh", Types::FLOATS, |p, x| p.unary(Unary::Tanh, x))
        .and_complex(|z| z[0].tanh())
        .grad(|node, dy| node.y(0).conj().with(TanhGrad, dy));
}

/// dy·(1 − y²), the gradient of y = tanh x given that of y.
#[derive(Clone, Debug, Default)]
pub struct TanhGrad;

impl ByFormula for TanhGrad {
    const FORMULA: Formula = Formula::binary("TanhGrad", Types::FLOATS, |p, y, dy| {
        let one = number(p, y, 1.0);
        let square = p.binary(Binary::Mul, y, y);
        let slope = p.binary(Binary::Sub, one, square);
        p.binary(Binary::Mul, dy, slope)
    })
    .and_complex(|z| z[1] * (1.0 - z[0] * z[0]))
    .of_one_shape()
    .grad(|node, dz| {
        let (y, dy) = (&node.x(0).conj(), node.x(1).conj());
        [dz * -2.0 * dy * y, y.with(TanhGrad, dz)]
    });
}

/// ln(1 + eˣ)
#[derive(Clone, Debug, Default)]
pub struct Softplus;

impl ByFormula for Softplus {
    const FORMULA: Formula = Formula::unary("Softplus", Types::FLOATS, |p, x| p.unary(Unary::Softplus, x))
        .grad(|node, dy| dy * sigmoid(node.x(0)));
}

/// dy / (1 + e⁻ˣ), the gradient of x where y = ln(1 + eˣ), given that of y.
#[derive(Clone, Debug, Default)]
pub struct SoftplusGrad;

impl ByFormula for SoftplusGrad {
    const FORMULA: Formula = Formula::binary("SoftplusGrad", Types::FLOATS, |p, dy, x| {
        let slope = p.unary(Unary::Sigmoid, x);
        p.binary(Binary::Mul, dy, slope)
    })
    .of_one_shape()
    .grad(|node, dz| {
        let (dy, x) = (node.x(0), node.x(1));
        [dz.with(SoftplusGrad, x), dz * dy / ((-x).exp() + 2.0 + x.exp())]
    });
}

/// x / (1 + |x|)
#[derive(Clone, Debug, Default)]
pub struct Softsign;

impl ByFormula for Softsign {
    const FORMULA: Formula = Formula::unary("Softsign", Types::FLOATS, |p, x| {
        let one = number(p, x, 1.0);
        let size = p.unary(Unary::Abs, x);
        let scale = p.binary(Binary::Add, one, size);
        p.binary(Binary::Div, x, scale)
    })
    .grad(|node, dy| dy.with(SoftsignGrad, node.x(0)));
}

/// dy / (1 + |x|)², the gradient of x where y = x / (1 + |x|), given that of y.
#[derive(Clone, Debug, Default)]
pub struct SoftsignGrad;

impl ByFormula for SoftsignGrad {
    const FORMULA: Formula = Formula::binary("SoftsignGrad", Types::FLOATS, |p, dy, x| {
        let one = number(p, x, 1.0);
        let size = p.unary(Unary::Abs, x);
        let scale = p.binary(Binary::Add, one, size);
        let square = p.binary(Binary::Mul, scale, scale);
        p.binary(Binary::Div, dy, square)
    })
    .of_one_shape()
    .grad(|node, dz| {
        let (dy, x) = (node.x(0), node.x(1));
        [dz.with(SoftsignGrad, x), dz * dy * -2.0 * x.sign() / (1.0 + x.abs()).pow(3.0)]
    });
}

/// σ(x) = 1 / (1 + e⁻ˣ), element by element.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::sigmoid(tf.constant(array![0.0, f32::INFINITY]));
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.5, 1.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn sigmoid(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Sigmoid, &[x])
}

/// tanh x, element by element.
#[track_caller]
pub fn tanh(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Tanh, &[x])
}

/// ln(1 + eˣ), element by element: a smooth max(x, 0), whose derivative is σ(x).
#[track_caller]
pub fn softplus(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Softplus, &[x])
}

/// x / (1 + |x|), element by element.
#[track_caller]
pub fn softsign(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Softsign, &[x])
}

/// x · σ(x), element by element, also called SiLU (Ramachandran et al., Searching for Activation Functions, 2017).
#[track_caller]
pub fn swish(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x * sigmoid(x)
}

/// x · Φ(x) = ½·x·(1 + erf(x/√2)), element by element, where Φ is the normal distribution's function (Hendrycks and
/// Gimpel, Gaussian Error Linear Units, 2016).
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::gelu(tf.constant(array![0.0, 1.0, 100.0]));
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.0, 0.841_344_7, 100.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn gelu(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    0.5 * x * (1.0 + (x * std::f64::consts::FRAC_1_SQRT_2).erf())
}

/// Another name of [`swish`].
#[track_caller]
pub fn silu(x: impl AsRef<Tensor>) -> Tensor {
    swish(x)
}

impl Tensor {
    /// σ(x) = 1 / (1 + e⁻ˣ), element by element.
    #[track_caller]
    pub fn sigmoid(&self) -> Tensor {
        self.graph().add(Sigmoid, &[self])
    }

    /// tanh x, element by element.
    #[track_caller]
    pub fn tanh(&self) -> Tensor {
        self.graph().add(Tanh, &[self])
    }
}

pub(super) fn sigmoid_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Sigmoid>(array![0.0, 1.5, -2.5]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 100.0]], |_, x| vec![sigmoid(&x[0])])
            .at_kink()
            .expecting([array![1.0, 0.0, 1.0]]),
    );
    cases.push(Case::fed("swish", [array![0.0, 1.5, -2.5]], |_, x| vec![swish(&x[0])]));
    cases
}

pub(super) fn sigmoid_grad_cases() -> Vec<Case> {
    same_shape_cases::<SigmoidGrad>()
}

pub(super) fn tanh_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Tanh>(array![0.0, 1.5, -2.5]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 100.0]], |_, x| vec![tanh(&x[0])])
            .at_kink()
            .expecting([array![1.0, -1.0, 1.0]]),
    );
    cases
}

pub(super) fn tanh_grad_cases() -> Vec<Case> {
    same_shape_cases::<TanhGrad>()
}

pub(super) fn softplus_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Softplus>(array![0.0, 1.5, -2.5]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 200.0]], |_, x| vec![softplus(&x[0])])
            .at_kink()
            .expecting([array![f32::INFINITY, 0.0, 200.0]]),
    );
    cases
}

pub(super) fn softplus_grad_cases() -> Vec<Case> {
    same_shape_cases::<SoftplusGrad>()
}

pub(super) fn softsign_cases() -> Vec<Case> {
    unary_cases::<Softsign>(array![0.5, 1.5, -2.5])
}

pub(super) fn softsign_grad_cases() -> Vec<Case> {
    same_shape_cases::<SoftsignGrad>()
}
