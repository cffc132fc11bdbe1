//! What is there once of what is there often (Unique and its kin), and what is in one list and not in another (ListDiff).
//!
//! Of any type, strings included. −0 is 0, and a NaN is no other NaN.

use std::collections::{HashMap, HashSet};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, normalised_axis, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape, room};

/// The different elements of a vector, in the order in which they first come, and for each element which of them it is;
/// WITH_COUNTS also how often each comes. Where AXIS, a second input says along which axis of a tensor the slices are
/// compared.
#[derive(Clone, Debug)]
pub struct Different<const AXIS: bool, const WITH_COUNTS: bool> {
    /// The type of the indices: int32 or int64.
    pub out_idx: DType,
}

/// Different elements of a vector.
pub type Unique = Different<false, false>;
/// Different slices along an axis.
pub type UniqueV2 = Different<true, false>;
/// Different elements of a vector, counted.
pub type UniqueWithCounts = Different<false, true>;
/// Different slices along an axis, counted.
pub type UniqueWithCountsV2 = Different<true, true>;

impl<const AXIS: bool, const WITH_COUNTS: bool> Op for Different<AXIS, WITH_COUNTS> {
    fn name(&self) -> &'static str {
        match (AXIS, WITH_COUNTS) {
            (false, false) => "Unique",
            (true, false) => "UniqueV2",
            (false, true) => "UniqueWithCounts",
            (true, true) => "UniqueWithCountsV2",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("out_idx", self.out_idx);
        if AXIS { attrs.with("Taxis", node.inputs[1].dtype) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Different { out_idx: index_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 1 + usize::from(AXIS) {
            return Err(wrong_count(1 + usize::from(AXIS), inputs));
        }
        if AXIS {
            must_be_index(inputs[1], "the axis")?;
        }
        let x = inputs[0];
        let axes = if AXIS { inputs[1].integers() } else { Some(vec![]) };
        let (shape, length) = match (x.shape.sizes(), axes) {
            (Some(sizes), Some(axes)) => {
                let axis = axis_of(&axes, sizes.len())?;
                let mut shape = sizes.to_vec();
                shape[axis] = None;
                (shape.into(), sizes[axis])
            }
            _ => (PartialShape::unknown(), None),
        };
        let indices = Fact::new(self.out_idx, [length]);
        let counts = WITH_COUNTS.then(|| Fact::new(self.out_idx, [None]));
        Ok([Fact::new(x.dtype, shape), indices].into_iter().chain(counts).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow takes which elements are different as given")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let index = self.out_idx;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let x = &arrays[0];
            let axes = arrays.get(1).map_or(Ok(vec![]), Array::to_i64)?;
            let axis = axis_of(&axes, x.shape().rank())?;
            let shape = x.shape();
            let (outer, count) = (shape[..axis].iter().product::<usize>(), shape[axis]);
            let inner = shape[axis + 1..].iter().product::<usize>();
            let keys = keys(x)?;
            let slice = |k: usize| -> Option<Vec<&[u8]>> {
                let cells = (0..outer * inner).map(|i| &keys[(i / inner * count + k) * inner + i % inner]);
                cells.map(|key| key.as_deref()).collect()
            };
            let mut first: Vec<usize> = Vec::new();
            let mut known: HashMap<Vec<&[u8]>, usize> = HashMap::new();
            let mut of: Vec<i64> = room(count)?;
            let mut counts: Vec<i64> = Vec::new();
            for k in 0..count {
                let number = match slice(k) {
                    Some(key) => *known.entry(key).or_insert(first.len()),
                    None => first.len(),
                };
                if number == first.len() {
                    first.push(k);
                    counts.push(0);
                }
                counts[number] += 1;
                of.push(number as i64);
            }
            let mut different: Vec<usize> = shape.to_vec();
            different[axis] = first.len();
            // Of nothing nothing is taken, from however many places.
            let outer = if first.is_empty() { 0 } else { outer };
            let from = (0..outer).flat_map(|o| first.iter().map(move |k| Some((0, o * count + k))));
            let values = assemble(&[x], inner, different, from)?;
            let integers =
                |values: &[i64]| Ok::<_, Reason>(as_type(Array::new([values.len()], values)?, index));
            let mut outputs = vec![values, integers(&of)?];
            if WITH_COUNTS {
                outputs.push(integers(&counts)?);
            }
            Ok(outputs)
        }))
    }
}

/// The elements of x, the first input, that y, the second, does not have, and their places in x: both vectors.
#[derive(Clone, Debug)]
pub struct ListDiff {
    /// The type of the places: int32 or int64.
    pub out_idx: DType,
}

impl Op for ListDiff {
    fn name(&self) -> &'static str {
        "ListDiff"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("out_idx", self.out_idx)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ListDiff, Reason> {
        Ok(ListDiff { out_idx: index_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        let vector = |fact: &Fact| fact.shape.rank().is_none_or(|rank| rank == 1);
        if x.dtype != y.dtype || !vector(x) || !vector(y) {
            return Err(format!("it takes two vectors of one type, not {x} and {y}").into());
        }
        // Known where both are, so that axes that are left over make a shape.
        let count = match (&x.value, &y.value) {
            (Some(x), Some(y)) => Some(left_over(x, y)?.len()),
            _ => None,
        };
        Ok([Fact::new(x.dtype, [count]), Fact::new(self.out_idx, [count])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow takes which elements are left over as given")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let index = self.out_idx;
        Ok(Lowered::arrays("ListDiff", node, move |arrays| {
            let places = left_over(&arrays[0], &arrays[1])?;
            let from = places.iter().map(|&place| Some((0, place)));
            let values = assemble(&[&arrays[0]], 1, [places.len()], from)?;
            let places: Vec<i64> = places.iter().map(|&place| place as i64).collect();
            Ok(vec![values, as_type(Array::new([places.len()], places)?, index)])
        }))
    }
}

/// The places of x whose elements y does not have.
fn left_over(x: &Array, y: &Array) -> Result<Vec<usize>, Reason> {
    let taken = keys(y)?;
    let taken: HashSet<&[u8]> = taken.iter().filter_map(|key| key.as_deref()).collect();
    let keys = keys(x)?;
    let left = |place: &usize| keys[*place].as_deref().is_none_or(|key| !taken.contains(key));
    Ok((0..keys.len()).filter(left).collect())
}

/// What two equal elements have in common and different ones do not; nothing for a NaN.
pub(super) fn keys(array: &Array) -> Result<Vec<Option<std::borrow::Cow<'_, [u8]>>>, Reason> {
    use std::borrow::Cow;
    if let Ok(strings) = array.as_strings() {
        return Ok(strings.iter().map(|string| Some(Cow::Borrowed(&string[..]))).collect());
    }
    let bytes = array.bytes()?.chunks_exact(array.dtype().size().unwrap_or(1));
    if !array.dtype().is_float() {
        return Ok(bytes.map(|bytes| Some(Cow::Borrowed(bytes))).collect());
    }
    let numbers = array.to_f64()?;
    let keys = bytes.zip(numbers).map(|(bytes, number)| match number {
        number if number.is_nan() => None,
        0.0 => Some(Cow::Owned(vec![0; bytes.len()])),
        _ => Some(Cow::Borrowed(bytes)),
    });
    Ok(keys.collect())
}

/// The axis that a vector of at most one says; without one, the only axis of a vector.
fn axis_of(axes: &[i64], rank: usize) -> Result<usize, Reason> {
    match axes {
        [axis] => normalised_axis(*axis, rank),
        [] if rank == 1 => Ok(0),
        [] => Err(format!("it takes a vector, or an axis, and got {rank} axes").into()),
        _ => Err(format!("it compares along one axis, not {axes:?}").into()),
    }
}

/// The attribute `out_idx`.
pub(super) fn index_type(attrs: &Attrs) -> Result<DType, Reason> {
    match attrs.optional("out_idx", DType::Int32)? {
        dtype @ (DType::Int32 | DType::Int64) => Ok(dtype),
        other => Err(format!("attribute \"out_idx\" is {other}; it is int32 or int64").into()),
    }
}

impl Tensor {
    /// The different elements of a vector, in the order in which they first come, and for each element the number of its
    /// like among them (`tf.unique`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (y, of) = tf.constant(array![4, 1, 4]).unique();
    /// assert_eq!(Session::new(&tf)?.run((&y, &of), feeds![])?, (array![4, 1], array![0, 1, 0]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn unique(&self) -> (Tensor, Tensor) {
        let op = self.graph().add_op(Unique { out_idx: DType::Int32 }, &[self], None);
        (op.output(0), op.output(1))
    }

    /// As [`unique`](Tensor::unique), and how often each comes (`tf.unique_with_counts`).
    #[track_caller]
    pub fn unique_with_counts(&self) -> (Tensor, Tensor, Tensor) {
        let op = self.graph().add_op(UniqueWithCounts { out_idx: DType::Int32 }, &[self], None);
        (op.output(0), op.output(1), op.output(2))
    }

    /// The elements of this vector that `y` does not have, and their places (`tf.setdiff1d`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (left, at) = tf.constant(array![5, 6, 7]).setdiff1d(&tf.constant(array![6]));
    /// assert_eq!(Session::new(&tf)?.run((&left, &at), feeds![])?, (array![5, 7], array![0, 2]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn setdiff1d(&self, y: &Tensor) -> (Tensor, Tensor) {
        let op = self.graph().add_op(ListDiff { out_idx: DType::Int32 }, &[self, y], None);
        (op.output(0), op.output(1))
    }
}

fn different_cases<const AXIS: bool, const WITH_COUNTS: bool>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &Tensor, axis: &[i32], out_idx| {
        let axis = tf.constant(Array::new([axis.len()], axis).unwrap_or(array![0]));
        let inputs = if AXIS { vec![x, &axis] } else { vec![x] };
        let op = tf.add_op(Different::<AXIS, WITH_COUNTS> { out_idx }, &inputs, None);
        (0..2 + usize::from(WITH_COUNTS)).map(|i| op.output(i)).collect::<Vec<_>>()
    };
    let nan = f32::NAN;
    let mut cases = vec![
        Case::fed("vector", [array![3, 1, 3, 2, 1, 3]], move |tf, x| build(tf, &x[0], &[], DType::Int32))
            .expecting([array![3, 1, 2], array![0, 1, 0, 2, 1, 0], array![3, 2, 1]]),
        Case::fed("zeros and NaN", [array![0.0, nan, -0.0, nan]], move |tf, x| {
            build(tf, &x[0], &[], DType::Int64)
        })
        .at_kink()
        .expecting([array![0.0, nan, nan], as_type(array![0, 1, 0, 2], DType::Int64)]),
        Case::fed("strings", [array!["b", "a", "b"]], move |tf, x| build(tf, &x[0], &[], DType::Int32))
            .expecting([array!["b", "a"], array![0, 1, 0]]),
        Case::fed("nothing", [Array::from_literal([0; 0])], move |tf, x| build(tf, &x[0], &[], DType::Int32)),
    ];
    if AXIS {
        let rows = array![[1, 2], [3, 4], [1, 2]];
        cases.push(
            Case::fed("rows", [rows.clone()], move |tf, x| build(tf, &x[0], &[0], DType::Int32)).expecting([
                array![[1, 2], [3, 4]],
                array![0, 1, 0],
                array![2, 1],
            ]),
        );
        cases.push(
            Case::fed("columns", [array![[1, 2, 1], [3, 4, 3]]], move |tf, x| {
                build(tf, &x[0], &[-1], DType::Int32)
            })
            .expecting([array![[1, 2], [3, 4]], array![0, 1, 0], array![2, 1]]),
        );
    }
    cases
}

pub(super) fn unique_cases() -> Vec<Case> {
    different_cases::<false, false>()
}

pub(super) fn unique_v2_cases() -> Vec<Case> {
    different_cases::<true, false>()
}

pub(super) fn unique_with_counts_cases() -> Vec<Case> {
    different_cases::<false, true>()
}

pub(super) fn unique_with_counts_v2_cases() -> Vec<Case> {
    different_cases::<true, true>()
}

pub(super) fn list_diff_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = tf.add_op(ListDiff { out_idx: DType::Int32 }, &[&x[0], &x[1]], None);
        vec![op.output(0), op.output(1)]
    };
    vec![
        Case::fed("integers", [array![1, 2, 3, 2, 4], array![2, 5]], build)
            .expecting([array![1, 3, 4], array![0, 2, 4]]),
        Case::fed("strings", [array!["a", "b"], array!["a"]], build).expecting([array!["b"], array![1]]),
        Case::new("the axes that stay", |tf| {
            let (left, _) = tf.range(0, 3, 1).setdiff1d(&tf.constant(array![1]));
            vec![
                tf.fill(Shape::from([2, 3, 4]).iter().map(|&s| s as i32).collect::<Vec<_>>().as_slice(), 1.0)
                    .reduce_sum(&left),
            ]
        }),
    ]
}
