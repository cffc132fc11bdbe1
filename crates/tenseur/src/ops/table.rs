//! The table of ops: one line for each.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::error::Reason;
use crate::ops::{Attrs, Op, activation, array, control, math, reduce, source, state, training};

/// An op as the table knows it.
pub struct OpEntry {
    /// TensorFlow's op type.
    pub name: &'static str,
    /// What it computes, in a line.
    pub doc: &'static str,
    /// Makes one from its attributes.
    pub from_attrs: fn(&Attrs) -> Result<Arc<dyn Op>, Reason>,
    /// Small graphs that show it at work; the conformance suite runs them.
    pub cases: fn() -> Vec<crate::conformance::Case>,
}

const fn op<O: Op>(
    name: &'static str,
    doc: &'static str,
    cases: fn() -> Vec<crate::conformance::Case>,
) -> OpEntry {
    fn from_attrs<O: Op>(attrs: &Attrs) -> Result<Arc<dyn Op>, Reason> {
        Ok(Arc::new(O::from_attrs(attrs)?))
    }
    OpEntry { name, doc, from_attrs: from_attrs::<O>, cases }
}

/// Every op there is. Several TensorFlow op types may be spellings of one.
pub static OPS: &[OpEntry] = &[
    // source
    op::<source::Const>("Const", "A constant.", source::const_cases),
    op::<source::Placeholder>("Placeholder", "A value that is fed at every run.", source::placeholder_cases),
    // array
    op::<array::Identity>(
        "Identity",
        "x itself; of a variable, its value at this moment.",
        array::identity_cases,
    ),
    op::<array::Reshape>("Reshape", "The same elements in another shape.", array::reshape_cases),
    op::<array::BroadcastGradientArgs>(
        "BroadcastGradientArgs",
        "The axes along which a shape is stretched to another.",
        array::broadcast_gradient_args_cases,
    ),
    op::<array::BroadcastTo>("BroadcastTo", "x stretched to a shape.", array::broadcast_to_cases),
    op::<array::Fill>("Fill", "A shape filled with one value.", array::fill_cases),
    op::<reduce::Sum>("Sum", "The sum along axes.", reduce::sum_cases),
    op::<array::Shape>("Shape", "The sizes of x along each axis.", array::shape_cases),
    // math
    op::<math::AddV2>("AddV2", "x + y", math::add_cases),
    op::<math::AddV2>("Add", "x + y", math::add_cases),
    op::<math::AddN>("AddN", "The sum of any number of tensors of one shape.", math::add_n_cases),
    op::<math::Mul>("Mul", "x · y", math::mul_cases),
    op::<math::Neg>("Neg", "−x", math::neg_cases),
    op::<math::Exp>("Exp", "eˣ", math::exp_cases),
    // activation
    op::<activation::Relu>("Relu", "max(x, 0)", activation::relu_cases),
    op::<activation::ReluGrad>("ReluGrad", "dy where x > 0, else 0", activation::relu_grad_cases),
    // state
    op::<state::VariableV2>("VariableV2", "A variable's storage.", state::variable_cases),
    op::<state::Assign>("Assign", "Sets a variable.", state::assign_cases),
    op::<state::AssignAdd>("AssignAdd", "Adds to a variable.", state::assign_add_cases),
    op::<state::AssignSub>("AssignSub", "Takes from a variable.", state::assign_sub_cases),
    // training
    op::<training::ApplyAdadelta>("ApplyAdadelta", "One step of Adadelta.", training::adadelta_cases),
    op::<training::ApplyAdagrad>("ApplyAdagrad", "One step of Adagrad.", training::adagrad_cases),
    op::<training::ApplyAdam>("ApplyAdam", "One step of Adam.", training::adam_cases),
    op::<training::ApplyCenteredRmsProp>(
        "ApplyCenteredRMSProp",
        "One step of RMSProp with the mean taken off.",
        training::centered_rms_prop_cases,
    ),
    op::<training::ApplyGradientDescent>(
        "ApplyGradientDescent",
        "var ← var − α·δ",
        training::gradient_descent_cases,
    ),
    op::<training::ApplyMomentum>("ApplyMomentum", "One step with momentum.", training::momentum_cases),
    op::<training::ApplyRmsProp>("ApplyRMSProp", "One step of RMSProp.", training::rms_prop_cases),
    // control
    op::<control::NoOp>("NoOp", "Nothing; for its control inputs.", control::no_op_cases),
];

/// The op that TensorFlow calls `name`.
pub fn entry(name: &str) -> Option<&'static OpEntry> {
    static BY_NAME: LazyLock<HashMap<&str, &OpEntry>> =
        LazyLock::new(|| OPS.iter().map(|entry| (entry.name, entry)).collect());
    BY_NAME.get(name).copied()
}
