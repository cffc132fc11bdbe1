//! References to variables that are passed on, one of several that is chosen, and variables for the time of a run.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph};
use crate::lowering::{Lowered, Work};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::state::{Assign, AssignAdd};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

fn must_refer(inputs: &[&Fact]) -> Result<(), Reason> {
    match inputs.iter().position(|fact| !fact.reference || fact.resource) {
        Some(at) => Err(format!("reference {at} must be a variable's, and is {}", inputs[at]).into()),
        None => Ok(()),
    }
}

/// The reference of a variable, as it is.
#[derive(Clone, Debug)]
pub struct RefIdentity;

impl Op for RefIdentity {
    fn name(&self) -> &'static str {
        "RefIdentity"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<RefIdentity, Reason> {
        Ok(RefIdentity)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_refer(inputs)?;
        Ok((*x).clone().one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Flow)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::objects(1, |_, inputs| Ok(vec![inputs[0].clone()])))
    }
}

/// One of several references: input 0 says which of those that follow, counted from 0.
#[derive(Clone, Debug)]
pub struct RefSelect;

impl Op for RefSelect {
    fn name(&self) -> &'static str {
        "RefSelect"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("N", node.inputs.len().saturating_sub(1) as i64);
        attrs.with("T", node.outputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<RefSelect, Reason> {
        Ok(RefSelect)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [index, references @ ..] = inputs else { return Err("it has no inputs".into()) };
        if index.dtype != DType::Int32 {
            return Err(format!("the index is an int32, not {}", index.dtype).into());
        }
        must_be_scalar(index, "the index")?;
        must_refer(references)?;
        let Some((first, others)) = references.split_first() else {
            return Err("there is no reference to choose".into());
        };
        if let Some(other) = others.iter().find(|other| other.dtype != first.dtype) {
            return Err(format!("its references are of {} and {}", first.dtype, other.dtype).into());
        }
        let shape = others.iter().fold(first.shape.clone(), |shape, other| shape.common(&other.shape));
        Ok(Fact { shape, ..(*first).clone() }.one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Flow).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("which reference is chosen is known only in a run")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        // Who asks what kind of flow this is shows no inputs.
        Ok(Lowered::objects(node.inputs.len(), |_, inputs| {
            let (index, references) = inputs.split_first().ok_or("it has no inputs")?;
            let index = index.array()?.item::<i32>()?;
            let chosen = usize::try_from(index).ok().and_then(|index| references.get(index));
            let chosen = chosen.ok_or_else(|| {
                format!("the index is {index}, and there are {} references", references.len())
            })?;
            Ok(vec![chosen.clone()])
        }))
    }
}

/// A variable that is thought of for the time of a run: its output is a reference.
#[derive(Clone, Debug)]
pub struct TemporaryVariable {
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: PartialShape,
    /// The name by which [`DestroyTemporaryVariable`] knows it; kept.
    pub var_name: String,
}

impl Op for TemporaryVariable {
    fn name(&self) -> &'static str {
        "TemporaryVariable"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("dtype", self.dtype)
            .with("shape", self.shape.clone())
            .with("var_name", self.var_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<TemporaryVariable, Reason> {
        Ok(TemporaryVariable {
            dtype: attrs.require("dtype")?,
            shape: attrs.require("shape")?,
            var_name: attrs.optional("var_name", String::new())?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 => Ok(Fact::reference(self.dtype, self.shape.clone()).one()),
            _ => Err(wrong_count(0, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Reads)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("a variable has no inputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Variable))
    }
}

/// The value that a temporary variable, whose reference is the input, holds at the end.
#[derive(Clone, Debug)]
pub struct DestroyTemporaryVariable {
    /// The variable's name; kept.
    pub var_name: String,
}

impl Op for DestroyTemporaryVariable {
    fn name(&self) -> &'static str {
        "DestroyTemporaryVariable"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("var_name", self.var_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<DestroyTemporaryVariable, Reason> {
        Ok(DestroyTemporaryVariable { var_name: attrs.require("var_name")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        must_refer(inputs)?;
        Ok(x.read().one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("nothing flows back through an assignment")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

fn assigned(tf: &Graph, variable: &crate::Tensor, value: &crate::Tensor) -> crate::Tensor {
    tf.add(Assign { validate_shape: true, use_locking: true }, &[variable, value])
}

pub(super) fn ref_identity_cases() -> Vec<Case> {
    vec![
        Case::fed("written through", [array![1.0, 2.0]], |tf, x| {
            let same = tf.add(RefIdentity, &[&x[0]]);
            vec![tf.add(AssignAdd::new(), &[&same, &tf.constant(array![0.5, 0.5])]) * 2.0]
        })
        .with_variables(1, 2)
        .at_kink(),
    ]
}

pub(super) fn ref_select_cases() -> Vec<Case> {
    let chosen = |index: i32| {
        Case::fed("one is written", [array![1.0, 2.0], array![3.0, 4.0]], move |tf, x| {
            let which = tf.constant(Array::scalar(index));
            let one = tf.add(RefSelect, &[&which, &x[0], &x[1]]);
            let written = assigned(tf, &one, &tf.constant(array![7.0, 8.0]));
            let _after = tf.control_dependencies([&written.op()]);
            vec![x[0].identity(), x[1].identity()]
        })
        .with_variables(2, 1)
        .at_kink()
    };
    let expecting = |index: i32, expected: [Array; 2]| chosen(index).expecting(expected);
    vec![
        expecting(0, [array![7.0, 8.0], array![3.0, 4.0]]),
        expecting(1, [array![1.0, 2.0], array![7.0, 8.0]]),
    ]
}

pub(super) fn temporary_variable_cases() -> Vec<Case> {
    vec![
        Case::fed("a sum", [array![1.0, 2.0]], |tf, x| {
            let var_name = "sum".to_string();
            let op = TemporaryVariable {
                dtype: DType::Float32,
                shape: [Some(2)].into_iter().collect(),
                var_name: var_name.clone(),
            };
            let variable = tf.add(op, &[]);
            let begun = assigned(tf, &variable, &x[0]);
            let sum = tf.add(AssignAdd::new(), &[&begun, &(&x[0] * 2.0)]);
            vec![tf.add(DestroyTemporaryVariable { var_name }, &[&sum])]
        })
        .twice()
        .at_kink()
        .expecting([array![3.0, 6.0]]),
    ]
}
