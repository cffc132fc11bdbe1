//! Exponentials and logarithms.

use tenseur_kernels::{Binary, Unary};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::complex::arithmetic::{expm1, log1p, zero_where};
use crate::ops::elementwise::{unary_cases, zero_where_zero};
use crate::ops::{ByFormula, Formula, Types};

/// eˣ
#[derive(Clone, Debug, Default)]
pub struct Exp;

impl ByFormula for Exp {
    const FORMULA: Formula = Formula::unary("Exp", Types::FLOATS, |p, x| p.unary(Unary::Exp, x))
        .and_complex(|z| z[0].exp())
        .grad(|node, dy| dy * node.y(0).conj());
}

/// eˣ − 1, accurate near 0.
#[derive(Clone, Debug, Default)]
pub struct Expm1;

impl ByFormula for Expm1 {
    const FORMULA: Formula = Formula::unary("Expm1", Types::FLOATS, |p, x| p.unary(Unary::Expm1, x))
        .and_complex(|z| expm1(z[0]))
        .grad(|node, dy| dy * node.x(0).exp().conj());
}

/// ln x
#[derive(Clone, Debug, Default)]
pub struct Log;

impl ByFormula for Log {
    const FORMULA: Formula = Formula::unary("Log", Types::FLOATS, |p, x| p.unary(Unary::Log, x))
        .and_complex(|z| z[0].ln())
        .grad(|node, dy| dy * node.x(0).conj().reciprocal());
}

/// ln(1 + x), accurate near 0.
#[derive(Clone, Debug, Default)]
pub struct Log1p;

impl ByFormula for Log1p {
    const FORMULA: Formula = Formula::unary("Log1p", Types::FLOATS, |p, x| p.unary(Unary::Log1p, x))
        .and_complex(|z| log1p(z[0]))
        .grad(|node, dy| dy * (1.0 + node.x(0).conj()).reciprocal());
}

/// x · ln y, but 0 where x is 0, whatever y is.
#[derive(Clone, Debug, Default)]
pub struct Xlogy;

impl ByFormula for Xlogy {
    const FORMULA: Formula = Formula::binary("Xlogy", Types::FLOATS, |p, x, y| {
        let log = p.unary(Unary::Log, y);
        let product = p.binary(Binary::Mul, x, log);
        zero_where_zero(p, x, product)
    })
    .and_complex(|z| zero_where(z[0], z[0] * z[1].ln()))
    .grad(|node, dz| {
        let (x, y) = (node.x(0), node.x(1));
        [x.one_unless_zero().xlogy(y) * dz, x.xdivy(y) * dz]
    });
}

/// x · ln(1 + y), but 0 where x is 0, whatever y is.
#[derive(Clone, Debug, Default)]
pub struct Xlog1py;

impl ByFormula for Xlog1py {
    const FORMULA: Formula = Formula::binary("Xlog1py", Types::FLOATS, |p, x, y| {
        let log = p.unary(Unary::Log1p, y);
        let product = p.binary(Binary::Mul, x, log);
        zero_where_zero(p, x, product)
    })
    .and_complex(|z| zero_where(z[0], z[0] * log1p(z[1])))
    .grad(|node, dz| {
        let (x, y) = (node.x(0), node.x(1));
        [x.one_unless_zero().xlog1py(y) * dz, x.xdivy(y + 1.0) * dz]
    });
}

impl Tensor {
    /// eˣ, element by element.
    #[track_caller]
    pub fn exp(&self) -> Tensor {
        self.graph().add(Exp, &[self])
    }

    /// eˣ − 1, element by element; accurate near 0.
    #[track_caller]
    pub fn expm1(&self) -> Tensor {
        self.graph().add(Expm1, &[self])
    }

    /// ln x, the natural logarithm, element by element: −∞ at 0, NaN below.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 0.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.log(), feeds![])?, array![0.0, f32::NEG_INFINITY]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn log(&self) -> Tensor {
        self.graph().add(Log, &[self])
    }

    /// ln(1 + x), element by element; accurate near 0.
    #[track_caller]
    pub fn log1p(&self) -> Tensor {
        self.graph().add(Log1p, &[self])
    }

    /// x · ln y, but 0 where x is 0, whatever y is; the two broadcast. A term of the cross-entropy.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (p, q) = (tf.constant(array![0.0, 1.0]), tf.constant(array![0.0, 1.0]));
    /// assert_eq!(Session::new(&tf)?.run(&p.xlogy(&q), feeds![])?, array![0.0, 0.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn xlogy(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Xlogy, y)
    }

    /// x · ln(1 + y), but 0 where x is 0, whatever y is; the two broadcast.
    #[track_caller]
    pub fn xlog1py(&self, y: impl Into<Operand>) -> Tensor {
        self.with(Xlog1py, y)
    }
}

pub(super) fn exp_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Exp>(array![0.0, 1.0, -2.5]);
    cases.push(
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 1000.0]], |_, x| vec![x[0].exp()])
            .at_kink()
            .expecting([array![f32::INFINITY, 0.0, f32::INFINITY]]),
    );
    cases
}

pub(super) fn expm1_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Expm1>(array![0.0, 1.0, -2.5]);
    cases.push(
        Case::fed("near zero", [array![1e-7, -1e-7]], |_, x| vec![x[0].expm1()])
            .expecting([array![1e-7, -1e-7]]),
    );
    cases
}

pub(super) fn log_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Log>(array![0.5, 1.0, 20.0]);
    cases.push(
        Case::fed("ends", [array![0.0, f32::INFINITY, -1.0]], |_, x| vec![x[0].log()])
            .at_kink()
            .expecting([array![f32::NEG_INFINITY, f32::INFINITY, f32::NAN]]),
    );
    cases
}

pub(super) fn log1p_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Log1p>(array![0.5, -0.5, 20.0]);
    cases.push(
        Case::fed("near zero", [array![1e-7, -1e-7]], |_, x| vec![x[0].log1p()])
            .expecting([array![1e-7, -1e-7]]),
    );
    cases
}

pub(super) fn xlogy_cases() -> Vec<Case> {
    vec![
        Case::fed("broadcast", [array![[1.5], [-2.0]], array![0.5, 3.0]], |_, x| vec![x[0].xlogy(&x[1])]),
        Case::fed("of zero", [array![0.0, 0.0, 2.0], array![0.0, f32::NAN, 0.0]], |_, x| {
            vec![x[0].xlogy(&x[1])]
        })
        .at_kink()
        .expecting([array![0.0, 0.0, f32::NEG_INFINITY]]),
    ]
}

pub(super) fn xlog1py_cases() -> Vec<Case> {
    vec![
        Case::fed("broadcast", [array![[1.5], [-2.0]], array![-0.5, 3.0]], |_, x| vec![x[0].xlog1py(&x[1])]),
        Case::fed("of zero", [array![0.0, 0.0, 2.0], array![-1.0, f32::NAN, -1.0]], |_, x| {
            vec![x[0].xlog1py(&x[1])]
        })
        .at_kink()
        .expecting([array![0.0, 0.0, f32::NEG_INFINITY]]),
    ]
}
