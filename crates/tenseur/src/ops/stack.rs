//! Stacks: in gradients of TensorFlow 1's loops the forward loop pushes what the backward loop pops.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Object, Value};
use crate::ops::held::{Before, Held, Holding, Renamed};
use crate::ops::tensor_array::whole;
use crate::ops::{Attrs, Grad, Signature};
use crate::value::{DType, PartialShape};

/// Makes an empty stack; the input is how many values it may have (below 0: any number).
#[derive(Clone, Debug)]
pub struct StackV2 {
    /// The type of its elements.
    pub elem_type: DType,
    /// TensorFlow's name of it; kept.
    pub stack_name: String,
}

impl Holding for StackV2 {
    const NAME: &'static str = "StackV2";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("elem_type", self.elem_type).with("stack_name", self.stack_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<StackV2, Reason> {
        let stack_name = attrs.optional("stack_name", String::new())?;
        Ok(StackV2 { elem_type: attrs.require("elem_type")?, stack_name })
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Resource, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a size is not differentiable")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |objects, inputs| {
            let most = usize::try_from(whole(&inputs[0])?).ok();
            Ok(vec![Value::Object(objects.keep(Object::Stack(Vec::new(), most)))])
        })
    }
}

/// Pushes a value, and gives it: inputs are the handle and the value.
#[derive(Clone, Debug)]
pub struct StackPushV2 {
    /// The type of the value.
    pub dtype: DType,
    /// TensorFlow's way of saving a GPU's memory; kept.
    pub swap_memory: bool,
}

impl Holding for StackPushV2 {
    const NAME: &'static str = "StackPushV2";
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("T", self.dtype).with("swap_memory", self.swap_memory)
    }

    fn from_attrs(attrs: &Attrs) -> Result<StackPushV2, Reason> {
        let swap_memory = attrs.optional("swap_memory", false)?;
        Ok(StackPushV2 { dtype: attrs.require("T")?, swap_memory })
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.dtype, PartialShape::unknown()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("a stack belongs to a loop whose gradient has been taken already")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |objects, inputs| {
            let (stack, most) = objects.bounded_stack(inputs[0].object()?)?;
            if let Some(most) = most.filter(|&most| stack.len() >= most) {
                return Err(format!("the stack is full: it has {most} values and may not have more").into());
            }
            stack.push(inputs[1].clone());
            Ok(vec![inputs[1].clone()])
        })
    }
}

/// Pops the value that was pushed last: the input is the handle.
#[derive(Clone, Debug)]
pub struct StackPopV2 {
    /// The type of the value.
    pub elem_type: DType,
}

impl Holding for StackPopV2 {
    const NAME: &'static str = "StackPopV2";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("elem_type", self.elem_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<StackPopV2, Reason> {
        Ok(StackPopV2 { elem_type: attrs.require("elem_type")? })
    }

    fn outputs(&self) -> Facts {
        Fact::new(self.elem_type, PartialShape::unknown()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("a stack belongs to a loop whose gradient has been taken already")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |objects, inputs| {
            let popped = objects.stack(inputs[0].object()?)?.pop();
            Ok(vec![popped.ok_or("the stack is empty")?])
        })
    }
}

/// Forgets what was pushed: the input is the handle.
#[derive(Clone, Debug)]
pub struct StackCloseV2;

impl Holding for StackCloseV2 {
    const NAME: &'static str = "StackCloseV2";
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<StackCloseV2, Reason> {
        Ok(StackCloseV2)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |objects, inputs| {
            objects.stack(inputs[0].object()?)?.clear();
            Ok(Vec::new())
        })
    }
}

/// Makes an empty stack, as TensorFlow did it first: no input, and the handle is a string.
#[derive(Clone, Debug)]
pub struct Stack(pub StackV2);

impl Holding for Stack {
    const NAME: &'static str = "Stack";
    const INPUTS: usize = 0;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Stack, Reason> {
        StackV2::from_attrs(attrs).map(Stack)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::String, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        self.0.grad()
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(0, |objects, _| {
            Ok(vec![Value::Object(objects.keep(Object::Stack(Vec::new(), None)))])
        })
    }
}

impl Renamed for StackPushV2 {
    const BEFORE: [&'static str; 2] = ["StackPush", "StackPush"];
}

impl Renamed for StackPopV2 {
    const BEFORE: [&'static str; 2] = ["StackPop", "StackPop"];
}

impl Renamed for StackCloseV2 {
    const BEFORE: [&'static str; 2] = ["StackClose", "StackClose"];
}

/// Two values are pushed and come back in the other order.
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::fed("last in, first out", [crate::array![1.0, 2.0], crate::array![3.0]], |tf, x| {
            let dtype = DType::Float32;
            let stack = StackV2 { elem_type: dtype, stack_name: String::new() };
            let handle = tf.add(Held(stack), &[&tf.constant(-1)]);
            let push = StackPushV2 { dtype, swap_memory: false };
            let first = tf.add(Held(push.clone()), &[&handle, &x[0]]);
            let after = tf.control_dependencies([&first.op()]);
            let second = tf.add(Held(push), &[&handle, &x[1]]);
            let then = tf.control_dependencies([&second.op()]);
            let popped = tf.add(Held(StackPopV2 { elem_type: dtype }), &[&handle]);
            let last = tf.control_dependencies([&popped.op()]);
            let popped_last = tf.add(Held(StackPopV2 { elem_type: dtype }), &[&handle]);
            let end = tf.control_dependencies([&popped_last.op()]);
            let _close = tf.add_op(Held(StackCloseV2), &[&handle], None);
            drop((after, then, last, end));
            vec![popped * 1.0, popped_last * 1.0]
        })
        .at_kink(),
    ]
}

/// A value is pushed and comes back, by the ops' former names.
pub(super) fn before_cases() -> Vec<Case> {
    vec![
        Case::fed("out again", [crate::array![1.0, 2.0]], |tf, x| {
            let dtype = DType::Float32;
            let stack = StackV2 { elem_type: dtype, stack_name: String::new() };
            let handle = tf.add(Held(Stack(stack)), &[]);
            let push = Before::<_, 1>(StackPushV2 { dtype, swap_memory: false });
            let pushed = tf.add(Held(push), &[&handle, &x[0]]);
            let _after = tf.control_dependencies([&pushed.op()]);
            let popped = tf.add(Held(Before::<_, 1>(StackPopV2 { elem_type: dtype })), &[&handle]);
            let _last = tf.control_dependencies([&popped.op()]);
            tf.add_op(Held(Before::<_, 1>(StackCloseV2)), &[&handle], None);
            vec![popped * 1.0]
        })
        .at_kink(),
    ]
}
