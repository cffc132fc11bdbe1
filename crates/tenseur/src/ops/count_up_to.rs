//! Counters: variables that say how far a count has come, up to a limit.

use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor, Variable};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::resource::check_handle;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// The value of a variable, one int32 or int64, before it is raised by one. Its input is the variable's reference, or its
/// handle (RESOURCE).
///
/// A run in which the variable has come to the limit fails with OutOfRange.
#[derive(Clone, Debug)]
pub struct CountUpTo<const RESOURCE: bool> {
    /// The type of the variable, where it is a resource.
    pub dtype: Option<DType>,
    /// What it does not go beyond.
    pub limit: i64,
}

impl<const RESOURCE: bool> Op for CountUpTo<RESOURCE> {
    fn name(&self) -> &'static str {
        if RESOURCE { "ResourceCountUpTo" } else { "CountUpTo" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let dtype = self.dtype.unwrap_or(node.inputs[0].dtype);
        Attrs::new().with("T", dtype).with("limit", self.limit)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let dtype = if RESOURCE { Some(attrs.require("T")?) } else { None };
        Ok(CountUpTo { dtype, limit: attrs.require("limit")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [variable] = inputs else { return Err(wrong_count(1, inputs)) };
        let dtype = self.dtype.unwrap_or(variable.dtype);
        if let Some(dtype) = self.dtype {
            check_handle(variable, dtype)?;
        } else if !variable.reference {
            return Err("its input must be a variable (its reference, not a reading of it)".into());
        }
        if !matches!(dtype, DType::Int32 | DType::Int64) {
            return Err(format!("it counts in int32 or int64, not in {dtype}").into());
        }
        if !variable.shape.accepts(&Shape::scalar()) {
            return Err(
                format!("a counter is one number, and the variable has shape {}", variable.shape).into()
            );
        }
        Ok(Fact::new(dtype, PartialShape::scalar()).one())
    }

    fn effects(&self) -> Effects {
        let of_empty = if RESOURCE { Code::NotFound } else { Code::FailedPrecondition };
        Effects::of(Effect::Writes(&[0])).failing().of_empty(of_empty)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a count does not change a little")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let limit = self.limit;
        Ok(Lowered::change(1, move |held, _| {
            let count = held.to_i64()?;
            let [count] = count[..] else {
                return Err(
                    format!("a counter is one number, and the variable has shape {}", held.shape()).into()
                );
            };
            if count >= limit {
                return Err(Reason::new(
                    Code::OutOfRange,
                    format!("the counter has reached its limit of {limit}"),
                ));
            }
            let next = match held.dtype() {
                DType::Int32 => Array::scalar((count as i32).wrapping_add(1)),
                _ => Array::scalar(count.wrapping_add(1)),
            };
            Ok((next, vec![held.clone()]))
        }))
    }
}

impl Variable {
    /// The value of this variable, one int32 or int64, before it is raised by one; a run in which it has come to `limit`
    /// fails with OutOfRange (`tf.count_up_to`).
    #[track_caller]
    pub fn count_up_to(&self, limit: i64) -> Tensor {
        let op = CountUpTo::<false> { dtype: None, limit };
        self.reference().graph().add(op, &[self.reference()])
    }
}

pub(super) fn cases<const RESOURCE: bool>() -> Vec<Case> {
    if RESOURCE {
        let build = |tf: &Graph, x: &[Tensor]| {
            let handle = tf.add(
                crate::ops::resource::VarHandleOp {
                    dtype: DType::Int32,
                    shape: PartialShape::scalar(),
                    container: String::new(),
                    shared_name: String::new(),
                },
                &[],
            );
            let assign =
                crate::ops::resource::AssignVariableOp { dtype: DType::Int32, validate_shape: false };
            let assign = tf.add_op(assign, &[&handle, &x[0]], None);
            let _after = tf.control_dependencies([&assign]);
            vec![tf.add(CountUpTo::<true> { dtype: Some(DType::Int32), limit: 5 }, &[&handle])]
        };
        return vec![Case::fed("one more", [Array::scalar(4)], build).expecting([Array::scalar(4)])];
    }
    let build =
        |tf: &Graph, x: &[Tensor]| vec![tf.add(CountUpTo::<false> { dtype: None, limit: 5 }, &[&x[0]])];
    vec![
        Case::fed("one more each run", [Array::scalar(2)], build)
            .with_variables(1, 3)
            .expecting([Array::scalar(4)]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::prelude::*;

    #[test]
    fn a_counter_ends_at_its_limit_and_stays_there() {
        let tf = Graph::new();
        let counter = tf.variable(tf.constant(0), "counter");
        let next = counter.count_up_to(2);
        for executor in [crate::Executor::Planned, crate::Executor::Reference] {
            let sess = Session::new(&tf).unwrap().executor(executor);
            assert_eq!(sess.run(&next, feeds![]).unwrap_err().code(), Code::FailedPrecondition);
            sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
            for expected in [0, 1] {
                assert_eq!(sess.run(&next, feeds![]).unwrap(), Array::scalar(expected));
            }
            for _ in 0..2 {
                assert_eq!(sess.run(&next, feeds![]).unwrap_err().code(), Code::OutOfRange);
            }
            assert_eq!(sess.run(&counter, feeds![]).unwrap(), Array::scalar(2));
        }
    }
}
