//! Least squares: the X for which |A·X − B|² + λ·|X|² is least; of several, the smallest (MatrixSolveLs).

use faer::Mat;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::complex::Complex;
use crate::ops::control_flow::{Merge, Switch};
use crate::ops::linalg::{Number, any_matrix_axes, array_of, behind, matrices, product};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The X for which |A·X − B|² + λ·|X|² is least, for each pair of matrices A, the first input, and B, the second; λ, the third,
/// is a number of float64.
#[derive(Clone, Debug)]
pub struct MatrixSolveLs {
    /// Whether λ counts, and a matrix without full rank is an error where it is 0.
    pub fast: bool,
}

impl Op for MatrixSolveLs {
    fn name(&self) -> &'static str {
        "MatrixSolveLs"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("fast", self.fast)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MatrixSolveLs, Reason> {
        Ok(MatrixSolveLs { fast: attrs.optional("fast", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [a, b, l2] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_scalar(l2, "the regularizer")?;
        if a.dtype != b.dtype || l2.dtype != DType::Float64 {
            let types = format!("{}, {} and {}", a.dtype, b.dtype, l2.dtype);
            return Err(
                format!("both sides are of one type and the regularizer is float64, not {types}").into()
            );
        }
        let (Some((batch_a, [rows_a, columns])), Some((batch_b, [rows_b, right]))) =
            (any_matrix_axes(a)?, any_matrix_axes(b)?)
        else {
            return Ok(Fact::new(a.dtype, PartialShape::unknown()).one());
        };
        let batch = behind(&batch_a, &[]).merge(&behind(&batch_b, &[]));
        let (Some(batch), true) = (batch, rows_a.zip(rows_b).is_none_or(|(a, b)| a == b)) else {
            return Err(format!("the left side has shape {} and the right {}", a.shape, b.shape).into());
        };
        Ok(Fact::new(a.dtype, behind(batch.sizes().unwrap_or_default(), &[columns, right])).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (shape, tf) = (node.x(0).shape(), dy.graph());
            let size =
                |from_end: usize| shape.rank().and_then(|rank| shape.size(rank.checked_sub(from_end)?));
            let operands = [node.x(0), node.x(1), node.y(0), dy];
            let [to_a, to_b] = match size(2).zip(size(1)) {
                Some((rows, columns)) => self.slopes(rows < columns, operands, node.x(2)),
                // Which it is, the run will tell: one of the two is computed.
                None => {
                    let sizes = node.x(0).shape_tensor();
                    let wide = sizes.at(-2).less(sizes.at(-1));
                    let sides = operands.map(|x| tf.add_op(Switch::new(), &[x, &wide], None));
                    let slopes = [false, true].map(|wide| {
                        let taken: Vec<Tensor> = sides.iter().map(|side| side.output(wide.into())).collect();
                        self.slopes(wide, [&taken[0], &taken[1], &taken[2], &taken[3]], node.x(2))
                    });
                    [0, 1].map(|i| tf.add(Merge::new(2), &[&slopes[0][i], &slopes[1][i]]))
                }
            };
            [Some(to_a), Some(to_b), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fast = self.fast;
        let solve = if node.outputs[0].dtype.is_complex() { solutions::<Complex> } else { solutions::<f64> };
        Ok(Lowered::arrays("MatrixSolveLs", node, move |arrays| {
            let regularizer = if fast { arrays[2].to_f64()?[0] } else { 0.0 };
            if regularizer < 0.0 {
                return Err(format!("the regularizer is {regularizer}; it is 0 or more").into());
            }
            Ok(vec![solve(&arrays[0], &arrays[1], fast.then_some(regularizer))?])
        }))
    }
}

impl MatrixSolveLs {
    /// The gradients of both sides, of matrices that have more columns than rows or not.
    #[track_caller]
    fn slopes(&self, wide: bool, [a, b, x, dy]: [&Tensor; 4], regularizer: &Tensor) -> [Tensor; 2] {
        // (AᵀA + λ) or, of a wide matrix, (AAᵀ + λ).
        let square = product(a, !wide, a, wide);
        let ridge = square.matrix_diag_part().ones_like();
        let ridge = match self.fast {
            true => ridge * regularizer.cast_to(a.dtype_or(DType::Float64)),
            false => ridge.zeros_like(),
        };
        let square = &square + ridge.matrix_diag();
        if wide {
            let to_b = square.matrix_solve(product(a, false, dy, false));
            let inner = square.matrix_solve(b);
            let rest = dy - product(a, true, &to_b, false);
            let to_a = product(&inner, false, &rest, true)
                - product(&to_b, false, &product(&inner, true, a, false), false);
            return [to_a, to_b];
        }
        let z = square.matrix_solve(dy);
        let both = product(x, false, &z, true) + product(&z, false, x, true);
        let to_a = product(b, false, &z, true) - product(a, false, &both, false);
        [to_a, product(a, false, &z, false)]
    }
}

/// By singular values; without a regularizer (even one of 0) a matrix need not have full rank.
fn solutions<T: Number>(a: &Array, b: &Array, regularizer: Option<f64>) -> Result<Array, Reason> {
    let single = matches!(a.dtype(), DType::Float32 | DType::Complex64);
    let precision = if single { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let mut solutions: Vec<Mat<T>> = Vec::new();
    for (a, b) in matrices::<T>(a)?.into_iter().zip(matrices::<T>(b)?) {
        let svd = a.thin_svd().map_err(|_| "the factorization did not converge; is everything finite?")?;
        let s: Vec<f64> = svd.S().column_vector().iter().map(|value| value.re()).collect();
        let largest = s.iter().copied().fold(0.0, f64::max);
        let nothing = precision * largest * a.nrows().max(a.ncols()) as f64;
        if regularizer == Some(0.0) && s.iter().any(|&value| value <= nothing) {
            return Err("the matrix has not full rank, and there is no regularizer".into());
        }
        let mut x = svd.U().adjoint() * &b;
        for (i, &value) in s.iter().enumerate() {
            let below = value * value + regularizer.unwrap_or(0.0);
            let factor = if value <= nothing { 0.0 } else { value / below };
            (0..x.ncols()).for_each(|column| x[(i, column)] *= T::of_real(factor));
        }
        solutions.push(svd.V() * x);
    }
    let [columns, right] = [a, b].map(|array| array.shape().last().copied().unwrap_or(0));
    array_of(b, &[columns, right], &solutions)
}

impl Tensor {
    /// The X for which |A·X − B|² + λ·|X|² is least, where A is this matrix, B the right side and λ the regularizer
    /// (`tf.matrix_solve_ls`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0], [1.0]]).matrix_solve_ls(array![[1.0], [2.0]], 0.0);
    /// assert_eq!(Session::new(&tf)?.run(&x, feeds![])?, array![[1.5]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_solve_ls(&self, right: impl Into<Operand>, l2_regularizer: f64) -> Tensor {
        let l2 = self.graph().constant(Array::scalar(l2_regularizer));
        self.graph().add(MatrixSolveLs { fast: true }, &[self, &right.into().tensor(self), &l2])
    }
}

pub(in crate::ops) fn matrix_solve_ls_cases() -> Vec<Case> {
    let build = |fast, l2: f64, sizes: [i32; 2]| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let a = x[0].reshape(sizes);
            vec![tf.add(MatrixSolveLs { fast }, &[&a, &x[1], &tf.constant(Array::scalar(l2))])]
        }
    };
    let tall = || array![[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]];
    let wide = || array![[1.0, 3.0, 0.5], [2.0, -1.0, 1.5]];
    vec![
        Case::fed("tall", [tall(), array![[1.0], [2.0], [-1.0]]], build(true, 0.0, [3, 2])),
        Case::fed("tall, regular", [tall(), array![[1.0], [2.0], [-1.0]]], build(true, 0.5, [3, 2])),
        Case::fed("wide, regular", [wide(), array![[1.0, 0.5], [2.0, 1.0]]], build(true, 0.25, [2, 3])),
        Case::fed("wide, slow", [wide(), array![[1.0], [2.0]]], build(false, 9.0, [2, 3])),
        Case::fed(
            "not of full rank",
            [array![[1.0, 1.0], [1.0, 1.0]], array![[2.0], [2.0]]],
            build(false, 0.0, [2, 2]),
        )
        .at_kink()
        .expecting([array![[1.0], [1.0]]]),
    ]
}
