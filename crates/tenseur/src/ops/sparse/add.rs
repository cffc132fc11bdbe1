//! Two sparse tensors element by element: their sum (SparseAdd), the greater and the lesser (SparseSparseMaximum,
//! SparseSparseMinimum). Indices are in row-major order.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays, applied};
use crate::ops::complex::numbers;
use crate::ops::math::{AddV2, Maximum, Minimum};
use crate::ops::sparse::{Places, SparseTensor, indices_of, long, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The sum of two sparse tensors of one shape. Where both have an element and the sum of these is less than a threshold, the
/// seventh input, in absolute value, it is left out; what only one has stays.
#[derive(Clone, Debug)]
pub struct SparseAdd;

impl Op for SparseAdd {
    fn name(&self) -> &'static str {
        "SparseAdd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("Treal", node.inputs[6].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseAdd, Reason> {
        Ok(SparseAdd)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [.., threshold] = inputs else { return Err(wrong_count(7, inputs)) };
        if inputs.len() != 7 {
            return Err(wrong_count(7, inputs));
        }
        must_be_scalar(threshold, "the threshold")?;
        let rank = pair(inputs)?;
        let indices = Fact::new(DType::Int64, [None, rank].into_iter().collect::<PartialShape>());
        let values = Fact::new(inputs[1].dtype, [None]);
        Ok([indices, values, Fact::new(DType::Int64, [rank])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let Some(dy) = node.dy(1) else { return vec![None; 7] };
            // Which element of the sum each one has become, counted from 1; 0 is for those that are not in it.
            let tf = dy.graph();
            let numbers = tf.range(1, dy.shape_tensor().at(0) + 1, 1);
            let inputs = [&numbers, node.x(0), node.x(3), node.y(0)];
            let became = tf.add_op(ByArrays(SparseAddGrad), &inputs, None);
            let padded = tf.concat(&[dy.at(..1).zeros_like().reduce_sum(..).expand_dims(0), dy.clone()], 0);
            let to = |i: usize| Some(padded.gather(became.output(i)));
            vec![None, to(0), None, None, to(1), None, None]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(7, |arrays| {
            let union = Union::new(arrays)?;
            let [a, b] = union.values(&arrays[1], &arrays[4])?;
            let sum = applied(&AddV2, &[&a, &b])?.swap_remove(0);
            let threshold = arrays[6].to_f64()?[0];
            let both = |number: usize| union.elements.iter().all(|elements| elements[number].is_some());
            let large = numbers(&sum)?.into_iter().enumerate();
            let large = large.filter(|&(number, value)| !both(number) || value.norm() >= threshold);
            let large: Vec<usize> = large.map(|(number, _)| number).collect();
            let indices: Vec<i64> =
                large.iter().flat_map(|&number| union.rows[number].iter().copied()).collect();
            let from = large.iter().map(|&number| Some((0, number)));
            Ok(vec![
                indices_of(&indices, arrays[2].len(), DType::Int64)?,
                assemble(&[&sum], 1, [large.len()], from)?,
                arrays[2].clone(),
            ])
        }))
    }
}

/// The number of axes of two sparse tensors of numbers of one type, whose parts are the first six inputs.
fn pair(inputs: &[&Fact]) -> Result<Option<usize>, Reason> {
    let (_, rank_a) = parts(inputs[0], inputs[1], inputs[2])?;
    let (_, rank_b) = parts(inputs[3], inputs[4], inputs[5])?;
    if inputs[1].dtype != inputs[4].dtype || !inputs[1].dtype.is_number() && !inputs[1].dtype.is_complex() {
        return Err(format!("it takes numbers of one type, not {} and {}", inputs[1], inputs[4]).into());
    }
    match rank_a.zip(rank_b) {
        Some((a, b)) if a != b => Err(format!("one has {a} axes and the other {b}").into()),
        _ => Ok(rank_a.or(rank_b)),
    }
}

/// Places that either of two sparse tensors has, in order, and which element of each is there.
struct Union {
    rows: Vec<Vec<i64>>,
    elements: [Vec<Option<(usize, usize)>>; 2],
}

impl Union {
    fn new(arrays: &[Array]) -> Result<Union, Reason> {
        let (a, b) = (Places::new(&arrays[0], &arrays[2])?, Places::new(&arrays[3], &arrays[5])?);
        if a.sizes != b.sizes {
            return Err(format!("shapes {:?} and {:?} differ", a.sizes, b.sizes).into());
        }
        let (a, b) = (a.rows(), b.rows());
        let mut union = Union { rows: Vec::new(), elements: [Vec::new(), Vec::new()] };
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            union.rows.push(if order == Ordering::Greater { b[j].to_vec() } else { a[i].to_vec() });
            union.elements[0].push((order != Ordering::Greater).then_some((0, i)));
            union.elements[1].push((order != Ordering::Less).then_some((0, j)));
            i += usize::from(order != Ordering::Greater);
            j += usize::from(order != Ordering::Less);
        }
        Ok(union)
    }

    /// The values of both there, 0 where one has none.
    fn values(&self, a: &Array, b: &Array) -> Result<[Array; 2], Reason> {
        let of = |array: &Array, elements: &Vec<Option<(usize, usize)>>| {
            assemble(&[array], 1, [self.rows.len()], elements.iter().copied())
        };
        Ok([of(a, &self.elements[0])?, of(b, &self.elements[1])?])
    }
}

/// What flows back through a [`SparseAdd`] to the values of both: inputs are the gradient, the indices of both, and those
/// of the sum.
#[derive(Clone, Debug)]
pub struct SparseAddGrad;

impl OverArrays for SparseAddGrad {
    const NAME: &'static str = "SparseAddGrad";
    const NO_GRADIENT: &'static str = "TensorFlow takes it as given";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseAddGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, a, b, sum] = inputs else { return Err(wrong_count(4, inputs)) };
        let mut facts = Facts::new();
        for (values, indices) in [(dy.shape.size(0), sum), (a.shape.size(0), a), (b.shape.size(0), b)] {
            let shape = Fact::new(DType::Int64, [sum.shape.size(1)]);
            parts(indices, &Fact::new(dy.dtype, [values]), &shape)?;
            facts.push(Fact::new(dy.dtype, [values]));
        }
        Ok(facts.into_iter().skip(1).collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let rank = inputs[3].shape()[1].max(1);
        let sum = inputs[3].to_i64()?;
        let numbers: HashMap<&[i64], usize> = sum.chunks(rank).zip(0..).collect();
        let back = |indices: &Array| {
            let rows = indices.to_i64()?;
            let from = rows.chunks(rank).map(|row| numbers.get(row).map(|&number| (0, number)));
            assemble(&[&inputs[0]], 1, [indices.shape()[0]], from)
        };
        Ok(vec![back(&inputs[1])?, back(&inputs[2])?])
    }
}

/// The greater, or the lesser, of two sparse tensors at each place that either has; where one has none, it is 0.
#[derive(Clone, Debug)]
pub struct Extreme<const GREATER: bool>;

/// The greater.
pub type SparseSparseMaximum = Extreme<true>;
/// The lesser.
pub type SparseSparseMinimum = Extreme<false>;

impl<const GREATER: bool> Op for Extreme<GREATER> {
    fn name(&self) -> &'static str {
        if GREATER { "SparseSparseMaximum" } else { "SparseSparseMinimum" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Extreme)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 6 {
            return Err(wrong_count(6, inputs));
        }
        let rank = pair(inputs)?;
        let indices = Fact::new(DType::Int64, [None, rank].into_iter().collect::<PartialShape>());
        Ok([indices, Fact::new(inputs[1].dtype, [None])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradient of it")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(6, |arrays| {
            for (indices, shape) in [(0, 2), (3, 5)] {
                Places::new(&arrays[indices], &arrays[shape])?.flat()?;
            }
            let union = Union::new(arrays)?;
            let [a, b] = union.values(&arrays[1], &arrays[4])?;
            let op: &dyn Op = if GREATER { &Maximum } else { &Minimum };
            let values = applied(op, &[&a, &b])?.swap_remove(0);
            Ok(vec![indices_of(&union.rows.concat(), arrays[2].len(), DType::Int64)?, values])
        }))
    }
}

impl SparseTensor {
    /// Its sum with another sparse tensor of its shape (`tf.sparse_add`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0], [2]], array![1.0, 2.0], [3]);
    /// let y = SparseTensor::from_parts(&tf, &[[1], [2]], array![5.0, 7.0], [3]);
    /// let sum = x.add(&y).to_dense(0.0);
    /// assert_eq!(Session::new(&tf)?.run(&sum, feeds![])?, array![1.0, 5.0, 9.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn add(&self, other: &SparseTensor) -> SparseTensor {
        let threshold = match self.values.dtype() {
            Some(DType::Int64) => long(self.values.graph(), 0),
            _ => self.values.graph().constant_like(0.0, &self.values),
        };
        let mut inputs = self.parts().to_vec();
        inputs.extend(other.parts());
        inputs.push(&threshold);
        let node = self.values.graph().add_op(SparseAdd, &inputs, None);
        SparseTensor::new(&node.output(0), &node.output(1), &node.output(2))
    }

    /// At each place that either has, the greater of both, where what is not there is 0 (`tf.sparse_maximum`).
    #[track_caller]
    #[must_use]
    pub fn maximum(&self, other: &SparseTensor) -> SparseTensor {
        self.extreme(Extreme::<true>, other)
    }

    /// At each place that either has, the lesser of both, where what is not there is 0 (`tf.sparse_minimum`).
    #[track_caller]
    #[must_use]
    pub fn minimum(&self, other: &SparseTensor) -> SparseTensor {
        self.extreme(Extreme::<false>, other)
    }

    #[track_caller]
    fn extreme(&self, op: impl Op, other: &SparseTensor) -> SparseTensor {
        let inputs: Vec<&Tensor> = self.parts().into_iter().chain(other.parts()).collect();
        let node = self.values.graph().add_op(op, &inputs, None);
        SparseTensor::new(&node.output(0), &node.output(1), &self.dense_shape)
    }
}

fn two(tf: &crate::Graph, x: &[Tensor]) -> [SparseTensor; 2] {
    [
        SparseTensor::from_parts(tf, &[[0, 1], [1, 0]], &x[0], [2, 3]),
        SparseTensor::from_parts(tf, &[[0, 0], [1, 0], [1, 2]], &x[1], [2, 3]),
    ]
}

pub(in crate::ops) fn sparse_add_cases() -> Vec<Case> {
    let build = |threshold: f32| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let [a, b] = two(tf, x);
            let threshold = tf.constant(threshold).cast_to(x[0].dtype_or(DType::Float32));
            let mut inputs = a.parts().to_vec();
            inputs.extend(b.parts());
            inputs.push(&threshold);
            let node = tf.add_op(SparseAdd, &inputs, None);
            vec![node.output(0), node.output(1)]
        }
    };
    let long = |array: Array| as_type(array, DType::Int64);
    vec![
        Case::fed("all", [array![1.0, 2.0], array![3.0, 4.0, 5.0]], build(0.0))
            .expecting([long(array![[0, 0], [0, 1], [1, 0], [1, 2]]), array![3.0, 1.0, 6.0, 5.0]]),
        Case::fed("large ones", [array![1.0, 2.0], array![3.0, -4.0, 5.0]], build(2.5))
            .expecting([long(array![[0, 0], [0, 1], [1, 2]]), array![3.0, 1.0, 5.0]]),
        Case::fed("integers", [array![1, 2], array![3, 4, 5]], build(0.0)),
    ]
}

pub(in crate::ops) fn sparse_add_grad_cases() -> Vec<Case> {
    vec![
        Case::fed(
            "some are left out",
            [array![1.0, 2.0], array![3.0, -4.0, 5.0], array![7.0, 9.0]],
            |tf, x| {
                let x: Vec<Tensor> = x.iter().map(Tensor::stop_gradient).collect();
                let [a, b] = two(tf, &x);
                let sum = SparseTensor::from_parts(tf, &[[0, 0], [1, 0]], &x[2], [2, 3]);
                let inputs = [&x[2], &a.indices, &b.indices, &sum.indices];
                let node = tf.add_op(ByArrays(SparseAddGrad), &inputs, None);
                vec![node.output(0), node.output(1)]
            },
        )
        .expecting([array![0.0, 9.0], array![7.0, 9.0, 0.0]]),
    ]
}

fn extreme_cases<const GREATER: bool>(answer: Array) -> Vec<Case> {
    vec![
        Case::fed("a union", [array![1.0, 2.0], array![-3.0, 4.0, 5.0]], |tf, x| {
            let x: Vec<Tensor> = x.iter().map(Tensor::stop_gradient).collect();
            let [a, b] = two(tf, &x);
            vec![a.extreme(Extreme::<GREATER>, &b).values]
        })
        .expecting([answer]),
    ]
}

pub(in crate::ops) fn sparse_sparse_maximum_cases() -> Vec<Case> {
    extreme_cases::<true>(array![0.0, 1.0, 4.0, 5.0])
}

pub(in crate::ops) fn sparse_sparse_minimum_cases() -> Vec<Case> {
    extreme_cases::<false>(array![-3.0, 0.0, 2.0, 0.0])
}
