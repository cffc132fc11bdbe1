//! Reductions: many elements along axes become one. Inputs are x and the axes, integers that may count from the end;
//! attribute `keep_dims` says whether the reduced axes stay, with size 1.
//!
//! Of nothing, a sum is 0, a product 1, a mean NaN, the greatest −∞, the least ∞, "all" true and "any" false, as in
//! TensorFlow.

/// Methods for reductions, each with a twin that keeps the reduced axes with size 1.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $keeping:ident, $op:ident;)*) => {
        impl Tensor { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, axes: impl $crate::ops::reduce::IntoAxes) -> Tensor {
                let axes = axes.into_axes(self);
                self.graph().add($op { keep_dims: false }, &[self, &axes])
            }

            /// The same, with the reduced axes kept, of size 1.
            #[track_caller]
            pub fn $keeping(&self, axes: impl $crate::ops::reduce::IntoAxes) -> Tensor {
                let axes = axes.into_axes(self);
                self.graph().add($op { keep_dims: true }, &[self, &axes])
            }
        )* }
    };
}

pub mod arg_extreme;
pub mod cumulative_logsumexp;
pub mod euclidean_norm;
pub mod extreme;
pub mod logical;
pub mod prod;
pub mod scan;
mod statistics;
pub mod sum;

use tenseur_kernels::{MapProgram, ReduceOp};

use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Reduce, Work};
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{IntoShape, must_be_index, wrong_count};
use crate::ops::{Attrs, Op, Signature};

use crate::value::{DType, PartialShape};

pub(super) use crate::ops::array::normalised_axis;
pub use sum::Sum;

/// The attributes that every reduction of numbers has.
fn reduction_attrs(node: Signature<'_>, keep_dims: bool) -> Attrs {
    Attrs::new()
        .with("T", node.inputs[0].dtype)
        .with("Tidx", node.inputs[1].dtype)
        .with("keep_dims", keep_dims)
}

/// The shape of a reduction of inputs `x` and `axes`, where `takes` says which types it reduces.
fn infer_reduction(
    inputs: &[&Fact],
    keep_dims: bool,
    takes: impl Fn(DType) -> bool,
) -> Result<Facts, Reason> {
    let [x, axes] = inputs else { return Err(wrong_count(2, inputs)) };
    if !takes(x.dtype) {
        return Err(format!("it does not reduce {}", x.dtype).into());
    }
    must_be_index(axes, "axes")?;
    let (Some(sizes), Some(known)) = (x.shape.sizes(), axes.integers()) else {
        let gone = axes.shape.known().map(|shape| shape.elements());
        let shape = match (x.shape.rank(), gone) {
            (Some(rank), _) if keep_dims => PartialShape::of_rank(rank),
            (Some(rank), Some(gone)) if gone > rank => {
                return Err(format!("{gone} axes are reduced of a tensor of {rank}").into());
            }
            (Some(rank), Some(gone)) => PartialShape::of_rank(rank - gone),
            _ => PartialShape::unknown(),
        };
        return Ok(Fact::new(x.dtype, shape).one());
    };
    let gone = normalised_axes(&known, sizes.len())?;
    let keep = |(axis, size): (usize, &Option<usize>)| match (gone.contains(&axis), keep_dims) {
        (false, _) => Some(*size),
        (true, true) => Some(Some(1)),
        (true, false) => None,
    };
    Ok(Fact::new(x.dtype, sizes.iter().enumerate().filter_map(keep).collect::<PartialShape>()).one())
}

/// Axes counted from the start, in order, each once.
pub(crate) fn normalised_axes(axes: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
    let mut normal = Vec::with_capacity(axes.len());
    for &axis in axes {
        let counted = normalised_axis(axis, rank)?;
        if normal.contains(&counted) {
            return Err(format!("axis {axis} is given twice in {axes:?}").into());
        }
        normal.push(counted);
    }
    normal.sort_unstable();
    Ok(normal)
}

/// What a reduction does to elements before and after.
struct Around {
    /// Makes what is reduced of an element of x.
    before: MapProgram,
    /// Makes the output of what was reduced.
    after: MapProgram,
}

/// A reduction by `how`, with something done before and after if `around` says so.
fn lower_reduction<O: Op + Clone>(
    op: &O,
    node: Signature<'_>,
    how: ReduceOp,
    around: Option<Around>,
) -> Result<Lowered, Reason> {
    let x = node.inputs[0];
    let stored = x.dtype.scalar().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
    let (Some(rank), Some(axes)) = (x.shape.rank(), node.inputs[1].integers()) else {
        return Ok(once_known(op, node));
    };
    let axes = normalised_axes(&axes, rank)?;
    let (prologue, epilogue) = match around {
        Some(Around { before, after }) => (before, Some(after)),
        None if axes.is_empty() => return Ok(Lowered::alias()),
        None => {
            let mut same = MapProgram::new();
            let input = same.input(stored);
            same.output(input, stored);
            (same, None)
        }
    };
    Ok(Lowered::reading(1, Work::Reduce(Reduce { prologue, axes, op: how, epilogue })))
}

/// `reduced`, which a reduction of `x` along `axes` gave, or its gradient, with the reduced axes back, of size 1.
#[track_caller]
fn with_axes(reduced: &Tensor, x: &Tensor, axes: &Tensor, kept: bool) -> Tensor {
    if kept {
        return reduced.clone();
    }
    let known = axes.fact().and_then(|fact| fact.integers()).zip(x.rank());
    let known = known.and_then(|(axes, rank)| normalised_axes(&axes, rank).ok());
    match (known, x.shape().known()) {
        (Some(axes), Some(shape)) => {
            let size = |(axis, &size)| if axes.contains(&axis) { 1 } else { size };
            let sizes: Vec<usize> = shape.iter().enumerate().map(size).collect();
            reduced.reshape(&sizes[..])
        }
        (Some(axes), None) => {
            axes.into_iter().fold(reduced.clone(), |reduced, axis| reduced.expand_dims(axis as i32))
        }
        // Only the shape of this sum is looked at, so a plan computes nothing for it.
        (None, _) => reduced.reshape_like(&x.graph().add(Sum { keep_dims: true }, &[x, axes])),
    }
}

/// `dy`, the gradient of a reduction of `x` along `axes`, spread over x's shape.
#[track_caller]
fn spread(dy: &Tensor, x: &Tensor, axes: &Tensor, kept: bool) -> Tensor {
    with_axes(dy, x, axes, kept).broadcast_to(x.shape_tensor())
}

/// Along which axes to reduce: `..` for all, one axis, several, or a tensor of integers.
pub trait IntoAxes {
    /// The axes as a tensor, in the graph of `x`.
    fn into_axes(self, x: &Tensor) -> Tensor;
}

impl IntoAxes for std::ops::RangeFull {
    #[track_caller]
    fn into_axes(self, x: &Tensor) -> Tensor {
        match x.rank() {
            Some(rank) => (0..rank as i32).collect::<Vec<_>>()[..].into_shape(x),
            None => x.graph().range(0, x.rank_tensor(), 1),
        }
    }
}

impl IntoAxes for i32 {
    #[track_caller]
    fn into_axes(self, x: &Tensor) -> Tensor {
        x.graph().constant(self)
    }
}

impl IntoAxes for &Tensor {
    fn into_axes(self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl IntoAxes for Tensor {
    fn into_axes(self, _: &Tensor) -> Tensor {
        self
    }
}

impl IntoAxes for &[i32] {
    #[track_caller]
    fn into_axes(self, x: &Tensor) -> Tensor {
        self.into_shape(x)
    }
}

impl<const N: usize> IntoAxes for [i32; N] {
    #[track_caller]
    fn into_axes(self, x: &Tensor) -> Tensor {
        self.into_shape(x)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn wrong_axes_are_refused() {
        let refusal = |build: &dyn Fn(&Tensor) -> Tensor| {
            let tf = Graph::new();
            build(&tf.constant(array![[1.0, 2.0]]));
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(refusal(&|x| x.reduce_sum([0, -2])), "axis -2 is given twice in [0, -2]");
        assert!(refusal(&|x| x.reduce_max(2)).contains("axis 2 is outside [-2, 2)"));
        assert_eq!(refusal(&|x| x.reduce_all(0)), "it does not reduce float32");
    }

    #[test]
    fn all_axes_of_a_tensor_of_unknown_rank() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>(crate::PartialShape::unknown(), "x");
        let y = (&x * &x).reduce_sum(..);
        let dx = gradients(&[&y], &[&x])[0].clone().unwrap();
        let sess = Session::new(&tf).unwrap();
        let result = sess.run((&y, &dx), feeds![x => array![[1.0, 2.0], [3.0, 4.0]]]).unwrap();
        assert_eq!(result, (30.0.into(), array![[2.0, 4.0], [6.0, 8.0]]));
    }
}
