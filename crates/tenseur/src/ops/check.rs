//! Checks that a run makes on its way.

use tenseur_kernels::CheckNumericsKernel;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// x itself, if none of its elements is NaN or infinite; else the run fails.
#[derive(Clone, Debug)]
pub struct CheckNumerics {
    /// What the error begins with.
    pub message: String,
}

impl Op for CheckNumerics {
    fn name(&self) -> &'static str {
        "CheckNumerics"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("message", self.message.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<CheckNumerics, Reason> {
        Ok(CheckNumerics { message: attrs.require("message")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.is_float() {
            true => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
            false => Err(refusal(&[x.dtype], DType::is_float)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| {
            let message =
                format!("Not a number (NaN) or infinity (Inf) values detected in gradient. {}", self.message);
            [Some(dy.graph().add(CheckNumerics { message }, &[dy]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("{dtype} has no numbers to check"))?;
        let count = known_shape(node.inputs[0])?.elements();
        Ok(Lowered::kernel(CheckNumericsKernel::new(stored, count, &self.message)?))
    }
}

impl Tensor {
    /// The tensor itself; a run in which it holds a NaN or an infinity fails with an error that begins with `message`,
    /// names the node at which the first of them arose, and leaves every variable as it was.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let loss = x.log().reduce_sum(..).check_numerics("loss");
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&loss, feeds![x => array![1.0, 1.0]])?, 0.0.into());
    /// let error = sess.run(&loss, feeds![x => array![1.0, -1.0]]).unwrap_err();
    /// assert!(error.to_string().starts_with("Log \"Log\": the first NaN arises here"));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn check_numerics(&self, message: &str) -> Tensor {
        self.graph().add(CheckNumerics { message: message.to_string() }, &[self])
    }
}

pub(super) fn check_numerics_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].check_numerics("x")];
    vec![
        Case::fed("passes", [array![[1.0, -2.0]]], build).expecting([array![[1.0, -2.0]]]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], build),
        Case::fed("of a square", [array![3.0, 0.5]], |_, x| vec![(&x[0] * &x[0]).check_numerics("x²")]),
    ]
}
