//! Systems of equations: X with A·X = B.

use faer::Mat;
use faer::linalg::solvers::Solve;
use tenseur_kernels::Layout;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::linalg::inverse::{factors, pair};
use crate::ops::linalg::{any_matrix_axes, any_square_axes, array_of, behind, complex, matrices, product};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, PartialShape, Shape};

/// X with A·X = B, for each pair of a square matrix A, the first input, and a matrix B, the second.
#[derive(Clone, Debug)]
pub struct MatrixSolve {
    /// Whether A is transposed first.
    pub adjoint: bool,
}

impl Op for MatrixSolve {
    fn name(&self) -> &'static str {
        "MatrixSolve"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("adjoint", self.adjoint)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MatrixSolve, Reason> {
        Ok(MatrixSolve { adjoint: attrs.optional("adjoint", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (batch, rest) = system(inputs)?;
        let [a, b] = [inputs[0], inputs[1]].map(|fact| fact.shape.rank());
        if a.zip(b).is_some_and(|(a, b)| a != b) {
            let shapes = format!("{} and {}", inputs[0].shape, inputs[1].shape);
            return Err(format!("both have one batch of matrices, not shapes {shapes}").into());
        }
        Ok(solution(inputs, batch, rest))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let solve = MatrixSolve { adjoint: !self.adjoint };
            let to_b = dy.graph().add(solve, &[node.x(0), dy]);
            [Some(to_a(&to_b, node.y(0), self.adjoint)), Some(to_b)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let adjoint = self.adjoint;
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("MatrixSolve", node, move |arrays| {
                let pairs = complex::matrices(&arrays[0])?.into_iter().zip(complex::matrices(&arrays[1])?);
                let solutions =
                    pairs.map(|(a, b)| complex::factors(&if adjoint { a.adjoint() } else { a }).solve(&b));
                let solutions = solutions.collect::<Result<Vec<_>, Reason>>()?;
                let matrix = &arrays[1].shape()[arrays[1].shape().rank() - 2..];
                Ok(vec![complex::array_of_matrices(&arrays[1], matrix, &solutions)?])
            }));
        }
        Ok(Lowered::arrays("MatrixSolve", node, move |arrays| {
            let solutions =
                matrices::<f64>(&arrays[0])?.into_iter().zip(matrices::<f64>(&arrays[1])?).map(|(a, b)| {
                    let a = if adjoint { a.transpose().to_owned() } else { a };
                    Ok(factors(&a)?.solve(&b))
                });
            let solutions = solutions.collect::<Result<Vec<Mat<f64>>, Reason>>()?;
            let shape = arrays[1].shape();
            Ok(vec![array_of(&arrays[1], &shape[shape.rank() - 2..], &solutions)?])
        }))
    }
}

/// X with A·X = B, where A, the first input, is triangular: of each matrix only that triangle is read. The batches of A and
/// B broadcast. Where A has no inverse, X is infinite or NaN, as in TensorFlow.
#[derive(Clone, Debug)]
pub struct MatrixTriangularSolve {
    /// Whether A is a lower triangle, else an upper one.
    pub lower: bool,
    /// Whether A is transposed first.
    pub adjoint: bool,
}

impl Op for MatrixTriangularSolve {
    fn name(&self) -> &'static str {
        "MatrixTriangularSolve"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype);
        attrs.with("adjoint", self.adjoint).with("lower", self.lower)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MatrixTriangularSolve, Reason> {
        let lower = attrs.optional("lower", true)?;
        Ok(MatrixTriangularSolve { lower, adjoint: attrs.optional("adjoint", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (batch, rest) = system(inputs)?;
        Ok(solution(inputs, batch, rest))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let solve = MatrixTriangularSolve { lower: self.lower, adjoint: !self.adjoint };
            let to_b = dy.graph().add(solve, &[node.x(0), dy]);
            let to_a = to_a(&to_b, node.y(0), self.adjoint);
            let (below, above) = if self.lower { (-1, 0) } else { (0, -1) };
            let to_a = to_a.matrix_band_part(below, above);
            [Some(node.sum_to(&to_a, 0)), Some(node.sum_to(&to_b, 1))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let MatrixTriangularSolve { lower, adjoint } = *self;
        if node.outputs[0].dtype.is_complex() {
            return Ok(Lowered::arrays("MatrixTriangularSolve", node, move |arrays| {
                let (a, b) = (complex::matrices(&arrays[0])?, complex::matrices(&arrays[1])?);
                let (like, pairs) = pairs(arrays)?;
                let solve = |(i, j): (usize, usize)| match adjoint {
                    true => complex::triangular_solve(&a[i].adjoint(), &b[j], !lower),
                    false => complex::triangular_solve(&a[i], &b[j], lower),
                };
                let solutions: Vec<complex::Matrix> = pairs.into_iter().map(solve).collect();
                let matrix = &like.shape()[like.shape().rank() - 2..];
                Ok(vec![complex::array_of_matrices(&like, matrix, &solutions)?])
            }));
        }
        Ok(Lowered::arrays("MatrixTriangularSolve", node, move |arrays| {
            let (a, b) = (matrices::<f64>(&arrays[0])?, matrices::<f64>(&arrays[1])?);
            let (like, pairs) = pairs(arrays)?;
            let mut solutions = Vec::new();
            for (a_place, b_place) in pairs {
                let (a, mut x) = (&a[a_place], b[b_place].clone());
                match (lower, adjoint) {
                    (true, false) => a.solve_lower_triangular_in_place(&mut x),
                    (true, true) => a.transpose().solve_upper_triangular_in_place(&mut x),
                    (false, false) => a.solve_upper_triangular_in_place(&mut x),
                    (false, true) => a.transpose().solve_lower_triangular_in_place(&mut x),
                }
                solutions.push(x);
            }
            let matrix = &like.shape()[like.shape().rank() - 2..];
            Ok(vec![array_of(&like, matrix, &solutions)?])
        }))
    }
}

/// Zeros like the solutions for two arrays of matrices whose batches broadcast, and which matrices make a pair.
pub(super) fn pairs(arrays: &[Array]) -> Result<(Array, Vec<(usize, usize)>), Reason> {
    let batches = arrays[..2].iter().map(|array| Shape::from(&array.shape()[..array.shape().rank() - 2]));
    let batches: Vec<Shape> = batches.collect();
    let batch = batches[0].broadcast(&batches[1]).ok_or("the batches do not broadcast")?;
    let pairs = places(&batches[0], &batch)?.into_iter().zip(places(&batches[1], &batch)?).collect();
    let right = arrays[1].shape();
    let whole: Vec<usize> = batch.iter().chain(&right[right.rank() - 2..]).copied().collect();
    Ok((Array::zeros(arrays[1].dtype(), whole)?, pairs))
}

/// Of each element of a batch, which it is of one that broadcasts to it.
fn places(from: &Shape, to: &Shape) -> Result<Vec<usize>, Reason> {
    let strides = Layout::broadcast(from, to)?.strides;
    Ok(to.iter().zip(strides).fold(vec![0usize], |places, (&size, stride)| {
        let along = |place: usize| (0..size).map(move |i| place + i * stride.unsigned_abs());
        places.into_iter().flat_map(along).collect()
    }))
}

/// −dB·Xᵀ, or for a transposed A −X·dBᵀ.
#[track_caller]
fn to_a(to_b: &Tensor, x: &Tensor, adjoint: bool) -> Tensor {
    if adjoint { -product(x, false, to_b, true) } else { -product(to_b, false, x, true) }
}

/// The axes of the batch of a system of equations, and those of its solution's matrices, if they are known.
#[allow(clippy::type_complexity)]
fn system(inputs: &[&Fact]) -> Result<(Option<PartialShape>, Option<[Option<usize>; 2]>), Reason> {
    let [a, b] = inputs else { return Err(wrong_count(2, inputs)) };
    if a.dtype != b.dtype {
        return Err(format!("the left side is of {} and the right of {}", a.dtype, b.dtype).into());
    }
    let (Some((batch_a, size)), Some((batch_b, [rows, columns]))) =
        (any_square_axes(a)?, any_matrix_axes(b)?)
    else {
        return Ok((None, None));
    };
    if size.zip(rows).is_some_and(|(size, rows)| size != rows) {
        return Err(format!("the left side has shape {} and the right {}", a.shape, b.shape).into());
    }
    let batch = behind(&batch_a, &[]).broadcast(&behind(&batch_b, &[]));
    let batch =
        batch.ok_or_else(|| format!("batches of shape {} and {} do not broadcast", a.shape, b.shape))?;
    Ok((Some(batch), Some([size.or(rows), columns])))
}

fn solution(inputs: &[&Fact], batch: Option<PartialShape>, rest: Option<[Option<usize>; 2]>) -> Facts {
    let shape = match (batch.as_ref().and_then(PartialShape::sizes), rest) {
        (Some(batch), Some(rest)) => behind(batch, &rest),
        _ => PartialShape::unknown(),
    };
    Fact::new(inputs[0].dtype, shape).one()
}

impl Tensor {
    /// X with A·X = B, where A is this matrix and B the right side (`tf.matrix_solve`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[2.0, 0.0], [0.0, 4.0]]).matrix_solve(array![[2.0], [2.0]]);
    /// assert_eq!(Session::new(&tf)?.run(&x, feeds![])?, array![[1.0], [0.5]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_solve(&self, right: impl Into<Operand>) -> Tensor {
        self.graph().add(MatrixSolve { adjoint: false }, &[self, &right.into().tensor(self)])
    }

    /// X with A·X = B, where A is the `lower` or upper triangle of this matrix, transposed if `adjoint`
    /// (`tf.matrix_triangular_solve`).
    #[track_caller]
    pub fn matrix_triangular_solve(&self, right: impl Into<Operand>, lower: bool, adjoint: bool) -> Tensor {
        let right = right.into().tensor(self);
        self.graph().add(MatrixTriangularSolve { lower, adjoint }, &[self, &right])
    }
}

fn right() -> Array {
    array![[[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]], [[2.0, 0.0], [1.0, 1.0], [-1.0, 4.0]]]
}

pub(in crate::ops) fn matrix_solve_cases() -> Vec<Case> {
    let build = |adjoint| {
        move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(MatrixSolve { adjoint }, &[&x[0], &x[1]])]
    };
    vec![
        Case::fed("plain", [pair(), right()], build(false)),
        Case::fed("transposed", [pair(), right()], build(true)),
        Case::fed("one", [array![[0.0, 2.0], [1.0, 0.0]], array![[4.0], [3.0]]], build(false))
            .expecting([array![[3.0], [2.0]]]),
    ]
}

pub(in crate::ops) fn matrix_triangular_solve_cases() -> Vec<Case> {
    let build = |lower, adjoint| {
        move |_: &crate::Graph, x: &[Tensor]| vec![x[0].matrix_triangular_solve(&x[1], lower, adjoint)]
    };
    let triangles = || {
        array![
            [[2.0, -1.0, 0.5], [1.0, 3.0, 0.25], [-0.5, 1.0, 2.5]],
            [[1.0, 2.0, -1.0], [3.0, 0.5, 1.0], [1.0, -0.5, 2.0]]
        ]
    };
    let one = || array![[2.0, -1.0, 0.5], [1.0, 3.0, 0.25], [-0.5, 1.0, 2.5]];
    vec![
        Case::fed("lower", [triangles(), right()], build(true, false)),
        Case::fed("lower, transposed", [triangles(), right()], build(true, true)),
        Case::fed("upper", [triangles(), right()], build(false, false)),
        Case::fed("upper, transposed", [triangles(), right()], build(false, true)),
        Case::fed("one for all", [one(), right()], build(true, false)),
        Case::fed(
            "only the triangle is read",
            [array![[2.0, 7.0], [1.0, 4.0]], array![[2.0], [9.0]]],
            build(true, false),
        )
        .expecting([array![[1.0], [2.0]]]),
    ]
}
