//! Inverses and determinants, by LU factors.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::complex::Complex;
use crate::ops::complex::arithmetic::zero_where;
use crate::ops::linalg::{any_square_axes, array_of, behind, complex, matrices, product};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The inverse of each matrix, or its transpose.
#[derive(Clone, Debug)]
pub struct MatrixInverse {
    /// Whether the inverse is transposed.
    pub adjoint: bool,
}

impl Op for MatrixInverse {
    fn name(&self) -> &'static str {
        "MatrixInverse"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("adjoint", self.adjoint)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MatrixInverse, Reason> {
        Ok(MatrixInverse { adjoint: attrs.optional("adjoint", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        any_square_axes(x)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// −yᵀ·dy·yᵀ, or of the transposed inverse −y·dyᵀ·y.
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (y, adjoint) = (node.y(0), self.adjoint);
            [Some(-product(y, !adjoint, &product(dy, adjoint, y, !adjoint), false))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let adjoint = self.adjoint;
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("MatrixInverse", node, move |arrays| {
                let inverses = complex::matrices(&arrays[0])?.into_iter().map(|matrix| {
                    let inverse = complex::factors(&matrix).inverse()?;
                    Ok(if adjoint { inverse.adjoint() } else { inverse })
                });
                let inverses = inverses.collect::<Result<Vec<_>, Reason>>()?;
                let size = arrays[0].shape().last().copied().unwrap_or(0);
                Ok(vec![complex::array_of_matrices(&arrays[0], &[size, size], &inverses)?])
            }));
        }
        Ok(Lowered::arrays("MatrixInverse", node, move |arrays| {
            let inverses = matrices::<f64>(&arrays[0])?.into_iter().map(|matrix| {
                let lu = factors(&matrix)?;
                let inverse = lu.solve(Mat::<f64>::identity(matrix.nrows(), matrix.ncols()));
                Ok(if adjoint { inverse.transpose().to_owned() } else { inverse })
            });
            let inverses = inverses.collect::<Result<Vec<_>, Reason>>()?;
            let size = arrays[0].shape().last().copied().unwrap_or(0);
            Ok(vec![array_of(&arrays[0], &[size, size], &inverses)?])
        }))
    }
}

/// The factors of a matrix that can be inverted.
pub(super) fn factors(matrix: &Mat<f64>) -> Result<PartialPivLu<f64>, Reason> {
    let lu = matrix.partial_piv_lu();
    match (0..matrix.nrows()).any(|i| lu.U()[(i, i)] == 0.0) {
        true => Err("the matrix has no inverse".into()),
        false => Ok(lu),
    }
}

/// The determinant of each matrix; where LOG, its sign and the logarithm of its size.
#[derive(Clone, Debug)]
pub struct Determinant<const LOG: bool>;

/// The determinant.
pub type MatrixDeterminant = Determinant<false>;
/// The determinant's sign and the logarithm of its size.
pub type LogMatrixDeterminant = Determinant<true>;

impl<const LOG: bool> Op for Determinant<LOG> {
    fn name(&self) -> &'static str {
        if LOG { "LogMatrixDeterminant" } else { "MatrixDeterminant" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Determinant)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let shape = match any_square_axes(x)? {
            Some((batch, _)) => behind(&batch, &[]),
            None => PartialShape::unknown(),
        };
        let fact = Fact::new(x.dtype, shape);
        Ok(std::iter::repeat_n(fact, 1 + usize::from(LOG)).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// The transposed inverse, times the determinant where that is not a logarithm.
    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let x = node.x(0);
            let inverse = || x.graph().add(MatrixInverse { adjoint: true }, &[x]);
            let times = |factor: &Tensor| inverse() * factor.expand_dims(-1).expand_dims(-1);
            vec![match LOG {
                true => node.dy(1).map(times),
                false => node.dy(0).map(|dy| times(&(dy * node.y(0)))),
            }]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.inputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays(self.name(), node, |arrays| complex_determinants(&arrays[0], LOG)));
        }
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let (mut signs, mut logarithms, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
            for matrix in matrices::<f64>(&arrays[0])? {
                let lu = matrix.partial_piv_lu();
                let pivots: Vec<f64> = (0..matrix.nrows()).map(|i| lu.U()[(i, i)]).collect();
                let swaps = if is_odd(lu.P().arrays().0) { -1.0 } else { 1.0 };
                let sign: f64 =
                    pivots.iter().map(|pivot| if *pivot == 0.0 { 0.0 } else { pivot.signum() }).product();
                signs.push(Mat::from_fn(1, 1, |_, _| swaps * sign));
                let logarithm: f64 = pivots.iter().map(|pivot| pivot.abs().ln()).sum();
                logarithms.push(Mat::from_fn(1, 1, |_, _| logarithm));
                let whole: f64 = pivots.iter().product();
                wholes.push(Mat::from_fn(1, 1, |_, _| swaps * whole));
            }
            let scalars = |values: &[Mat<f64>]| array_of(&arrays[0], &[], values);
            match LOG {
                true => Ok(vec![scalars(&signs)?, scalars(&logarithms)?]),
                false => Ok(vec![scalars(&wholes)?]),
            }
        }))
    }
}

/// The determinants of complex matrices, or their signs, which are complex numbers of size 1, and logarithms.
fn complex_determinants(array: &Array, logarithm: bool) -> Result<Vec<Array>, Reason> {
    let (mut signs, mut logarithms, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
    for matrix in complex::matrices(array)? {
        let pivots = complex::factors(&matrix).pivots();
        let one = |number: Complex| complex::Matrix::from_fn(1, 1, |_, _| number);
        signs.push(one(pivots.iter().map(|z| zero_where(*z, z / z.norm())).product()));
        logarithms.push(one(pivots.iter().map(|z| z.norm().ln()).sum::<f64>().into()));
        wholes.push(one(pivots.iter().product()));
    }
    let scalars = |values: &[complex::Matrix]| complex::array_of_matrices(array, &[], values);
    match logarithm {
        true => Ok(vec![scalars(&signs)?, scalars(&logarithms)?]),
        false => Ok(vec![scalars(&wholes)?]),
    }
}

/// Whether a permutation is made of an odd number of swaps.
fn is_odd(permutation: &[usize]) -> bool {
    let mut seen = vec![false; permutation.len()];
    let mut odd = false;
    for start in 0..permutation.len() {
        let mut length = 0;
        let mut at = start;
        while !std::mem::replace(&mut seen[at], true) {
            at = permutation[at];
            length += 1;
        }
        odd ^= length > 0 && length % 2 == 0;
    }
    odd
}

impl Tensor {
    /// The inverse of each matrix (`tf.matrix_inverse`). One that has none is an error of the run.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[2.0, 0.0], [0.0, 4.0]]).matrix_inverse();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.5, 0.0], [0.0, 0.25]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_inverse(&self) -> Tensor {
        self.graph().add(MatrixInverse { adjoint: false }, &[self])
    }

    /// The determinant of each matrix (`tf.matrix_determinant`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[2.0, 1.0], [4.0, 5.0]]).matrix_determinant();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, 6.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_determinant(&self) -> Tensor {
        self.graph().add(MatrixDeterminant {}, &[self])
    }

    /// The sign of each matrix's determinant, and the logarithm of its size (`tf.linalg.slogdet`).
    #[track_caller]
    pub fn log_matrix_determinant(&self) -> (Tensor, Tensor) {
        let node = self.graph().add_op(LogMatrixDeterminant {}, &[self], None);
        (node.output(0), node.output(1))
    }
}

/// Two matrices that are far from having no inverse; the rows of the second have to change places.
pub(super) fn pair() -> Array {
    array![
        [[2.0, -1.0, 0.5], [1.0, 3.0, 0.25], [-0.5, 1.0, 2.5]],
        [[0.1, 2.0, -1.0], [3.0, 0.5, 1.0], [1.0, -0.5, 2.0]]
    ]
}

fn empty() -> Array {
    Array::zeros(DType::Float32, [2, 0, 0]).unwrap_or_else(|_| pair())
}

pub(in crate::ops) fn matrix_inverse_cases() -> Vec<Case> {
    vec![
        Case::fed("two", [pair()], |_, x| vec![x[0].matrix_inverse()]),
        Case::fed("transposed", [pair()], |tf, x| vec![tf.add(MatrixInverse { adjoint: true }, &[&x[0]])]),
        Case::fed("times itself", [pair()], |_, x| {
            vec![x[0].stop_gradient().matmul(x[0].stop_gradient().matrix_inverse()).round()]
        })
        .expecting([array![
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        ]]),
        Case::fed("of nothing", [empty()], |_, x| vec![x[0].matrix_inverse()]),
    ]
}

pub(in crate::ops) fn matrix_determinant_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].matrix_determinant()];
    vec![
        Case::fed("two", [pair()], build),
        Case::fed("rows that change places", [array![[0.0, 1.0], [1.0, 0.0]]], build)
            .expecting([(-1.0).into()]),
        Case::fed("three in a circle", [array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]], build)
            .expecting([1.0.into()]),
        Case::fed("none", [array![[1.0, 2.0], [2.0, 4.0]]], build).at_kink().expecting([0.0.into()]),
        Case::fed("of nothing", [empty()], build).expecting([array![1.0, 1.0]]),
    ]
}

pub(in crate::ops) fn log_matrix_determinant_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| {
        let (sign, logarithm) = x[0].log_matrix_determinant();
        vec![sign, logarithm]
    };
    vec![
        Case::fed("two", [pair()], build),
        Case::fed("negative", [array![[0.0, 2.0], [1.0, 0.0]]], build)
            .expecting([(-1.0).into(), std::f32::consts::LN_2.into()]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_matrix_without_an_inverse_is_refused() {
        let tf = Graph::new();
        let y = tf.constant(array![[1.0, 2.0], [2.0, 4.0]]).matrix_inverse();
        let error = Session::new(&tf).unwrap().run(&y, feeds![]).unwrap_err();
        assert_eq!(error.message(), "the matrix has no inverse");
        let tf = Graph::new();
        tf.constant(array![[1.0, 2.0]]).matrix_inverse();
        assert!(tf.check().unwrap_err().message().contains("these are 1 by 2"));
    }
}
