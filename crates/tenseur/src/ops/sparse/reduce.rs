//! Sums and maxima of sparse tensors along axes, as dense tensors or sparse ones. Where there is no element, the result is 0.

use std::collections::BTreeMap;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{IntoShape, normalised_axis, wrong_count};
use crate::ops::segment::{MAX, SUM, folded};
use crate::ops::sparse::{Places, SparseTensor, indices_of, kept, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// A sparse tensor, whose parts are the first three inputs, summed (or its greatest taken) along axes, the fourth: as a
/// dense tensor or, if SPARSE, a sparse one.
#[derive(Clone, Debug)]
pub struct SparseReduce<const GREATEST: bool, const SPARSE: bool> {
    /// Whether the axes stay, with size 1.
    pub keep_dims: bool,
}

/// Sums.
pub type SparseReduceSum = SparseReduce<false, false>;
/// Sums, as a sparse tensor.
pub type SparseReduceSumSparse = SparseReduce<false, true>;
/// Maxima.
pub type SparseReduceMax = SparseReduce<true, false>;
/// Maxima, as a sparse tensor.
pub type SparseReduceMaxSparse = SparseReduce<true, true>;

/// Which axes are reduced.
fn reduced(axes: &[i64], rank: usize) -> Result<Vec<bool>, Reason> {
    let mut reduced = vec![false; rank];
    for &axis in axes {
        reduced[normalised_axis(axis, rank)?] = true;
    }
    Ok(reduced)
}

impl<const GREATEST: bool, const SPARSE: bool> SparseReduce<GREATEST, SPARSE> {
    /// What is left of each axis of something that has one entry for each, `one` in place of a reduced axis.
    fn left<T: Copy>(&self, entries: &[T], reduced: &[bool], one: T) -> Vec<T> {
        let all = entries.iter().zip(reduced);
        match self.keep_dims {
            true => all.map(|(&entry, &reduced)| if reduced { one } else { entry }).collect(),
            false => all.filter(|(_, reduced)| !**reduced).map(|(&entry, _)| entry).collect(),
        }
    }
}

impl<const GREATEST: bool, const SPARSE: bool> Op for SparseReduce<GREATEST, SPARSE> {
    fn name(&self) -> &'static str {
        match (GREATEST, SPARSE) {
            (false, false) => "SparseReduceSum",
            (false, true) => "SparseReduceSumSparse",
            (true, false) => "SparseReduceMax",
            (true, true) => "SparseReduceMaxSparse",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("keep_dims", self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(SparseReduce { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, axes] = inputs else { return Err(wrong_count(4, inputs)) };
        let (_, rank) = parts(indices, values, shape)?;
        if !values.dtype.is_number() && (GREATEST || !values.dtype.is_complex()) {
            return Err(format!("it takes numbers, not {}", values.dtype).into());
        }
        if axes.dtype != DType::Int32 || axes.shape.rank().is_some_and(|rank| rank > 1) {
            return Err(format!("axes are a vector of int32, or one, and not {axes}").into());
        }
        let reduced = match (axes.integers(), rank) {
            (Some(axes), Some(rank)) => Some(reduced(&axes, rank)?),
            _ => None,
        };
        let sizes = match (shape.known_integers(), rank) {
            (Some(sizes), _) => Some(sizes.iter().map(|size| usize::try_from((*size)?).ok()).collect()),
            (None, Some(rank)) => Some(vec![None; rank]),
            (None, None) => None,
        };
        let out: PartialShape = match (sizes, reduced) {
            (Some(sizes), Some(reduced)) => self.left(&sizes, &reduced, Some(1)).into(),
            _ => rank.filter(|_| self.keep_dims).map_or(PartialShape::unknown(), PartialShape::of_rank),
        };
        if !SPARSE {
            return Ok(Fact::new(values.dtype, out).one());
        }
        let indices = Fact::new(DType::Int64, [None, out.rank()].into_iter().collect::<PartialShape>());
        Ok([indices, Fact::new(values.dtype, [None]), Fact::new(DType::Int64, [out.rank()])]
            .into_iter()
            .collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        if GREATEST || SPARSE {
            return Grad::Undefined("TensorFlow has no gradient of it");
        }
        Grad::rule(|node, dy| {
            let kept = kept(node.x(2), node.x(3));
            // A reduced axis has size 1.
            let sizes = node.x(2) * &kept + (kept.ones_like() - &kept);
            let dy = dy.reshape(&sizes);
            [None, Some(dy.gather_nd(node.x(0) * &kept)), None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        let fold = if GREATEST { MAX } else { SUM };
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            let reduced = reduced(&arrays[3].to_i64()?, places.rank())?;
            let sizes = op.left(&places.sizes, &reduced, 1);
            let rows: Vec<Vec<i64>> =
                places.rows().into_iter().map(|row| op.left(row, &reduced, 0)).collect();
            if !SPARSE {
                // TensorFlow looks only at what is left of an index.
                let outside =
                    |row: &&Vec<i64>| row.iter().zip(&sizes).any(|(i, size)| !(0..*size).contains(i));
                if let Some(row) = rows.iter().find(outside) {
                    let text =
                        format!("an index, {row:?} along the axes that are left, is outside {sizes:?}");
                    return Err(Reason::new(Code::Internal, text));
                }
                let place =
                    |row: &Vec<i64>| row.iter().zip(&sizes).fold(0, |place, (i, size)| place * size + i);
                let ids: Vec<i64> = rows.iter().map(place).collect();
                let shape: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
                let count = Array::zeros(DType::Bool, shape.clone())?.len();
                return Ok(vec![folded(fold, &arrays[1], &ids, count, |_| 1.0)?.reshape(shape)?]);
            }
            let mut numbers: BTreeMap<&Vec<i64>, i64> = rows.iter().map(|row| (row, 0)).collect();
            numbers.values_mut().zip(0..).for_each(|(number, next)| *number = next);
            let ids: Vec<i64> = rows.iter().map(|row| numbers[row]).collect();
            let indices: Vec<i64> = numbers.keys().flat_map(|row| row.iter().copied()).collect();
            let indices = match sizes.is_empty() {
                true => Array::zeros(DType::Int64, [numbers.len(), 0])?,
                false => indices_of(&indices, sizes.len(), DType::Int64)?,
            };
            let values = folded(fold, &arrays[1], &ids, numbers.len(), |_| 1.0)?;
            Ok(vec![indices, values, Array::new([sizes.len()], sizes)?])
        }))
    }
}

impl SparseTensor {
    /// Its sums along axes, as a dense tensor (`tf.sparse_reduce_sum`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 1], [0, 2]], array![2.0, 3.0], [2, 3]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reduce_sum([1]), feeds![])?, array![5.0, 0.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_sum(&self, axes: impl IntoShape) -> Tensor {
        let axes = axes.into_shape(&self.values);
        let [indices, values, shape] = self.parts();
        values.graph().add(SparseReduceSum { keep_dims: false }, &[indices, values, shape, &axes])
    }

    /// Its greatest along axes, as a dense tensor (`tf.sparse_reduce_max`); 0 where there is none.
    #[track_caller]
    pub fn reduce_max(&self, axes: impl IntoShape) -> Tensor {
        let axes = axes.into_shape(&self.values);
        let [indices, values, shape] = self.parts();
        values.graph().add(SparseReduceMax { keep_dims: false }, &[indices, values, shape, &axes])
    }
}

fn cases<const GREATEST: bool, const SPARSE: bool>(answers: Vec<Array>) -> Vec<Case> {
    let build = |axes: &'static [i32], keep_dims| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let x = if GREATEST || SPARSE { x[0].stop_gradient() } else { x[0].clone() };
            let sparse = SparseTensor::from_parts(tf, &[[0, 1], [0, 2], [2, 1]], &x, [3, 4]);
            let [indices, values, shape] = sparse.parts();
            let axes = axes.into_shape(&x);
            let op = SparseReduce::<GREATEST, SPARSE> { keep_dims };
            let node = tf.add_op(op, &[indices, values, shape, &axes], None);
            (0..if SPARSE { 3 } else { 1 }).map(|output| node.output(output)).collect()
        }
    };
    let values = || array![2.0, 3.0, -4.0];
    vec![
        Case::fed("rows", [values()], build(&[1], false)).expecting(answers),
        Case::fed("columns, kept", [values()], build(&[-2], true)),
        Case::fed("all", [values()], build(&[0, 1], false)),
        Case::fed("along none", [values()], build(&[], false)),
        Case::fed("integers", [array![2, 3, -4]], build(&[0], false)),
    ]
}

pub(in crate::ops) fn sparse_reduce_sum_cases() -> Vec<Case> {
    cases::<false, false>(vec![array![5.0, 0.0, -4.0]])
}

pub(in crate::ops) fn sparse_reduce_max_cases() -> Vec<Case> {
    cases::<true, false>(vec![array![3.0, 0.0, -4.0]])
}

fn sparse_answers(values: Array) -> Vec<Array> {
    let long = |array: Array| as_type(array, DType::Int64);
    vec![long(array![[0], [2]]), values, long(array![3])]
}

pub(in crate::ops) fn sparse_reduce_sum_sparse_cases() -> Vec<Case> {
    cases::<false, true>(sparse_answers(array![5.0, -4.0]))
}

pub(in crate::ops) fn sparse_reduce_max_sparse_cases() -> Vec<Case> {
    cases::<true, true>(sparse_answers(array![3.0, -4.0]))
}
