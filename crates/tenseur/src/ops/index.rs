//! Looking things up by index: gather and one-hot.

use smallvec::smallvec;
use tenseur_kernels::{GatherKernel, OneHotKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{known_integer, must_be_index, must_be_index_or, must_be_scalar, wrong_count};
use crate::ops::reduce::normalised_axis;
use crate::ops::segment::UnsortedSegmentSum;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// Slices of x, the first input, taken along an axis, the third, by indices, the second: the output has the indices'
/// shape in the place of the axis. An index outside `[0, size)` is an error. The first `batch_dims` axes x and the indices
/// have in common: each element of such a batch is gathered on its own. (Gather, along axis 0, is a spelling of it.)
#[derive(Clone, Debug)]
pub struct GatherV2 {
    /// How many first axes x and the indices share; counted from the rank of the indices where it is negative.
    pub batch_dims: i64,
}

impl Op for GatherV2 {
    fn name(&self) -> &'static str {
        "GatherV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Taxis", node.inputs[2].dtype)
            .with("Tindices", node.inputs[1].dtype)
            .with("Tparams", node.inputs[0].dtype)
            .with("batch_dims", self.batch_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<GatherV2, Reason> {
        Ok(GatherV2 { batch_dims: attrs.optional("batch_dims", 0)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, indices, axis] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_index(axis, "the axis")?;
        must_be_scalar(axis, "the axis")?;
        Ok(moved_facts(self, inputs, 0..1, gathered_fact(x, indices, known_integer(axis), self.batch_dims)?))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let axis = node.x(2).fact().and_then(|fact| known_integer(&fact));
            [Some(gathered_gradient(node.x(0), node.x(1), axis, self.batch_dims, dy)), None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        match known_integer(node.inputs[2]) {
            Some(axis) => lower_gather(node.inputs[0], node.inputs[1], axis, self.batch_dims),
            None => Ok(once_known(self, node)),
        }
    }
}

/// Slices of x, the first input, taken along axis 0 by indices, the second: the older form of [`GatherV2`].
#[derive(Clone, Debug)]
pub struct Gather {
    /// TensorFlow's promise to look at the indices, which is always kept.
    pub validate_indices: bool,
}

impl Op for Gather {
    fn name(&self) -> &'static str {
        "Gather"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("Tindices", node.inputs[1].dtype)
            .with("Tparams", node.inputs[0].dtype)
            .with("validate_indices", self.validate_indices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Gather, Reason> {
        Ok(Gather { validate_indices: attrs.optional("validate_indices", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, indices] = inputs else { return Err(wrong_count(2, inputs)) };
        Ok(moved_facts(self, inputs, 0..1, gathered_fact(x, indices, Some(0), 0)?))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(gathered_gradient(node.x(0), node.x(1), Some(0), 0, dy)), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        match moved_strings(self, node, 0..1) {
            Some(strings) => Ok(strings),
            None => lower_gather(node.inputs[0], node.inputs[1], 0, 0),
        }
    }
}

/// The axis and the number of axes of the batch, counted from the start.
fn gather_axes(axis: i64, batch: i64, rank: usize, places: usize) -> Result<(usize, usize), Reason> {
    let (axis, counted) = (normalised_axis(axis, rank)?, batch_axes(batch, places)?);
    match counted <= axis {
        true => Ok((axis, counted)),
        false => Err(format!("batch_dims is {batch}; it counts axes that come before axis {axis}").into()),
    }
}

/// The number of axes of the batch, counted from the start, of indices with so many axes.
fn batch_axes(batch: i64, places: usize) -> Result<usize, Reason> {
    let counted = if batch < 0 { batch.checked_add(places as i64) } else { Some(batch) };
    let counted = counted.and_then(|counted| usize::try_from(counted).ok());
    counted.filter(|&counted| counted <= places).ok_or_else(|| {
        format!("batch_dims is {batch}; it counts axes of the indices, and they have {places}").into()
    })
}

pub(super) fn gathered_fact(
    x: &Fact,
    indices: &Fact,
    axis: Option<i64>,
    batch: i64,
) -> Result<Facts, Reason> {
    must_be_index_or(DType::Int16, indices, "indices")?;
    let (Some(sizes), Some(places), Some(axis)) = (x.shape.sizes(), indices.shape.sizes(), axis) else {
        return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
    };
    let axis = normalised_axis(axis, sizes.len())?;
    let counted = batch_axes(batch, places.len())?;
    // What the batch's axes have in common, and whether they come before the axis, TensorFlow asks in a run.
    let own = places[..counted.min(axis)].iter();
    let shared = sizes[..axis].iter().zip(own.map(Some).chain(std::iter::repeat(None)));
    let before = shared.map(|(size, own)| size.or(own.copied().flatten()));
    let shape = before.chain(places[counted..].iter().copied()).chain(sizes[axis + 1..].iter().copied());
    Ok(Fact::new(x.dtype, shape.collect::<PartialShape>()).one())
}

pub(super) fn lower_gather(x: &Fact, indices: &Fact, axis: i64, batch: i64) -> Result<Lowered, Reason> {
    let (shape, places) = (known_shape(x)?, known_shape(indices)?);
    let (axis, batch) = gather_axes(axis, batch, shape.rank(), places.rank())?;
    if shape[..batch] != places[..batch] {
        return Err(
            format!("x of shape {shape} and indices of shape {places} are of different batches").into()
        );
    }
    let product = |sizes: &[usize]| sizes.iter().product::<usize>();
    let (outer, inner) = (product(&shape[batch..axis]), product(&shape[axis + 1..]));
    let (Some(size), Some(index)) = (x.dtype.size(), indices.dtype.scalar()) else {
        return Err(format!("it does not gather {}", x.dtype).into());
    };
    let (batches, count) = (product(&shape[..batch]), product(&places[batch..]));
    Ok(Lowered::kernel(GatherKernel::new(size, index, batches, outer, shape[axis], inner, count)?))
}

/// What flows back to x: each slice of dy added where it was taken from.
#[track_caller]
pub(super) fn gathered_gradient(
    x: &Tensor,
    indices: &Tensor,
    axis: Option<i64>,
    batch: i64,
    dy: &Tensor,
) -> Tensor {
    let tf = x.graph();
    let sizes = x.shape_tensor();
    let flat = indices.reshape([-1]);
    let known = axis.zip(x.rank()).zip(indices.rank());
    let axes = known.and_then(|((axis, rank), places)| {
        let (axis, batch) = gather_axes(axis, batch, rank, places).ok()?;
        Some([axis as i32, batch as i32, rank as i32, places as i32])
    });
    // Rows go back as they are: an optimizer sees which there are.
    if axes.map_or(axis == Some(0), |[axis, batch, ..]| axis == 0 && batch == 0) {
        let rest = sizes.at(1..);
        let rows = dy.reshape(tf.concat(&[&flat.size_tensor().expand_dims(0), &rest], 0));
        return tf.add(UnsortedSegmentSum {}, &[&rows, &flat, &sizes.at(0)]);
    }
    let Some([axis, batch, rank, places]) = axes else {
        return match axis {
            Some(axis) => gathered_gradient_of_any_rank(x, indices, axis, batch, dy),
            None => {
                let text = "the gradient of a gather needs the axis before the run";
                tf.fail(crate::Error::new(crate::Code::Unimplemented, text))
            }
        };
    };
    // The axes of batch and indices come first, as one.
    let picked = places - batch;
    let order: Vec<i32> = (0..batch)
        .chain(axis..axis + picked)
        .chain(batch..axis)
        .chain(axis + picked..rank + picked - 1)
        .collect();
    let moved = dy.transpose_by(&order[..]);
    let others = (batch..rank).filter(|other| *other != axis).map(|other| sizes.at(other));
    let rest: Vec<Tensor> = [flat.size_tensor()].into_iter().chain(others).collect();
    let rows = moved.reshape(tf.stack(&rest, 0));
    if batch == 0 {
        let sums = tf.add(UnsortedSegmentSum {}, &[&rows, &flat, &sizes.at(axis)]);
        let back: Vec<i32> = (1..=axis).chain([0]).chain(axis + 1..rank).collect();
        return sums.transpose_by(&back[..]);
    }
    // Each element of the batch has rows of its own.
    let batches = sizes.at(0..batch).reduce_prod(..);
    let each = indices.shape_tensor().at(batch..).reduce_prod(..);
    let starts = (tf.range(0, &batches, 1) * sizes.at(axis)).cast_to(indices.dtype_or(DType::Int32));
    let own = flat.reshape(tf.stack(&[&batches, &each], 0)) + starts.expand_dims(1);
    let sums = tf.add(UnsortedSegmentSum {}, &[&rows, &own.reshape([-1]), &(&batches * sizes.at(axis))]);
    let shape: Vec<Tensor> = (0..batch)
        .chain([axis])
        .chain((batch..rank).filter(|other| *other != axis))
        .map(|axis| sizes.at(axis))
        .collect();
    let back: Vec<i32> = (0..batch).chain(batch + 1..=axis).chain([batch]).chain(axis + 1..rank).collect();
    sums.reshape(tf.stack(&shape, 0)).transpose_by(&back[..])
}

/// As [`gathered_gradient`], where only a run shows how many axes there are.
#[track_caller]
fn gathered_gradient_of_any_rank(x: &Tensor, indices: &Tensor, axis: i64, batch: i64, dy: &Tensor) -> Tensor {
    let tf = x.graph();
    let from = |count: i64, end: &Tensor| match tf.constant(count as i32) {
        counted if count < 0 => end + counted,
        counted => counted,
    };
    let (rank, places, sizes) = (x.rank_tensor(), indices.rank_tensor(), x.shape_tensor());
    let (axis, batch) = (from(axis, &rank), from(batch, &places));
    let axes = |parts: &[(&Tensor, &Tensor)]| {
        let parts: Vec<Tensor> = parts.iter().map(|(from, to)| tf.range(*from, *to, 1)).collect();
        tf.concat(&parts.iter().collect::<Vec<_>>(), 0)
    };
    let (none, behind) = (tf.constant(0), &axis + 1);
    // The axes of batch and indices come first, as one.
    let end = &axis + &places - &batch;
    let order =
        axes(&[(&none, &batch), (&axis, &end), (&batch, &axis), (&end, &(&rank + &places - &batch - 1))]);
    let others = axes(&[(&batch, &axis), (&behind, &rank)]);
    let batches = sizes.gather(tf.range(0, &batch, 1)).reduce_prod(..);
    let each = indices.shape_tensor().gather(tf.range(&batch, &places, 1)).reduce_prod(..);
    let (size, inner) = (sizes.gather(&axis), sizes.gather(&others).reduce_prod(..));
    let rows = dy.transpose_by(&order).reshape(tf.stack(&[&(&batches * &each), &inner], 0));
    // Each element of the batch has rows of its own.
    let starts = (tf.range(0, &batches, 1) * &size).cast_to(indices.dtype_or(DType::Int32));
    let own = indices.reshape(tf.stack(&[&batches, &each], 0)) + starts.expand_dims(1);
    let sums = tf.add(UnsortedSegmentSum {}, &[&rows, &own.reshape([-1]), &(&batches * &size)]);
    let moved = axes(&[(&none, &batch), (&axis, &behind), (&batch, &axis), (&behind, &rank)]);
    sums.reshape(sizes.gather(&moved)).transpose_by(moved.invert_permutation())
}

/// For each index (the first input) a row of `depth` (the second) that is `on` (the third) at the index and `off` (the
/// fourth) elsewhere; everywhere off for an index outside.
#[derive(Clone, Debug)]
pub struct OneHot {
    /// Where the new axis stands; −1 for the last.
    pub axis: i64,
}

impl Op for OneHot {
    fn name(&self) -> &'static str {
        "OneHot"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[2].dtype).with("TI", node.inputs[0].dtype).with("axis", self.axis)
    }

    fn from_attrs(attrs: &Attrs) -> Result<OneHot, Reason> {
        Ok(OneHot { axis: attrs.optional("axis", -1)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, depth, on, off] = inputs else { return Err(wrong_count(4, inputs)) };
        if !matches!(indices.dtype, DType::Int8 | DType::UInt8 | DType::Int32 | DType::Int64) {
            let text = format!("indices are int8, uint8, int32 or int64 and these are {}", indices.dtype);
            return Err(text.into());
        }
        if depth.dtype != DType::Int32 {
            return Err(format!("depth is of int32, and this of {}", depth.dtype).into());
        }
        if on.dtype != off.dtype {
            return Err(format!("on is of {} and off of {}", on.dtype, off.dtype).into());
        }
        let Some(sizes) = indices.shape.sizes() else {
            return Ok(Fact::new(on.dtype, PartialShape::unknown()).one());
        };
        let depth = match depth.integers().as_deref() {
            Some(&[depth]) => {
                Some(usize::try_from(depth).map_err(|_| format!("depth is {depth}; it is 0 or more"))?)
            }
            _ => None,
        };
        let mut shape = sizes.to_vec();
        // TensorFlow says before a run where the axis would be, and only in it that it cannot be there.
        shape.insert(
            self.place(sizes.len())
                .or_else(|reason| if self.axis > 0 { Ok(sizes.len()) } else { Err(reason) })?,
            depth,
        );
        Ok(Fact::new(on.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("indices do not change a little, and the values for on and off are taken as fixed")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(rank) = node.inputs[0].shape.rank() {
            self.place(rank)?;
        }
        must_be_scalar(node.inputs[1], "depth")?;
        must_be_scalar(node.inputs[2], "on")?;
        must_be_scalar(node.inputs[3], "off")?;
        if let Some(strings) = moved_strings(self, node, [2, 3]) {
            return Ok(strings);
        }
        let (indices, out) = (node.inputs[0], &node.outputs[0]);
        let (places, shape) = (known_shape(indices)?, known_shape(out)?);
        let axis = self.place(places.rank())?;
        let (outer, inner) = (places[..axis].iter().product(), places[axis..].iter().product());
        let (Some(size), Some(index)) = (out.dtype.size(), indices.dtype.scalar()) else {
            return Err(format!("there are no one-hot rows of {}", out.dtype).into());
        };
        let kernel = OneHotKernel::new(size, index, outer, shape[axis], inner)?;
        Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![0, 2, 3] })
    }
}

impl OneHot {
    /// The new axis, counted from the start, among those of indices of this rank.
    fn place(&self, rank: usize) -> Result<usize, Reason> {
        match self.axis {
            -1 => Ok(rank),
            axis => match usize::try_from(axis) {
                Ok(place) if place <= rank => Ok(place),
                _ => Err(format!("axis {axis} is outside [-1, {rank}]").into()),
            },
        }
    }
}

impl Tensor {
    /// Its slices along axis 0 at these indices: `y[i, …] = x[indices[i], …]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let y = x.gather(array![2, 0]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[5.0, 6.0], [1.0, 2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn gather(&self, indices: impl Into<Operand>) -> Tensor {
        self.gather_along(indices, 0)
    }

    /// Its slices along `axis` at these indices.
    #[track_caller]
    pub fn gather_along(&self, indices: impl Into<Operand>, axis: i32) -> Tensor {
        let indices = indices.into().tensor(&self.graph().constant(0));
        let axis = self.graph().constant(axis);
        self.graph().add(GatherV2 { batch_dims: 0 }, &[self, &indices, &axis])
    }

    /// As [`gather_along`](Tensor::gather_along), where the first `batch_dims` axes of x and the indices are those of a
    /// batch, each element of which is gathered on its own: `y[b, …, k, …] = x[b, …, indices[b, k], …]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2, 3], [4, 5, 6]]);
    /// let y = x.gather_batch(array![[2, 0], [1, 1]], 1, 1);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[3, 1], [5, 5]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn gather_batch(&self, indices: impl Into<Operand>, axis: i32, batch_dims: i64) -> Tensor {
        let indices = indices.into().tensor(&self.graph().constant(0));
        self.graph().add(GatherV2 { batch_dims }, &[self, &indices, &self.graph().constant(axis)])
    }

    /// For each of these indices a row of `depth` numbers, float32, that is 1 at the index and 0 elsewhere.
    #[track_caller]
    pub fn one_hot(&self, depth: i32) -> Tensor {
        self.one_hot_of(depth, 1.0, 0.0, -1)
    }

    /// As [`one_hot`](Tensor::one_hot), with other values for on and off, and the rows along `axis`.
    #[track_caller]
    pub fn one_hot_of(
        &self,
        depth: i32,
        on: impl Into<Operand>,
        off: impl Into<Operand>,
        axis: i64,
    ) -> Tensor {
        let tf = self.graph();
        let number = tf.constant(0.0);
        let (depth, on, off) = (tf.constant(depth), on.into().tensor(&number), off.into().tensor(&number));
        tf.add(OneHot { axis }, &[self, &depth, &on, &off])
    }
}

pub(super) fn gather_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    vec![
        Case::fed("rows, one twice", [matrix()], |_, x| vec![x[0].gather(array![2, 0, 2])])
            .expecting([array![[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]]),
        Case::fed("columns by a matrix", [matrix()], |_, x| {
            vec![x[0].gather_along(array![[1, 0], [0, 0]], -1)]
        }),
        Case::fed("no indices", [matrix()], |_, x| vec![x[0].gather(crate::Array::from_literal([0; 0]))]),
        Case::fed("one index", [matrix()], |_, x| vec![x[0].gather(1)]).expecting([array![3.0, 4.0]]),
        Case::fed("a batch", [matrix(), array![[1, 0, 1], [0, 0, 0], [1, 1, 0]]], |_, x| {
            vec![x[0].gather_batch(&x[1], 1, 1)]
        })
        .expecting([array![[2.0, 1.0, 2.0], [3.0, 3.0, 3.0], [6.0, 6.0, 5.0]]]),
        Case::fed(
            "a batch, an axis between, an axis behind",
            [blocks(), array![[[1, 0]], [[0, 0]]]],
            |_, x| vec![x[0].gather_batch(&x[1], 2, -2)],
        ),
        Case::fed("an axis that is fed", [matrix(), array![1, 0], crate::Array::scalar(1)], |tf, x| {
            vec![tf.add(GatherV2 { batch_dims: 0 }, &[&x[0].stop_gradient(), &x[1], &x[2]])]
        })
        .expecting([array![[2.0, 1.0], [4.0, 3.0], [6.0, 5.0]]]),
        Case::new("strings", |tf| vec![tf.constant(array!["a", "b"]).gather(array![1, 1, 0])])
            .expecting([array!["b", "b", "a"]]),
        Case::fed("of a shape", [matrix()], |_, x| vec![x[0].shape_tensor().gather(array![1, 0])])
            .expecting([array![2, 3]]),
    ]
}

fn blocks() -> crate::Array {
    array![
        [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]], [[9.0, 10.0], [11.0, 12.0]]],
        [[[1.5, 2.5], [3.5, 4.5]], [[5.5, 6.5], [7.5, 8.5]], [[9.5, 10.5], [11.5, 12.5]]]
    ]
}

pub(super) fn gather_v1_cases() -> Vec<Case> {
    let gather = |tf: &crate::Graph, x: &Tensor, indices: &Tensor| {
        vec![tf.add(Gather { validate_indices: true }, &[x, indices])]
    };
    vec![
        Case::fed("rows", [array![[1.0, 2.0], [3.0, 4.0]], array![1, 0, 1]], move |tf, x| {
            gather(tf, &x[0], &x[1])
        })
        .expecting([array![[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]]),
        Case::new("strings", move |tf| gather(tf, &tf.constant(array!["a", "b"]), &tf.constant(1)))
            .expecting([crate::Array::from_literal("b")]),
    ]
}

pub(super) fn one_hot_cases() -> Vec<Case> {
    vec![
        Case::fed("rows", [array![2, 0]], |_, x| vec![x[0].one_hot(3)])
            .expecting([array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]),
        Case::fed("outside is off", [array![-1, 3]], |_, x| vec![x[0].one_hot(3)])
            .expecting([array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
        Case::fed("first axis", [array![[1, 0]]], |_, x| vec![x[0].one_hot_of(2, 5.0, -1.0, 0)]),
    ]
}
