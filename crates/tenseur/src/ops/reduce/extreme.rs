//! The greatest and the least along axes.

use tenseur_kernels::ReduceOp;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::reduce::{infer_reduction, lower_reduction, reduction_attrs, with_axes};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

use crate::value::{Array, DType};

/// The greatest, or the least, along axes; NaN where one is. Its gradient is shared evenly among equals.
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
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, axes) = (node.x(0), node.x(1));
            let reached = x.equal(with_axes(node.y(0), x, axes, self.keep_dims));
            let reached = reached.cast_to(x.dtype().unwrap_or(DType::Float32));
            let sharing = reached.reduce_sum_keeping(axes);
            [Some(reached / sharing * with_axes(dy, x, axes, self.keep_dims)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(self, node, if GREATEST { ReduceOp::Max } else { ReduceOp::Min }, None)
    }
}

reductions! {
    /// The greatest along axes; NaN where one is.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 4.0], [3.0, 2.0]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reduce_max(1), feeds![])?, array![4.0, 3.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    reduce_max, reduce_max_keeping, Max;
    /// The least along axes; NaN where one is.
    reduce_min, reduce_min_keeping, Min;
}

fn extreme_cases<const GREATEST: bool>() -> Vec<Case> {
    let reduce = |x: &Tensor, axes: &[i32], keep_dims| {
        let axes = crate::ops::array::IntoShape::into_shape(axes, x);
        vec![x.graph().add(Extreme::<GREATEST> { keep_dims }, &[x, &axes])]
    };
    let matrix = || array![[1.0, 3.0, 2.0], [-4.0, -6.0, -5.0]];
    let of_nothing = if GREATEST { f32::NEG_INFINITY } else { f32::INFINITY };
    let of_no_bytes = if GREATEST { -128 } else { 127 };
    vec![
        Case::fed("rows", [matrix()], move |_, x| reduce(&x[0], &[1], false)),
        Case::fed("columns, kept", [matrix()], move |_, x| reduce(&x[0], &[0], true)),
        Case::fed("all", [matrix()], move |_, x| reduce(&x[0], &[0, 1], false)),
        Case::fed("integers", [as_type(array![3, 200, 7], DType::UInt8)], move |_, x| {
            reduce(&x[0], &[0], false)
        }),
        Case::fed("not a number", [array![[1.0, f32::NAN, 2.0], [f32::NAN, 1.0, 2.0]]], move |_, x| {
            reduce(&x[0], &[1], false)
        })
        .at_kink()
        .expecting([array![f32::NAN, f32::NAN]]),
        Case::fed("of nothing", [Array::from_literal([0.0; 0])], move |_, x| reduce(&x[0], &[0], false))
            .expecting([of_nothing.into()])
            .at_kink(),
        Case::fed("of no bytes", [as_type(Array::from_literal([0; 0]), DType::Int8)], move |_, x| {
            reduce(&x[0], &[0], false)
        })
        .expecting([as_type(of_no_bytes.into(), DType::Int8)]),
        Case::fed("the gradient among equals", [array![[2.0, 1.0, 2.0], [2.0, 2.0, 2.0]]], move |_, x| {
            let y = reduce(&x[0], &[0, 1], false);
            crate::gradients(&y, &[&x[0]]).into_iter().flatten().collect()
        })
        .at_kink()
        .expecting([if GREATEST {
            array![[0.2, 0.0, 0.2], [0.2, 0.2, 0.2]]
        } else {
            array![[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
        }]),
    ]
}

pub(in crate::ops) fn max_cases() -> Vec<Case> {
    extreme_cases::<true>()
}

pub(in crate::ops) fn min_cases() -> Vec<Case> {
    extreme_cases::<false>()
}
