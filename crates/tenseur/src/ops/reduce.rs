//! Reductions along axes.

use crate::pending::ReduceOp;
use tenseur_kernels::MapProgram;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Reduce, Work};
use crate::ops::array::{IntoShape, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The sum along axes: inputs are x and the axes, integers that may count from the end.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Sum {
    fn name(&self) -> &'static str {
        "Sum"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Sum, Reason> {
        Ok(Sum { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, DType::is_number)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(spread(dy, node.x(0), node.x(1), self.keep_dims)), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(node, ReduceOp::Sum, None)
    }
}

/// The attributes that every reduction has.
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
    let (Some(sizes), Some(axes)) = (x.shape.sizes(), axes.integers()) else {
        let shape = match x.shape.rank() {
            Some(rank) if keep_dims => PartialShape::of_rank(rank),
            _ => PartialShape::unknown(),
        };
        return Ok(Fact::new(x.dtype, shape).one());
    };
    let gone = normalised_axes(&axes, sizes.len())?;
    let keep = |(axis, size): (usize, &Option<usize>)| match (gone.contains(&axis), keep_dims) {
        (false, _) => Some(*size),
        (true, true) => Some(Some(1)),
        (true, false) => None,
    };
    Ok(Fact::new(x.dtype, sizes.iter().enumerate().filter_map(keep).collect::<PartialShape>()).one())
}

/// Axes counted from the start, in order, each once.
pub(super) fn normalised_axes(axes: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
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

/// An axis counted from the start.
pub(super) fn normalised_axis(axis: i64, rank: usize) -> Result<usize, Reason> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(counted) if counted < rank => Ok(counted),
        _ => {
            Err(format!("axis {axis} is outside [-{rank}, {rank}), the axes of a tensor of rank {rank}")
                .into())
        }
    }
}

/// A reduction by `op`, with `epilogue` applied to what comes out.
fn lower_reduction(
    node: Signature<'_>,
    op: ReduceOp,
    epilogue: Option<MapProgram>,
) -> Result<Lowered, Reason> {
    let x = node.inputs[0];
    let stored = x.dtype.scalar().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
    let rank = x.shape.rank().unwrap_or(0);
    let axes = node.inputs[1].integers().ok_or("its axes are not known before the run")?;
    let axes = normalised_axes(&axes, rank)?;
    if axes.is_empty() && epilogue.is_none() {
        return Ok(Lowered::alias());
    }
    let mut prologue = MapProgram::new();
    let input = prologue.input(stored);
    prologue.output(input, stored);
    Ok(Lowered::reading(1, Work::Reduce(Reduce { prologue, axes, op, epilogue })))
}

/// `dy`, the gradient of a reduction of `x` along `axes`, spread over x's shape.
#[track_caller]
fn spread(dy: &Tensor, x: &Tensor, axes: &Tensor, kept: bool) -> Tensor {
    if kept {
        return dy.broadcast_to(x.shape_tensor());
    }
    // Only the shape of this sum is looked at, so a plan computes nothing for it.
    let kept = x.graph().add(Sum { keep_dims: true }, &[x, axes]);
    dy.reshape_like(&kept).broadcast_to(x.shape_tensor())
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
            None => {
                x.graph().fail(crate::Error::invalid("the rank is not known, so neither are all its axes"))
            }
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

impl Tensor {
    /// The sum along axes.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run((&x.reduce_sum(..), &x.reduce_sum(0)), feeds![])?, (10.0.into(), array![4.0, 6.0]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_sum(&self, axes: impl IntoAxes) -> Tensor {
        let axes = axes.into_axes(self);
        self.graph().add(Sum { keep_dims: false }, &[self, &axes])
    }
}

pub(super) fn sum_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("all", [matrix()], |_, x| vec![x[0].reduce_sum(..)]),
        Case::fed("columns", [matrix()], |_, x| vec![x[0].reduce_sum(0)]),
        Case::fed("from the end", [matrix()], |_, x| vec![x[0].reduce_sum([-1])]),
        Case::fed("nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reduce_sum(1)])
            .expecting([array![0.0, 0.0]]),
    ]
}
