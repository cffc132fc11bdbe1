//! Ops for the order of things.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Work};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::Array;

/// Does nothing; what it waits for, its control inputs, is what it is for.
#[derive(Clone, Debug)]
pub struct NoOp;

impl Op for NoOp {
    fn name(&self) -> &'static str {
        "NoOp"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<NoOp, Reason> {
        Ok(NoOp)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 => Ok(Facts::new()),
            count => Err(format!("it takes no inputs and got {count}").into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::NoOp))
    }
}

pub(super) fn no_op_cases() -> Vec<Case> {
    vec![Case::fed("in order", [Array::scalar(2.0f32)], |tf, x| {
        let nothing = tf.group([&x[0].op()], "nothing");
        let _after = tf.control_dependencies([&nothing]);
        vec![&x[0] + 1.0]
    })]
}
