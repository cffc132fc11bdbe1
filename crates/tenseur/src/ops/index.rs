//! Looking things up by index: gather, one-hot, and the sums by segment that are gather's gradient.

use smallvec::smallvec;
use tenseur_kernels::{GatherKernel, OneHotKernel, ScatterAddKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{IntoShape, wrong_count};
use crate::ops::reduce::normalised_axis;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape, Shape};

/// Slices of x, the first input, taken along an axis, the third, by indices, the second: the output has the indices'
/// shape in the place of the axis. An index outside `[0, size)` is an error.
#[derive(Clone, Debug)]
pub struct GatherV2 {
    /// How many first axes x and the indices share; only 0 is taken.
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
        match attrs.optional("batch_dims", 0)? {
            0 => Ok(GatherV2 { batch_dims: 0 }),
            other => Err(format!("attribute \"batch_dims\" is {other}, and only 0 is taken").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, indices, axis] = inputs else { return Err(wrong_count(3, inputs)) };
        if !matches!(indices.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("indices are int32 or int64 and these are {}", indices.dtype).into());
        }
        let (Some(sizes), Some(places), Some(axis)) =
            (x.shape.sizes(), indices.shape.sizes(), axis.integers())
        else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        let axis = normalised_axis(axis.first().copied().unwrap_or(0), sizes.len())?;
        let shape = sizes[..axis].iter().chain(places).chain(&sizes[axis + 1..]).copied();
        Ok(Fact::new(x.dtype, shape.collect::<PartialShape>()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [gathered_gradient(node.x(0), node.x(1), node.x(2), dy), None, None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (x, indices) = (node.inputs[0], node.inputs[1]);
        let shape = known_shape(x)?;
        let axis = node.inputs[2].integers().ok_or("its axis is not known before the run")?;
        let axis = normalised_axis(axis.first().copied().unwrap_or(0), shape.rank())?;
        let (outer, inner) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        let count = known_shape(indices)?.elements();
        let (Some(size), Some(index)) = (x.dtype.size(), indices.dtype.scalar()) else {
            return Err(format!("it does not gather {}", x.dtype).into());
        };
        Ok(Lowered::kernel(GatherKernel::new(size, index, 1, outer, shape[axis], inner, count)?))
    }
}

/// What flows back to x: each slice of dy added where it was taken from.
#[track_caller]
fn gathered_gradient(x: &Tensor, indices: &Tensor, axis: &Tensor, dy: &Tensor) -> Option<Tensor> {
    let tf = x.graph();
    let known = axis.fact().and_then(|fact| fact.integers()).zip(x.rank()).zip(indices.rank());
    let Some(((axis, rank), places)) = known else {
        let text = "the gradient of a gather needs the ranks and the axis before the run";
        return Some(tf.fail(crate::Error::new(crate::Code::Unimplemented, text)));
    };
    let axis = normalised_axis(axis.first().copied().unwrap_or(0), rank).ok()? as i32;
    let (rank, places) = (rank as i32, places as i32);
    let flat = indices.reshape([-1]);
    // The axes of the indices come first, as one.
    let order: Vec<i32> =
        (axis..axis + places).chain(0..axis).chain(axis + places..rank + places - 1).collect();
    let moved = dy.transpose_by(&order[..]);
    let mut rest: Vec<Operand> = vec![(-1).into()];
    let sizes = x.shape_tensor();
    let others = (0..rank).filter(|other| *other != axis);
    rest.extend(others.map(|other| Operand::from(sizes.at(other))));
    let number = tf.constant(0);
    let rest: Vec<Tensor> = rest.into_iter().map(|size| size.tensor(&number)).collect();
    let rows = moved.reshape(tf.stack(&rest, 0));
    let sums = tf.add(UnsortedSegmentSum, &[&rows, &flat, &sizes.at(axis)]);
    let back: Vec<i32> = (1..=axis).chain([0]).chain(axis + 1..rank).collect();
    Some(sums.transpose_by(&back[..]))
}

/// Sums of the rows of data, the first input, by their segment, the second, for as many segments as the third says. Rows
/// of a negative segment are left out; one beyond the last is an error.
#[derive(Clone, Debug)]
pub struct UnsortedSegmentSum;

impl Op for UnsortedSegmentSum {
    fn name(&self) -> &'static str {
        "UnsortedSegmentSum"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("Tindices", node.inputs[1].dtype)
            .with("Tnumsegments", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<UnsortedSegmentSum, Reason> {
        Ok(UnsortedSegmentSum)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, segments, count] = inputs else { return Err(wrong_count(3, inputs)) };
        if !data.dtype.is_number() || !matches!(segments.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("it sums numbers by int32 or int64 and got {data} and {segments}").into());
        }
        let (Some(sizes), Some(rows)) = (data.shape.sizes(), segments.shape.sizes()) else {
            return Ok(Fact::new(data.dtype, PartialShape::unknown()).one());
        };
        let fits = rows.len() <= sizes.len()
            && rows.iter().zip(sizes).all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b));
        if !fits {
            return Err(format!(
                "data of shape {} has no segment for each row in {}",
                data.shape, segments.shape
            )
            .into());
        }
        let count = match count.integers().as_deref() {
            Some(&[count]) => {
                Some(usize::try_from(count).map_err(|_| format!("there cannot be {count} segments"))?)
            }
            _ => None,
        };
        let shape = [count].into_iter().chain(sizes[rows.len()..].iter().copied());
        Ok(Fact::new(data.dtype, shape.collect::<PartialShape>()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (data, segments) = (node.x(0), node.x(1));
            let taken = dy.gather(segments.maximum(0));
            // What was left out has no gradient.
            let left_out = segments.less(0);
            let rank = data.rank().zip(segments.rank()).map_or(0, |(data, segments)| data - segments);
            let shape =
                data.graph().concat(&[&segments.shape_tensor(), &vec![1i32; rank][..].into_shape(data)], 0);
            let kept = left_out.logical_not().cast_to(data.dtype().unwrap_or(DType::Float32)).reshape(shape);
            [Some(taken * kept), None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (data, segments) = (node.inputs[0], node.inputs[1]);
        let count = known_shape(segments)?.elements();
        let out = known_shape(&node.outputs[0])?;
        let inner = out[1..].iter().product();
        let (Some(stored), Some(index)) = (data.dtype.scalar(), segments.dtype.scalar()) else {
            return Err(format!("it does not sum {}", data.dtype).into());
        };
        let kernel = ScatterAddKernel::new(stored, index, count, inner, out[0])?;
        Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![0, 1] })
    }
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
        if !matches!(indices.dtype, DType::UInt8 | DType::Int32 | DType::Int64) {
            return Err(format!("indices are uint8, int32 or int64 and these are {}", indices.dtype).into());
        }
        if on.dtype != off.dtype {
            return Err(format!("on is of {} and off of {}", on.dtype, off.dtype).into());
        }
        for (name, value) in [("depth", depth), ("on", on), ("off", off)] {
            if !value.shape.accepts(&Shape::scalar()) {
                return Err(format!("{name} must be a scalar and has shape {}", value.shape).into());
            }
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
        shape.insert(self.place(sizes.len())?, depth);
        Ok(Fact::new(on.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("indices do not change a little, and the values for on and off are taken as fixed")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
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
    ]
}

pub(super) fn unsorted_segment_sum_cases() -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let sum = |tf: &crate::Graph, x: &Tensor, segments: crate::Array| {
        tf.add(UnsortedSegmentSum, &[x, &tf.constant(segments), &tf.constant(3)])
    };
    vec![
        Case::fed("rows", [rows()], move |tf, x| vec![sum(tf, &x[0], array![2, 0, 2])]).expecting([array![
            [3.0, 4.0],
            [0.0, 0.0],
            [6.0, 8.0]
        ]]),
        Case::fed("one left out", [rows()], move |tf, x| vec![sum(tf, &x[0], array![-1, 0, 0])])
            .expecting([array![[8.0, 10.0], [0.0, 0.0], [0.0, 0.0]]]),
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
