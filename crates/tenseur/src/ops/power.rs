//! Powers and roots.

use tenseur_kernels::{Binary, Unary};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::complex::Complex;
use crate::ops::complex::arithmetic::zero_where;
use crate::ops::elementwise::{number, same_shape_cases, unary_cases, zero_where_zero};
use crate::ops::{ByFormula, Formula, Types};

/// xʸ; of integers it wraps, and is an error where y is negative. The derivative along y is taken as 0 where x is not
/// above 0.
#[derive(Clone, Debug, Default)]
pub struct Pow;

impl ByFormula for Pow {
    const FORMULA: Formula = Formula::binary("Pow", Types::NUMBERS, |p, x, y| p.binary(Binary::Pow, x, y))
        .and_complex(
            |z| if z[1] == Complex::default() { 1.0.into() } else { zero_where(z[0], z[0].powc(z[1])) },
        )
        .failing()
        .grad(|node, dz| {
            let (x, y, z) = (&node.x(0).conj(), &node.x(1).conj(), node.y(0).conj());
            // Where x has no logarithm, that and its derivative must not come near. Complex numbers have one unless they
            // are 0.
            let has_log = if x.is_complex() { x.not_equal(0.0) } else { x.greater(0.0) };
            let safe = has_log.where_(x, 1.0);
            let log = has_log.where_(safe.log(), 0.0);
            [dz * y * x.pow(y - 1.0), dz * z * log]
        });
}

/// √x
#[derive(Clone, Debug, Default)]
pub struct Sqrt;

impl ByFormula for Sqrt {
    const FORMULA: Formula = Formula::unary("Sqrt", Types::FLOATS, |p, x| p.unary(Unary::Sqrt, x))
        .and_complex(|z| z[0].sqrt())
        .grad(|node, dy| node.y(0).with(SqrtGrad, dy));
}

/// dy / 2y, the gradient of y = √x given that of y; 0 where dy is 0, even if y is.
#[derive(Clone, Debug, Default)]
pub struct SqrtGrad;

impl ByFormula for SqrtGrad {
    const FORMULA: Formula = Formula::binary("SqrtGrad", Types::FLOATS, |p, y, dy| {
        let half = number(p, dy, 0.5);
        let product = p.binary(Binary::Mul, half, dy);
        let quotient = p.binary(Binary::Div, product, y);
        zero_where_zero(p, dy, quotient)
    })
    .and_complex(|z| zero_where(z[1], 0.5 * z[1] / z[0].conj()))
    .of_one_shape()
    .grad(|node, dz| {
        let ratio = dz / node.x(0);
        [-ratio.conj() * node.y(0), 0.5 * ratio]
    });
}

/// 1 / √x
#[derive(Clone, Debug, Default)]
pub struct Rsqrt;

impl ByFormula for Rsqrt {
    const FORMULA: Formula = Formula::unary("Rsqrt", Types::FLOATS, |p, x| p.unary(Unary::Rsqrt, x))
        .and_complex(|z| z[0].sqrt().inv())
        .grad(|node, dy| node.y(0).with(RsqrtGrad, dy));
}

/// −½·dy·y³, the gradient of y = 1 / √x given that of y; 0 where dy is 0, even if y is infinite.
#[derive(Clone, Debug, Default)]
pub struct RsqrtGrad;

impl ByFormula for RsqrtGrad {
    const FORMULA: Formula = Formula::binary("RsqrtGrad", Types::FLOATS, |p, y, dy| {
        let half = number(p, dy, -0.5);
        let square = p.binary(Binary::Mul, y, y);
        let slope = p.binary(Binary::Mul, dy, y);
        let slope = p.binary(Binary::Mul, half, slope);
        let product = p.binary(Binary::Mul, slope, square);
        zero_where_zero(p, dy, product)
    })
    .and_complex(|z| zero_where(z[1], -0.5 * z[1] * z[0].conj().powu(3)))
    .of_one_shape()
    .grad(|node, dz| {
        let (y, dy) = (node.x(0).conj(), node.x(1));
        [-1.5 * dz.conj() * dy * y.square(), y.with(RsqrtGrad, dz)]
    });
}

impl Tensor {
    /// xʸ, element by element; the two broadcast. Of integers it wraps, and a negative y is an error. The derivative
    /// along y is taken as 0 where x is not above 0.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 2.0, 3.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.pow(2.0), feeds![])?, array![1.0, 4.0, 9.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn pow(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Pow, y)
    }

    /// √x, element by element; NaN below 0.
    #[track_caller]
    pub fn sqrt(&self) -> Tensor {
        self.graph().add(Sqrt, &[self])
    }

    /// 1 / √x, element by element.
    #[track_caller]
    pub fn rsqrt(&self) -> Tensor {
        self.graph().add(Rsqrt, &[self])
    }
}

pub(super) fn pow_cases() -> Vec<Case> {
    let (x, y) = (array![[0.5], [2.0]], array![2.0, -1.5, 0.25]);
    vec![
        Case::fed("broadcast", [x, y], |_, x| vec![x[0].pow(&x[1])]),
        Case::fed("negative bases", [array![-2.0, -0.5]], |_, x| vec![x[0].pow(3.0)]),
        Case::fed("of integers", [array![2, -2, 3, 0], array![3, 3, 40, 0]], |_, x| vec![x[0].pow(&x[1])])
            .expecting([array![8, -8, 689_956_897, 1]]),
        Case::fed(
            "conventions",
            [array![0.0, 0.0, f32::NAN, 1.0, -8.0], array![0.0, -1.0, 0.0, f32::NAN, 0.5]],
            |_, x| vec![x[0].pow(&x[1])],
        )
        .at_kink()
        .expecting([array![1.0, f32::INFINITY, 1.0, 1.0, f32::NAN]]),
        Case::fed("the derivative along the exponent of 0", [array![0.0, -1.0], array![2.0, 3.0]], |_, x| {
            crate::gradients(&[x[0].pow(&x[1])], &x[1..]).into_iter().flatten().collect()
        })
        .at_kink()
        .expecting([array![0.0, 0.0]]),
    ]
}

pub(super) fn sqrt_cases() -> Vec<Case> {
    unary_cases::<Sqrt>(array![0.5, 2.0, 9.0])
}

pub(super) fn sqrt_grad_cases() -> Vec<Case> {
    let mut cases = same_shape_cases::<SqrtGrad>();
    cases.push(
        Case::fed("no gradient at 0", [array![0.0, 0.0], array![0.0, 1.0]], |_, x| {
            vec![x[0].with(SqrtGrad, &x[1])]
        })
        .at_kink()
        .expecting([array![0.0, f32::INFINITY]]),
    );
    cases
}

pub(super) fn rsqrt_cases() -> Vec<Case> {
    unary_cases::<Rsqrt>(array![0.5, 2.0, 9.0])
}

pub(super) fn rsqrt_grad_cases() -> Vec<Case> {
    let mut cases = same_shape_cases::<RsqrtGrad>();
    cases.push(
        Case::fed("no gradient at ∞", [array![f32::INFINITY], array![0.0]], |_, x| {
            vec![x[0].with(RsqrtGrad, &x[1])]
        })
        .at_kink()
        .expecting([array![0.0]]),
    );
    cases
}
