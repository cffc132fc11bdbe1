//! Cholesky's factor: the lower triangle L with L·Lᵀ = A, for A symmetric and positive definite.

use faer::{Mat, Side};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::linalg::{any_square_axes, array_of, complex, matrices, product, square_axes};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::Array;

/// The factor of each matrix, of which the lower triangle is read.
#[derive(Clone, Debug)]
pub struct Cholesky;

impl Op for Cholesky {
    fn name(&self) -> &'static str {
        "Cholesky"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Cholesky, Reason> {
        Ok(Cholesky)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        any_square_axes(x)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// With Φ the lower triangle whose diagonal is halved, the symmetric part of L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹ (Murray,
    /// "Differentiation of the Cholesky decomposition", 2016).
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let l = node.y(0);
            let identity = l.zeros_like().matrix_set_diag(l.matrix_diag_part().ones_like());
            let inverse = l.matrix_triangular_solve(&identity, true, false);
            let middle = product(l, true, dy, false);
            let halved = middle.matrix_diag_part() * 0.5;
            let middle = middle.matrix_set_diag(halved).matrix_band_part(-1, 0);
            let whole = product(&product(&inverse, true, &middle, false), false, &inverse, false);
            // Adding the transpose by a product with the identity keeps it free of the rank.
            let transposed = product(&whole, true, &identity, false);
            [Some((whole + transposed) * 0.5)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("Cholesky", node, |arrays| {
                let matrices = complex::matrices(&arrays[0])?;
                let factors = matrices.iter().map(complex::cholesky).collect::<Result<Vec<_>, Reason>>()?;
                let size = arrays[0].shape().last().copied().unwrap_or(0);
                Ok(vec![complex::array_of_matrices(&arrays[0], &[size, size], &factors)?])
            }));
        }
        Ok(Lowered::arrays("Cholesky", node, |arrays| {
            let factors =
                matrices::<f64>(&arrays[0])?.into_iter().map(|matrix| match matrix.llt(Side::Lower) {
                    Ok(factors) => Ok(lower_triangle(&factors.L().to_owned())),
                    Err(_) => Err("the matrix is not positive definite".into()),
                });
            let factors = factors.collect::<Result<Vec<_>, Reason>>()?;
            let size = arrays[0].shape().last().copied().unwrap_or(0);
            Ok(vec![array_of(&arrays[0], &[size, size], &factors)?])
        }))
    }
}

fn lower_triangle(matrix: &Mat<f64>) -> Mat<f64> {
    let kept = |row: usize, column: usize| if column <= row { matrix[(row, column)] } else { 0.0 };
    Mat::from_fn(matrix.nrows(), matrix.ncols(), kept)
}

/// What flows back through [`Cholesky`]: inputs are its output and the gradient of that.
#[derive(Clone, Debug)]
pub struct CholeskyGrad;

impl Op for CholeskyGrad {
    fn name(&self) -> &'static str {
        "CholeskyGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<CholeskyGrad, Reason> {
        Ok(CholeskyGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [l, dy] = inputs else { return Err(wrong_count(2, inputs)) };
        square_axes(l)?;
        let shape = l.shape.merge(&dy.shape).filter(|_| l.dtype == dy.dtype);
        let shape = shape.ok_or_else(|| format!("the factor is {l} and its gradient {dy}"))?;
        Ok(Fact::new(l.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("it is the gradient of Cholesky, whose own rule has second derivatives")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("CholeskyGrad", node, |arrays| {
            let pairs = matrices::<f64>(&arrays[0])?.into_iter().zip(matrices::<f64>(&arrays[1])?);
            let gradients = pairs.map(|(l, dy)| {
                let l = lower_triangle(&l);
                let mut inverse = Mat::<f64>::identity(l.nrows(), l.nrows());
                l.solve_lower_triangular_in_place(&mut inverse);
                let mut middle = lower_triangle(&(l.transpose() * &lower_triangle(&dy)));
                (0..l.nrows()).for_each(|i| middle[(i, i)] *= 0.5);
                let whole = inverse.transpose() * &middle * &inverse;
                Mat::from_fn(l.nrows(), l.nrows(), |row, column| {
                    0.5 * (whole[(row, column)] + whole[(column, row)])
                })
            });
            let gradients: Vec<Mat<f64>> = gradients.collect();
            let size = arrays[0].shape().last().copied().unwrap_or(0);
            Ok(vec![array_of(&arrays[0], &[size, size], &gradients)?])
        }))
    }
}

impl Tensor {
    /// The lower triangle L of each matrix with L·Lᵀ the matrix, which is symmetric and positive definite (`tf.cholesky`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[4.0, 2.0], [2.0, 10.0]]).cholesky();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[2.0, 0.0], [1.0, 3.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn cholesky(&self) -> Tensor {
        self.graph().add(Cholesky, &[self])
    }
}

fn definite() -> Array {
    array![
        [[4.0, 2.0, 0.5], [2.0, 10.0, -1.0], [0.5, -1.0, 3.0]],
        [[2.0, 0.0, 1.0], [0.0, 1.0, 0.25], [1.0, 0.25, 4.0]]
    ]
}

pub(in crate::ops) fn cholesky_cases() -> Vec<Case> {
    vec![
        // What moves only one of two elements across the diagonal is no symmetric matrix.
        Case::fed("of what is made symmetric", [definite()], |_, x| {
            vec![((&x[0] + x[0].transpose_by([0, 2, 1])) * 0.5).cholesky()]
        }),
        Case::fed("one", [array![[4.0, 2.0], [2.0, 10.0]]], |_, x| vec![x[0].stop_gradient().cholesky()])
            .expecting([array![[2.0, 0.0], [1.0, 3.0]]]),
    ]
}

pub(in crate::ops) fn cholesky_grad_cases() -> Vec<Case> {
    let rule_less_op = |tf: &crate::Graph, x: &[Tensor]| {
        let l = x[0].stop_gradient().cholesky();
        let loss = (&l * &x[1].stop_gradient()).reduce_sum(..);
        let zeros = x[0].zeros_like();
        let by_op = tf.add(CholeskyGrad, &[&l, &x[1].stop_gradient()]);
        // The rule, written in other ops, says the same.
        let input = &x[0].stop_gradient() + &zeros;
        let again = (input.cholesky() * &x[1].stop_gradient()).reduce_sum(..);
        let by_rule = crate::gradients(&[&again], &[&input])[0].clone().unwrap_or(loss);
        vec![((by_op - by_rule) * 1e4).round()]
    };
    let zeros = Array::zeros(crate::DType::Float32, [2, 3, 3]).unwrap_or_else(|_| definite());
    vec![
        Case::fed("as the rule of Cholesky", [definite(), super::inverse::pair()], rule_less_op)
            .expecting([zeros]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_refused() {
        let tf = Graph::new();
        let y = tf.constant(array![[1.0, 2.0], [2.0, 1.0]]).cholesky();
        let error = Session::new(&tf).unwrap().run(&y, feeds![]).unwrap_err();
        assert_eq!(error.message(), "the matrix is not positive definite");
    }
}
