//! Whether all, or any, are true along axes.

use tenseur_kernels::ReduceOp;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::reduce::{infer_reduction, lower_reduction};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

use crate::value::{Array, DType};

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
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("truth does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower_reduction(self, node, if ALL { ReduceOp::All } else { ReduceOp::Any }, None)
    }
}

reductions! {
    /// Whether all are true along axes.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[true, false], [true, true]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reduce_all(1), feeds![])?, array![false, true]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    reduce_all, reduce_all_keeping, All;
    /// Whether any is true along axes.
    reduce_any, reduce_any_keeping, Any;
}

pub(in crate::ops) fn all_cases() -> Vec<Case> {
    let matrix = || array![[true, false], [true, true]];
    vec![
        Case::fed("rows", [matrix()], |_, x| vec![x[0].reduce_all(1)]).expecting([array![false, true]]),
        Case::fed("all, kept", [matrix()], |_, x| vec![x[0].reduce_all_keeping(..)])
            .expecting([array![[false]]]),
        Case::fed("of nothing", [Array::from_literal([true; 0])], |_, x| vec![x[0].reduce_all(0)])
            .expecting([true.into()]),
    ]
}

pub(in crate::ops) fn any_cases() -> Vec<Case> {
    let matrix = || array![[true, false], [false, false]];
    vec![
        Case::fed("rows", [matrix()], |_, x| vec![x[0].reduce_any(1)]).expecting([array![true, false]]),
        Case::fed("columns, kept", [matrix()], |_, x| vec![x[0].reduce_any_keeping(0)])
            .expecting([array![[true, false]]]),
        Case::fed("of nothing", [Array::from_literal([true; 0])], |_, x| vec![x[0].reduce_any(0)])
            .expecting([false.into()]),
    ]
}
