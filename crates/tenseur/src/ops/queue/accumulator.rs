//! Gradients that runs of a session add up and take as their mean or sum: ConditionalAccumulator and what goes with it, also for
//! rows of gradients (`rows.rs`) and with resources as handles.
//!
//! An accumulator is at a step. A gradient of an earlier step is left out; taking waits for so many gradients, empties the
//! accumulator and brings it one step further.

use super::rows::Rows;
use super::waiting::Shared;
use super::{HANDED_ON, handle};
use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Kept, Lowered, Value};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::held::{Held, Holding};
use crate::ops::image::array_of;
use crate::ops::tensor_array::added;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// What an accumulator takes, and what it makes of that.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Terms {
    dtype: DType,
    pub(super) shape: PartialShape,
    mean: bool,
    /// Whether gradients are rows.
    rows: bool,
}

/// Gradients that have been added up.
#[derive(Debug)]
pub(super) enum Sum {
    Whole(Array),
    Rows(Rows),
}

#[derive(Debug, Default)]
struct State {
    sum: Option<Sum>,
    count: usize,
    step: i64,
}

/// An accumulator as the session keeps it.
#[derive(Debug)]
pub(super) struct Accumulator {
    pub(super) terms: Terms,
    state: Shared<State>,
}

pub(super) fn accumulator(value: &Value) -> Result<&Accumulator, Reason> {
    value.kept("an accumulator")
}

impl Accumulator {
    /// Adds a gradient of a step, which `add` puts to those that are there, unless the step is a former one.
    pub(super) fn apply(
        &self,
        step: &Value,
        add: impl FnOnce(Option<Sum>) -> (Option<Sum>, Result<(), Reason>),
    ) -> Result<(), Reason> {
        let step = step.array()?.item::<i64>()?;
        self.state.act(|state| {
            if step < state.step {
                return Ok(());
            }
            let (sum, outcome) = add(state.sum.take());
            state.sum = sum;
            state.count += usize::from(outcome.is_ok());
            outcome
        })
    }

    /// Waits for so many gradients and takes them: those added up, and how many there are, which a mean is divided by.
    pub(super) fn take(
        &self,
        objects: &crate::lowering::Objects,
        required: &Value,
    ) -> Result<(Sum, Option<usize>), Reason> {
        let required = required.array()?.item::<i32>()?;
        let required = usize::try_from(required).ok().filter(|&required| required > 0);
        let required = required.ok_or("so many gradients are taken as there are 1 or more of")?;
        let take = |state: &mut State| {
            if state.count < required {
                return Ok(None);
            }
            let count = std::mem::take(&mut state.count);
            state.step += 1;
            Ok(state.sum.take().map(|sum| (sum, self.terms.mean.then_some(count))))
        };
        let too_few =
            |state: &State| format!("there are {} gradients, and {required} are waited for", state.count);
        self.state.wait(objects, take, too_few)
    }

    /// Whether its gradients are of this type, and rows or not.
    pub(super) fn check(&self, dtype: DType, rows: bool) -> Result<(), Reason> {
        let own = &self.terms;
        match own.dtype == dtype && own.rows == rows {
            true => Ok(()),
            false => {
                let kind = |rows: bool| if rows { "rows of gradients" } else { "gradients" };
                let (own, has) = (kind(own.rows), own.dtype);
                Err(format!("the accumulator is of {own} of {has}, and not of {} of {dtype}", kind(rows))
                    .into())
            }
        }
    }
}

/// An array divided by a whole number.
fn divided(array: &Array, by: usize) -> Result<Array, Reason> {
    let values: Vec<f64> = array.to_f64()?.into_iter().map(|value| value / by as f64).collect();
    array_of(array.dtype(), array.shape().clone(), &values)
}

/// ConditionalAccumulator.
pub const WHOLE: u8 = 0;
/// ResourceConditionalAccumulator: the same, but its handle is a resource.
pub const WHOLE_RESOURCE: u8 = 1;
/// SparseConditionalAccumulator: its gradients are rows.
pub const ROWS: u8 = 2;

/// Makes an accumulator: its output is a handle.
#[derive(Clone, Debug)]
pub struct MakeAccumulator<const KIND: u8> {
    /// The type of gradients.
    pub dtype: DType,
    /// What is known of their shape.
    pub shape: PartialShape,
    /// MEAN or SUM.
    pub reduction_type: String,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
}

impl<const KIND: u8> MakeAccumulator<KIND> {
    /// One for each session and node, which gives the mean of gradients of this type and shape.
    pub fn mean(dtype: DType, shape: impl Into<PartialShape>) -> Self {
        MakeAccumulator {
            dtype,
            shape: shape.into(),
            reduction_type: "MEAN".to_string(),
            container: String::new(),
            shared_name: String::new(),
        }
    }
}

impl<const KIND: u8> Holding for MakeAccumulator<KIND> {
    const NAME: &'static str = match KIND {
        WHOLE => "ConditionalAccumulator",
        WHOLE_RESOURCE => "ResourceConditionalAccumulator",
        _ => "SparseConditionalAccumulator",
    };
    const INPUTS: usize = 0;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("container", self.container.as_str())
            .with("dtype", self.dtype)
            .with("reduction_type", self.reduction_type.as_str())
            .with("shape", self.shape.clone())
            .with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let reduction_type: String = attrs.optional("reduction_type", "MEAN".to_string())?;
        if !matches!(&*reduction_type, "MEAN" | "SUM") {
            return Err(format!(
                "attribute \"reduction_type\" should be MEAN or SUM and is {reduction_type:?}"
            )
            .into());
        }
        Ok(MakeAccumulator {
            dtype: attrs.require("dtype")?,
            shape: attrs.require("shape")?,
            reduction_type,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    fn outputs(&self) -> Facts {
        handle(if KIND == WHOLE_RESOURCE { 2 } else { 1 }).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        let op = self.clone();
        Lowered::objects(0, move |objects, _| {
            if !matches!(op.dtype, DType::Float16 | DType::Float32 | DType::Float64) {
                return Err(
                    format!("gradients are of float16, float32 or float64, and not {}", op.dtype).into()
                );
            }
            let terms = Terms {
                dtype: op.dtype,
                shape: op.shape.clone(),
                mean: op.reduction_type == "MEAN",
                rows: KIND == ROWS,
            };
            let make = || Ok(Accumulator { terms: terms.clone(), state: Shared::default() });
            let kept: Kept = match op.shared_name.is_empty() {
                true => objects.of_session("", make)?,
                false => objects.of_kind("Accumulator", &op.shared_name, make)?,
            };
            let value = Value::Kept(kept);
            accumulator(&value)?;
            Ok(vec![value])
        })
    }
}

/// Adds a gradient to an accumulator, unless it is of a former step. Inputs: the handle, the step (int64), the gradient.
#[derive(Clone, Debug)]
pub struct ApplyGradient<const RESOURCE: bool>;

impl<const RESOURCE: bool> Holding for ApplyGradient<RESOURCE> {
    const NAME: &'static str =
        if RESOURCE { "ResourceAccumulatorApplyGradient" } else { "AccumulatorApplyGradient" };
    const INPUTS: usize = 3;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ApplyGradient)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(3, |_, inputs| {
            let own = accumulator(&inputs[0])?;
            let gradient = inputs[2].array()?.clone();
            own.check(gradient.dtype(), false)?;
            own.apply(&inputs[1], |sum| {
                let there = match &sum {
                    Some(Sum::Whole(there)) => Some(there.clone()),
                    _ => None,
                };
                let wanted = &own.terms.shape;
                if !wanted.accepts(gradient.shape())
                    || there.as_ref().is_some_and(|there| there.shape() != gradient.shape())
                {
                    let (shape, own) = (gradient.shape(), there.map(|there| there.shape().clone()));
                    let text =
                        format!("a gradient of shape {shape} is added to one of {wanted}, now {own:?}");
                    return (sum, Err(text.into()));
                }
                match there.map_or(Ok(gradient.clone()), |there| added(&there, &gradient)) {
                    Ok(total) => (Some(Sum::Whole(total)), Ok(())),
                    Err(reason) => (sum, Err(reason)),
                }
            })?;
            Ok(Vec::new())
        })
    }
}

/// Takes what gradients have added up to, when there are so many, as their mean or sum. Inputs: the handle, and how many are
/// waited for (int32).
#[derive(Clone, Debug)]
pub struct TakeGradient<const RESOURCE: bool> {
    /// The type of gradients.
    pub dtype: DType,
}

/// Whether the inputs are a handle and how many gradients are waited for.
///
/// # Errors
/// When not.
pub(super) fn handle_and_count(inputs: &[&Fact]) -> Result<(), Reason> {
    let [_, required] = inputs else { return Err(wrong_count(2, inputs)) };
    must_be_scalar(required, "how many")?;
    match required.dtype {
        DType::Int32 => Ok(()),
        other => Err(format!("how many is an int32, not {other}").into()),
    }
}

impl<const RESOURCE: bool> Op for TakeGradient<RESOURCE> {
    fn name(&self) -> &'static str {
        if RESOURCE { "ResourceAccumulatorTakeGradient" } else { "AccumulatorTakeGradient" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TakeGradient { dtype: attrs.require("dtype")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        handle_and_count(inputs)?;
        Ok(Fact::new(self.dtype, PartialShape::unknown()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Takes).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = self.dtype;
        Ok(Lowered::objects(2, move |objects, inputs| {
            let own = accumulator(&inputs[0])?;
            own.check(dtype, false)?;
            match own.take(objects, &inputs[1])? {
                (Sum::Whole(sum), Some(count)) => Ok(vec![Value::Array(divided(&sum, count)?)]),
                (Sum::Whole(sum), None) => Ok(vec![Value::Array(sum)]),
                (Sum::Rows(_), _) => Err("the accumulator's gradients are rows".into()),
            }
        }))
    }
}

/// How many gradients there are, int32; its input is the handle.
#[derive(Clone, Debug)]
pub struct NumAccumulated<const RESOURCE: bool>;

impl<const RESOURCE: bool> Holding for NumAccumulated<RESOURCE> {
    const NAME: &'static str =
        if RESOURCE { "ResourceAccumulatorNumAccumulated" } else { "AccumulatorNumAccumulated" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(NumAccumulated)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Int32, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, inputs| {
            let count = accumulator(&inputs[0])?.state.act(|state| state.count);
            Ok(vec![Value::Array(Array::scalar(count as i32))])
        })
    }
}

/// Brings an accumulator to a step. Inputs: the handle, and the step (int64).
#[derive(Clone, Debug)]
pub struct SetGlobalStep<const RESOURCE: bool>;

impl<const RESOURCE: bool> Holding for SetGlobalStep<RESOURCE> {
    const NAME: &'static str =
        if RESOURCE { "ResourceAccumulatorSetGlobalStep" } else { "AccumulatorSetGlobalStep" };
    const INPUTS: usize = 2;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SetGlobalStep)
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(2, |_, inputs| {
            let step = inputs[1].array()?.item::<i64>()?;
            accumulator(&inputs[0])?.state.act(|state| state.step = step);
            Ok(Vec::new())
        })
    }
}

/// Two gradients go in, one of a former step does not count, and the mean comes out.
pub(in crate::ops) fn cases<const RESOURCE: bool>() -> Vec<Case> {
    vec![
        Case::fed("the mean of two", [array![1.0, 2.0]], |tf, x| {
            let dtype = DType::Float32;
            let handle = match RESOURCE {
                true => tf.add(Held(MakeAccumulator::<WHOLE_RESOURCE>::mean(dtype, [2])), &[]),
                false => tf.add(Held(MakeAccumulator::<WHOLE>::mean(dtype, [2])), &[]),
            };
            let x = x[0].stop_gradient();
            let step = |step: i64| tf.constant(Array::scalar(step));
            let set = tf.add_op(Held(SetGlobalStep::<RESOURCE>), &[&handle, &step(5)], None);
            let after = tf.control_dependencies([&set]);
            let put = |step: &crate::graph::Tensor, gradient: &crate::graph::Tensor| {
                tf.add_op(Held(ApplyGradient::<RESOURCE>), &[&handle, step, gradient], None)
            };
            let put = [put(&step(5), &x), put(&step(4), &(&x * 100.0)), put(&step(6), &(&x * 2.0))];
            drop(after);
            let after = tf.control_dependencies(&put);
            let count = tf.add(Held(NumAccumulated::<RESOURCE>), &[&handle]);
            drop(after);
            let _after = tf.control_dependencies([&count.op()]);
            let taken = tf.add(TakeGradient::<RESOURCE> { dtype }, &[&handle, &tf.constant(2)]);
            vec![count, taken]
        })
        .twice()
        .expecting([Array::scalar(2), array![1.5, 3.0]]),
    ]
}
