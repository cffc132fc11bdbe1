//! Reductions along axes.

use tenseur_kernels::{Binary, Constant, MapProgram, ReduceOp};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Reduce, Work, known_shape};
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

/// The mean along axes; of nothing it is NaN. Means of integers are rounded towards 0.
#[derive(Clone, Debug)]
pub struct Mean {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Mean {
    fn name(&self) -> &'static str {
        "Mean"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Mean, Reason> {
        Ok(Mean { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, DType::is_number)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let x = node.x(0);
            let spread = spread(dy, x, node.x(1), self.keep_dims);
            // Elements of x for each element of the mean.
            let factor = match (x.shape().known(), node.y(0).shape().known()) {
                (Some(from), Some(to)) => {
                    x.graph().constant_like((from.elements() / to.elements().max(1)) as f64, &spread)
                }
                _ => {
                    let elements = |t: &Tensor| t.shape_tensor().reduce_prod(..);
                    let count = elements(x).floor_div(elements(node.y(0)).maximum(1));
                    count.cast_to(spread.dtype().unwrap_or(DType::Float32))
                }
            };
            [Some(spread / factor), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (from, to) = (known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        let dtype = node.outputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        // Where there are no means there is nothing to divide either.
        let count = from.elements().checked_div(to.elements()).unwrap_or(1);
        let mut epilogue = MapProgram::new();
        let sum = epilogue.input(stored);
        // An integer mean of nothing is 0, as its sum is.
        let count = if dtype.is_integer() { count.max(1) } else { count };
        let count = epilogue.constant(stored, Constant::Float(count as f64));
        let mean = epilogue.binary(Binary::Div, sum, count);
        epilogue.output(mean, stored);
        lower_reduction(node, ReduceOp::Sum, Some(epilogue.finish()))
    }
}

/// The product along axes.
#[derive(Clone, Debug)]
pub struct Prod {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Prod {
    fn name(&self) -> &'static str {
        "Prod"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Prod, Reason> {
        Ok(Prod { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, DType::is_number)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the product's gradient, right where factors are 0, needs cumulative products")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(node, ReduceOp::Prod, None)
    }
}

/// The greatest, or the least, along axes; NaN where one is.
#[derive(Clone, Debug)]
pub struct Extreme<const GREATEST: bool> {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

/// The greatest along axes.
pub type Max = Extreme<true>;

/// The least along axes.
pub type Min = Extreme<false>;

impl<const GREATEST: bool> Op for Extreme<GREATEST> {
    fn name(&self) -> &'static str {
        if GREATEST { "Max" } else { "Min" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Extreme { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, DType::is_number)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        // Among equals the gradient is shared evenly.
        Grad::rule(|node, dy| {
            let (x, axes) = (node.x(0), node.x(1));
            let extreme = spread(node.y(0), x, axes, self.keep_dims);
            let reached = x.equal(&extreme).cast_to(x.dtype().unwrap_or(DType::Float32));
            let sharing = x.graph().add(Sum { keep_dims: true }, &[&reached, axes]);
            let share = reached / sharing;
            [Some(share * spread(dy, x, axes, self.keep_dims)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(node, if GREATEST { ReduceOp::Max } else { ReduceOp::Min }, None)
    }
}

/// Whether all, or any, are true along axes.
#[derive(Clone, Debug)]
pub struct Logical<const ALL: bool> {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

/// Whether all are true along axes.
pub type All = Logical<true>;

/// Whether any is true along axes.
pub type Any = Logical<false>;

impl<const ALL: bool> Op for Logical<ALL> {
    fn name(&self) -> &'static str {
        if ALL { "All" } else { "Any" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tidx", node.inputs[1].dtype).with("keep_dims", self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Logical { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, |dtype| dtype == DType::Bool)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("truth does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(node, if ALL { ReduceOp::All } else { ReduceOp::Any }, None)
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

/// The reductions, each with a twin that keeps the reduced axes with size 1.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $keeping:ident, $op:ident;)*) => {
        impl Tensor { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, axes: impl IntoAxes) -> Tensor {
                let axes = axes.into_axes(self);
                self.graph().add($op { keep_dims: false }, &[self, &axes])
            }

            /// The same, with the reduced axes kept, of size 1.
            #[track_caller]
            pub fn $keeping(&self, axes: impl IntoAxes) -> Tensor {
                let axes = axes.into_axes(self);
                self.graph().add($op { keep_dims: true }, &[self, &axes])
            }
        )* }
    };
}
reductions! {
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
    reduce_sum, reduce_sum_keeping, Sum;
    /// The mean along axes; NaN of nothing.
    reduce_mean, reduce_mean_keeping, Mean;
    /// The product along axes.
    reduce_prod, reduce_prod_keeping, Prod;
    /// The greatest along axes.
    reduce_max, reduce_max_keeping, Max;
    /// The least along axes.
    reduce_min, reduce_min_keeping, Min;
    /// Whether all are true along axes.
    reduce_all, reduce_all_keeping, All;
    /// Whether any is true along axes.
    reduce_any, reduce_any_keeping, Any;
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

pub(super) fn mean_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("all", [matrix()], |_, x| vec![x[0].reduce_mean(..)]),
        Case::fed("rows, kept", [matrix()], |_, x| vec![x[0].reduce_mean_keeping(1)]),
        Case::fed("of nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reduce_mean(1)])
            .expecting([array![f32::NAN, f32::NAN]])
            .at_kink(),
        Case::fed("integers", [array![-3, -4, 2]], |_, x| vec![x[0].reduce_mean(..)])
            .expecting([Array::scalar(-1)]),
    ]
}

pub(super) fn prod_cases() -> Vec<Case> {
    vec![
        Case::fed("columns", [array![[1.0, 2.0], [3.0, 4.0]]], |_, x| vec![x[0].reduce_prod(0)]).at_kink(),
        Case::fed("of nothing", [Array::from_literal([0; 0])], |_, x| vec![x[0].reduce_prod(..)])
            .expecting([Array::scalar(1)]),
    ]
}

pub(super) fn max_cases() -> Vec<Case> {
    vec![
        Case::fed("rows", [array![[1.0, 3.0, 2.0], [-4.0, -6.0, -5.0]]], |_, x| vec![x[0].reduce_max(1)]),
        Case::fed("not a number", [array![1.0, f32::NAN]], |_, x| vec![x[0].reduce_max(..)]).at_kink(),
        Case::fed("of nothing", [Array::from_literal([0.0; 0])], |_, x| vec![x[0].reduce_max(..)])
            .expecting([Array::scalar(f32::NEG_INFINITY)])
            .at_kink(),
    ]
}

pub(super) fn min_cases() -> Vec<Case> {
    vec![Case::fed("columns, kept", [array![[1.0, 3.0], [-4.0, 6.0]]], |_, x| {
        vec![x[0].reduce_min_keeping(0)]
    })]
}

pub(super) fn all_cases() -> Vec<Case> {
    vec![
        Case::fed("rows", [array![[true, false], [true, true]]], |_, x| vec![x[0].reduce_all(1)])
            .expecting([array![false, true]]),
    ]
}

pub(super) fn any_cases() -> Vec<Case> {
    vec![
        Case::fed("rows", [array![[true, false], [false, false]]], |_, x| vec![x[0].reduce_any(1)])
            .expecting([array![true, false]]),
    ]
}
