//! Pieces of sparse tensors: a box (SparseSlice), and equal parts along an axis (SparseSplit).

use std::collections::HashMap;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{IntoShape, must_be_scalar, must_be_vector, normalised_axis, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::{Places, SparseTensor, indices_of, numbered, parts};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The elements of a sparse tensor that lie in a box: inputs are its parts, where the box starts, and its sizes, which are
/// cut at the tensor's end.
#[derive(Clone, Debug)]
pub struct SparseSlice;

impl Op for SparseSlice {
    fn name(&self) -> &'static str {
        "SparseSlice"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseSlice, Reason> {
        Ok(SparseSlice)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, start, size] = inputs else { return Err(wrong_count(5, inputs)) };
        let (_, rank) = parts(indices, values, shape)?;
        for (what, vector) in [("start", start), ("size", size)] {
            must_be_vector(vector, what)?;
            if rank.zip(vector.shape.size(0)).is_some_and(|(rank, count)| rank != count) {
                return Err(format!("{what} is {vector}, and there are {} axes", rank.unwrap_or(0)).into());
            }
        }
        Ok(piece(values.dtype, rank).into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            // Which elements were in the box is what the numbers of the elements become.
            let gradient = node.dy(1).map(|dy| {
                let numbers = numbered(node.x(1));
                let inputs = [node.x(0), &numbers, node.x(2), node.x(3), node.x(4)];
                scattered(dy, &dy.graph().add_op(SparseSlice, &inputs, None).output(1), node)
            });
            vec![None, gradient, None, None, None]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(5, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            let (start, size) = (arrays[3].to_i64()?, arrays[4].to_i64()?);
            if let Some(negative) = start.iter().chain(&size).find(|number| **number < 0) {
                return Err(format!("start and size are 0 or more, and one is {negative}").into());
            }
            let sizes = places.sizes.iter().zip(start.iter().zip(&size));
            let sizes: Vec<i64> =
                sizes.map(|(&all, (&start, &size))| size.min((all - start).max(0))).collect();
            cut(&places, &arrays[1], &start, &sizes)
        }))
    }
}

/// Facts of a sparse tensor of which only the number of axes is known.
fn piece(dtype: DType, rank: Option<usize>) -> [Fact; 3] {
    let indices = Fact::new(DType::Int64, [None, rank].into_iter().collect::<PartialShape>());
    [indices, Fact::new(dtype, [None]), Fact::new(DType::Int64, [rank])]
}

/// The elements of a box, with indices counted from its start, as indices, values and shape.
fn cut(places: &Places, values: &Array, start: &[i64], sizes: &[i64]) -> Result<Vec<Array>, Reason> {
    let (mut indices, mut from) = (Vec::new(), Vec::new());
    for (number, row) in places.rows().into_iter().enumerate() {
        let moved: Vec<i64> = row.iter().zip(start).map(|(index, start)| index - start).collect();
        if moved.iter().zip(sizes).all(|(&index, &size)| (0..size).contains(&index)) {
            indices.extend(moved);
            from.push(Some((0, number)));
        }
    }
    let count = from.len();
    Ok(vec![
        indices_of(&indices, places.rank(), DType::Int64)?,
        assemble(&[values], 1, [count], from)?,
        Array::new([sizes.len()], sizes)?,
    ])
}

/// What flows back to the values of which some, by number, were taken.
#[track_caller]
fn scattered(dy: &Tensor, numbers: &Tensor, node: &Backward<'_>) -> Tensor {
    let values = if node.inputs() == 4 { node.x(2) } else { node.x(1) };
    dy.unsorted_segment_sum(numbers, values.shape_tensor().at(0))
}

/// What flows back to the values of a [`SparseSlice`]: inputs are the gradient, the indices of the whole, where the box
/// starts, and the indices of what was in it.
#[derive(Clone, Debug)]
pub struct SparseSliceGrad;

impl OverArrays for SparseSliceGrad {
    const NAME: &'static str = "SparseSliceGrad";
    const NO_GRADIENT: &'static str = "TensorFlow takes a gradient of a slice as given";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseSliceGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, indices, start, cut] = inputs else { return Err(wrong_count(4, inputs)) };
        parts(cut, dy, start)?;
        parts(indices, &Fact::new(dy.dtype, [indices.shape.size(0)]), start)?;
        Ok(Fact::new(dy.dtype, [indices.shape.size(0)]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (start, rank) = (inputs[2].to_i64()?, inputs[2].len().max(1));
        let cut = inputs[3].to_i64()?;
        let moved =
            cut.chunks(rank).map(|row| row.iter().zip(&start).map(|(i, s)| i.wrapping_add(*s)).collect());
        let numbers: HashMap<Vec<i64>, usize> = moved.zip(0..).collect();
        let indices = inputs[1].to_i64()?;
        let from = indices.chunks(rank).map(|row| numbers.get(row).map(|&number| (0, number)));
        Ok(vec![assemble(&[&inputs[0]], 1, [inputs[1].shape()[0]], from)?])
    }
}

/// A sparse tensor in parts along an axis, the first input; the first parts are longer by one where it does not divide.
/// Outputs are the indices of all parts, then the values of all, then the shapes.
#[derive(Clone, Debug)]
pub struct SparseSplit {
    /// How many parts.
    pub num_split: usize,
}

impl Op for SparseSplit {
    fn name(&self) -> &'static str {
        "SparseSplit"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[2].dtype).with("num_split", self.num_split as i64)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SparseSplit, Reason> {
        let asked: i64 = attrs.require("num_split")?;
        // No tensor has more parts than that; a file could ask for any number.
        match usize::try_from(asked) {
            Ok(num_split @ 1..=65_536) => Ok(SparseSplit { num_split }),
            _ => Err(format!("attribute \"num_split\" is {asked}; it is 1 or more, at most 65536").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [axis, indices, values, shape] = inputs else { return Err(wrong_count(4, inputs)) };
        must_be_scalar(axis, "the axis")?;
        let (_, rank) = parts(indices, values, shape)?;
        let facts = piece(values.dtype, rank);
        Ok(facts.into_iter().flat_map(|fact| std::iter::repeat_n(fact, self.num_split)).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let count = self.num_split;
        Grad::Rule(Box::new(move |node| {
            let mut terms = Vec::new();
            let numbers = numbered(node.x(2));
            let inputs = [node.x(0), node.x(1), &numbers, node.x(3)];
            let again = numbers.graph().add_op(self.clone(), &inputs, None);
            for part in count..2 * count {
                terms.extend(node.dy(part).map(|dy| scattered(dy, &again.output(part), node)));
            }
            let gradient = (!terms.is_empty()).then(|| numbers.graph().add_n(&terms));
            vec![None, None, gradient, None]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let count = self.num_split as i64;
        Ok(Lowered::host(4, move |arrays| {
            let places = Places::new(&arrays[1], &arrays[3])?;
            places.flat()?;
            let axis = arrays[0].to_i64()?;
            let axis = normalised_axis(axis.first().copied().unwrap_or(0), places.rank())?;
            let whole = places.sizes[axis];
            if count > whole {
                return Err(format!("it does not make {count} parts of an axis of {whole}").into());
            }
            let (mut start, mut sizes) = (vec![0; places.rank()], places.sizes.clone());
            let mut outputs = [Vec::new(), Vec::new(), Vec::new()];
            for part in 0..count {
                sizes[axis] = whole / count + i64::from(part < whole % count);
                let piece = cut(&places, &arrays[2], &start, &sizes)?;
                outputs.iter_mut().zip(piece).for_each(|(all, one)| all.push(one));
                start[axis] += sizes[axis];
            }
            Ok(outputs.into_iter().flatten().collect())
        }))
    }
}

impl SparseTensor {
    /// The elements in the box of `size` from `start` on, which is cut at the tensor's end (`tf.sparse_slice`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 0], [1, 2]], array![5.0, 7.0], [2, 3]);
    /// let y = x.slice([1, 1], [1, 2]).to_dense(0.0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 7.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn slice(&self, start: impl IntoShape, size: impl IntoShape) -> SparseTensor {
        let [indices, values, shape] = self.parts();
        let start = start.into_shape(values).cast_to(DType::Int64);
        let size = size.into_shape(values).cast_to(DType::Int64);
        let node = values.graph().add_op(SparseSlice, &[indices, values, shape, &start, &size], None);
        SparseTensor::new(&node.output(0), &node.output(1), &node.output(2))
    }

    /// It in `parts` parts along an axis, the first ones longer by one where it does not divide (`tf.sparse_split`).
    #[track_caller]
    pub fn split(&self, parts: usize, axis: i64) -> Vec<SparseTensor> {
        let [indices, values, shape] = self.parts();
        let axis = super::long(values.graph(), axis);
        let op = SparseSplit { num_split: parts };
        let node = values.graph().add_op(op, &[&axis, indices, values, shape], None);
        let part = |i: usize| [i, i + parts, i + 2 * parts].map(|output| node.output(output));
        (0..parts)
            .map(part)
            .map(|[indices, values, shape]| SparseTensor::new(&indices, &values, &shape))
            .collect()
    }
}

fn sample(tf: &crate::Graph, values: &Tensor) -> SparseTensor {
    SparseTensor::from_parts(tf, &[[0, 1], [0, 4], [1, 0], [1, 2]], values, [2, 5])
}

pub(in crate::ops) fn sparse_slice_cases() -> Vec<Case> {
    let build = |start: &'static [i32], size: &'static [i32]| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let cut = sample(tf, &x[0]).slice(start, size);
            vec![cut.indices, cut.values, cut.dense_shape]
        }
    };
    let long = |array: Array| as_type(array, DType::Int64);
    let values = || array![1.0, 2.0, 3.0, 4.0];
    vec![
        Case::fed("a box", [values()], build(&[0, 1], &[2, 2])).expecting([
            long(array![[0, 0], [1, 1]]),
            array![1.0, 4.0],
            long(array![2, 2]),
        ]),
        Case::fed("over the end", [values()], build(&[1, 2], &[9, 9])).expecting([
            long(array![[0, 0]]),
            array![4.0],
            long(array![1, 3]),
        ]),
        Case::fed("nothing", [values()], build(&[0, 2], &[1, 2])),
    ]
}

pub(in crate::ops) fn sparse_slice_grad_cases() -> Vec<Case> {
    vec![
        Case::fed("a box", [array![5.0, 7.0]], |tf, x| {
            let whole = sample(tf, &tf.constant(array![1.0, 2.0, 3.0, 4.0]));
            let cut = whole.slice([0, 1], [2, 2]);
            let start = [0, 1].into_shape(&x[0]).cast::<i64>();
            let dy = x[0].stop_gradient();
            vec![tf.add(ByArrays(SparseSliceGrad), &[&dy, &whole.indices, &start, &cut.indices])]
        })
        .expecting([array![5.0, 0.0, 0.0, 7.0]]),
    ]
}

pub(in crate::ops) fn sparse_split_cases() -> Vec<Case> {
    let build = |parts, axis| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let parts = sample(tf, &x[0]).split(parts, axis);
            parts.into_iter().flat_map(|part| [part.indices, part.values, part.dense_shape]).collect()
        }
    };
    let long = |array: Array| as_type(array, DType::Int64);
    let values = || array![1.0, 2.0, 3.0, 4.0];
    vec![
        Case::fed("columns", [values()], build(2, 1)).expecting([
            long(array![[0, 1], [1, 0], [1, 2]]),
            array![1.0, 3.0, 4.0],
            long(array![2, 3]),
            long(array![[0, 1]]),
            array![2.0],
            long(array![2, 2]),
        ]),
        Case::fed("rows", [values()], build(2, -2)),
    ]
}
