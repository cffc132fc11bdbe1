//! The product of a sparse and a dense matrix (SparseTensorDenseMatMul), and of dense ones that are said to have many zeros
//! (SparseMatMul).

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::transpose::Transpose;
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::applied;
use crate::ops::complex::{self, Complex};
use crate::ops::index::Gather;
use crate::ops::math::Mul;
use crate::ops::segment::{SUM, folded};
use crate::ops::sparse::{Places, SparseTensor, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// A·B of a sparse matrix A, the first three inputs, and a dense one, the fourth.
#[derive(Clone, Debug)]
pub struct SparseTensorDenseMatMul {
    /// Whether A is transposed first.
    pub adjoint_a: bool,
    /// Whether B is.
    pub adjoint_b: bool,
}

impl Op for SparseTensorDenseMatMul {
    fn name(&self) -> &'static str {
        "SparseTensorDenseMatMul"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[1].dtype).with("Tindices", node.inputs[0].dtype);
        attrs.with("adjoint_a", self.adjoint_a).with("adjoint_b", self.adjoint_b)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SparseTensorDenseMatMul, Reason> {
        let adjoint_a = attrs.optional("adjoint_a", false)?;
        Ok(SparseTensorDenseMatMul { adjoint_a, adjoint_b: attrs.optional("adjoint_b", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, dense] = inputs else { return Err(wrong_count(4, inputs)) };
        let (_, rank) = parts(indices, values, shape)?;
        if rank.is_some_and(|rank| rank != 2) || dense.shape.rank().is_some_and(|rank| rank != 2) {
            return Err(format!("it multiplies matrices, not {indices} and {dense}").into());
        }
        if values.dtype != dense.dtype || !dense.dtype.is_number() && !dense.dtype.is_complex() {
            return Err(format!("it multiplies numbers of one type, not {values} and {dense}").into());
        }
        let sizes = shape.known_integers().unwrap_or(vec![None; 2]);
        let size =
            |axis: usize| sizes.get(axis).copied().flatten().and_then(|size| usize::try_from(size).ok());
        let (rows, inner) = if self.adjoint_a { (size(1), size(0)) } else { (size(0), size(1)) };
        let (dense_inner, columns) = match self.adjoint_b {
            true => (dense.shape.size(1), dense.shape.size(0)),
            false => (dense.shape.size(0), dense.shape.size(1)),
        };
        match inner.zip(dense_inner) {
            Some((left, right)) if left != right => Err(inner_differ(left, right)),
            _ => Ok(Fact::new(dense.dtype, [rows, columns].into_iter().collect::<PartialShape>()).one()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let a = SparseTensor::new(node.x(0), node.x(1), node.x(2));
            let b = if self.adjoint_b { node.x(3).transpose() } else { node.x(3).clone() };
            let places = a.indices.unstack_two();
            let [rows, columns] =
                if self.adjoint_a { [&places[1], &places[0]] } else { [&places[0], &places[1]] };
            let left = if self.adjoint_a { dy.conj() } else { dy.clone() };
            let right = if self.adjoint_a == self.adjoint_b { b.conj() } else { b };
            let to_values = (left.gather(rows) * right.gather(columns)).reduce_sum(1);
            let to_b = a.matmul_with(dy, !self.adjoint_a, false);
            let to_b = if self.adjoint_b { to_b.transpose().conj() } else { to_b };
            [None, Some(to_values), None, Some(to_b)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays("SparseTensorDenseMatMul", node, move |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            let [size_0, size_1] = places.sizes[..] else { return Err("it multiplies matrices".into()) };
            let b = match op.adjoint_b {
                true => conjugates(&applied(&Transpose, &[&arrays[3], &array![1, 0]])?.swap_remove(0))?,
                false => arrays[3].clone(),
            };
            let values = if op.adjoint_a { conjugates(&arrays[1])? } else { arrays[1].clone() };
            let (rows, inner) = if op.adjoint_a { (size_1, size_0) } else { (size_0, size_1) };
            if b.shape()[0] as i64 != inner {
                return Err(inner_differ(inner as usize, b.shape()[0]));
            }
            places.flat()?;
            let along = |axis: usize| places.indices.chunks(2).map(|row| row[axis]).collect::<Vec<i64>>();
            let (to, from) = if op.adjoint_a { (along(1), along(0)) } else { (along(0), along(1)) };
            let count = to.len();
            let picked = applied(&Gather { validate_indices: true }, &[&b, &Array::new([count], from)?])?;
            let scaled = applied(&Mul, &[&picked[0], &values.reshape([count, 1])?])?;
            Ok(vec![folded(SUM, &scaled[0], &to, rows as usize, |_| 1.0)?])
        }))
    }
}

/// The conjugates of complex numbers; real ones as they are.
fn conjugates(array: &Array) -> Result<Array, Reason> {
    if !array.dtype().is_complex() {
        return Ok(array.clone());
    }
    let conjugates: Vec<Complex> = complex::numbers(array)?.iter().map(Complex::conj).collect();
    complex::array_of(array.dtype(), array.shape().clone(), &conjugates)
}

fn inner_differ(left: usize, right: usize) -> Reason {
    format!("inner sizes differ: {left} and {right}").into()
}

impl Tensor {
    /// The columns of indices `[count, 2]`.
    #[track_caller]
    fn unstack_two(&self) -> [Tensor; 2] {
        [0, 1].map(|axis| self.at((.., axis)))
    }
}

/// The product of two matrices of float32 or bfloat16, as float32; that they have many zeros changes nothing.
#[derive(Clone, Debug)]
pub struct SparseMatMul {
    /// Whether A, the first input, is transposed first.
    pub transpose_a: bool,
    /// Whether B, the second, is.
    pub transpose_b: bool,
    /// Whether A is said to have many zeros.
    pub a_is_sparse: bool,
    /// Whether B is.
    pub b_is_sparse: bool,
}

impl Op for SparseMatMul {
    fn name(&self) -> &'static str {
        "SparseMatMul"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Ta", node.inputs[0].dtype)
            .with("Tb", node.inputs[1].dtype)
            .with("a_is_sparse", self.a_is_sparse)
            .with("b_is_sparse", self.b_is_sparse)
            .with("transpose_a", self.transpose_a)
            .with("transpose_b", self.transpose_b)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SparseMatMul, Reason> {
        Ok(SparseMatMul {
            transpose_a: attrs.optional("transpose_a", false)?,
            transpose_b: attrs.optional("transpose_b", false)?,
            a_is_sparse: attrs.optional("a_is_sparse", false)?,
            b_is_sparse: attrs.optional("b_is_sparse", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [a, b] = inputs else { return Err(wrong_count(2, inputs)) };
        for x in [a, b] {
            if !matches!(x.dtype, DType::Float32 | DType::BFloat16) {
                return Err(format!("it multiplies float32 and bfloat16, not {}", x.dtype).into());
            }
        }
        let float = |x: &Fact| Fact::new(DType::Float32, x.shape.clone());
        self.dense().infer(&[&float(a), &float(b)])
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let [a, b] = [0, 1].map(|i| node.x(i).cast::<f32>());
            let product =
                |x: &Tensor, transpose_x, y: &Tensor, transpose_y| x.matmul_with(y, transpose_x, transpose_y);
            let to_a = match self.transpose_a {
                false => product(dy, false, &b, !self.transpose_b),
                true => product(&b, self.transpose_b, dy, true),
            };
            let to_b = match self.transpose_b {
                false => product(&a, !self.transpose_a, dy, false),
                true => product(dy, true, &a, self.transpose_a),
            };
            let back = |gradient: Tensor, i: usize| gradient.cast_to(node.x(i).dtype_or(DType::Float32));
            [Some(back(to_a, 0)), Some(back(to_b, 1))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.dense();
        if node.inputs.iter().all(|x| x.dtype == DType::Float32) {
            return op.lower(node);
        }
        Ok(Lowered::arrays("SparseMatMul", node, move |arrays| {
            let float = |x: &Array| {
                Array::new(x.shape().clone(), x.to_f64()?.iter().map(|&x| x as f32).collect::<Vec<_>>())
            };
            applied(&op, &[&float(&arrays[0])?, &float(&arrays[1])?])
        }))
    }
}

impl SparseMatMul {
    fn dense(&self) -> crate::ops::matmul::MatMul {
        crate::ops::matmul::MatMul { transpose_a: self.transpose_a, transpose_b: self.transpose_b }
    }
}

impl SparseTensor {
    /// The product of this sparse matrix and a dense one (`tf.sparse_tensor_dense_matmul`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let a = SparseTensor::from_parts(&tf, &[[0, 1], [1, 0]], array![2.0, 3.0], [2, 2]);
    /// let y = a.matmul(array![[1.0], [10.0]]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[20.0], [3.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matmul(&self, dense: impl Into<Operand>) -> Tensor {
        self.matmul_with(dense, false, false)
    }

    /// As [`matmul`](SparseTensor::matmul), each transposed first if that is asked for.
    #[track_caller]
    pub fn matmul_with(&self, dense: impl Into<Operand>, adjoint_a: bool, adjoint_b: bool) -> Tensor {
        let [indices, values, shape] = self.parts();
        let dense = dense.into().tensor(values);
        values
            .graph()
            .add(SparseTensorDenseMatMul { adjoint_a, adjoint_b }, &[indices, values, shape, &dense])
    }
}

pub(in crate::ops) fn sparse_tensor_dense_mat_mul_cases() -> Vec<Case> {
    let build = |adjoint_a, adjoint_b| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let a = SparseTensor::from_parts(tf, &[[0, 1], [1, 0], [1, 2]], &x[0], [2, 3]);
            vec![a.matmul_with(&x[1], adjoint_a, adjoint_b)]
        }
    };
    let values = || array![2.0, -1.0, 3.0];
    vec![
        Case::fed("plain", [values(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]], build(false, false))
            .expecting([array![[6.0, 8.0], [14.0, 16.0]]]),
        Case::fed("transposed", [values(), array![[1.0, 2.0], [3.0, 4.0]]], build(true, false)),
        Case::fed("by a transposed one", [values(), array![[1.0, 2.0, 3.0]]], build(false, true)),
        Case::fed("both transposed", [values(), array![[1.0, 2.0], [0.5, -1.0]]], build(true, true)),
        Case::fed("integers", [array![1, 2, 3], array![[1], [2], [3]]], build(false, false))
            .expecting([array![[2], [11]]]),
    ]
}

pub(in crate::ops) fn sparse_mat_mul_cases() -> Vec<Case> {
    let build = |transpose_a, transpose_b| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let op = SparseMatMul { transpose_a, transpose_b, a_is_sparse: true, b_is_sparse: false };
            vec![tf.add(op, &[&x[0], &x[1]])]
        }
    };
    vec![
        Case::fed("plain", [array![[1.0, 0.0]], array![[2.0], [3.0]]], build(false, false))
            .expecting([array![[2.0]]]),
        Case::fed("transposed", [array![[1.0], [2.0]], array![[2.0, 3.0]]], build(true, true)),
        Case::fed("bfloat16", [array![[1.0, 0.5]], array![[2.0], [3.0]]], |tf, x| {
            let op =
                SparseMatMul { transpose_a: false, transpose_b: false, a_is_sparse: true, b_is_sparse: true };
            vec![tf.add(op, &[&x[0].cast_to(DType::BFloat16), &x[1].cast_to(DType::BFloat16)])]
        })
        .at_kink()
        .expecting([array![[3.5]]]),
    ]
}
