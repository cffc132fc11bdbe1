//! What puts elements into a queue, and what takes them out.

use super::kept::{Element, rows};
use super::{HANDED_ON, queue};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Value};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// Puts in one element, or, of MANY, each row of the components. Inputs are the queue's handle and the components.
#[derive(Clone, Debug)]
pub struct QueueEnqueue<const MANY: bool, const VERSION: u8> {
    /// How long TensorFlow waits; it must be −1, for as long as it takes.
    pub timeout_ms: i64,
}

/// TensorFlow takes no other time either.
fn must_wait(timeout_ms: i64) -> Result<(), Reason> {
    match timeout_ms {
        -1 => Ok(()),
        other => Err(format!("attribute \"timeout_ms\" is {other}, and must be -1").into()),
    }
}

impl<const MANY: bool, const VERSION: u8> Op for QueueEnqueue<MANY, VERSION> {
    fn name(&self) -> &'static str {
        match (MANY, VERSION) {
            (false, 1) => "QueueEnqueue",
            (false, _) => "QueueEnqueueV2",
            (true, 1) => "QueueEnqueueMany",
            (true, _) => "QueueEnqueueManyV2",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types: Vec<DType> = node.inputs.iter().skip(1).map(|fact| fact.dtype).collect();
        Attrs::new().with("Tcomponents", types).with("timeout_ms", self.timeout_ms)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(QueueEnqueue { timeout_ms: attrs.optional("timeout_ms", -1)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 | 1 => Err(wrong_count(2, inputs)),
            _ => Ok(Facts::new()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        must_wait(self.timeout_ms)?;
        Ok(Lowered::objects(node.inputs.len(), |objects, inputs| {
            let (handle, components) = inputs.split_first().ok_or("it has no inputs")?;
            let queue = queue(handle)?;
            let components: Element =
                components.iter().map(|value| value.array().cloned()).collect::<Result<_, _>>()?;
            let count = components.first().and_then(|array| array.shape().first().copied());
            let elements = match MANY {
                false => {
                    queue.check(&components, None)?;
                    vec![components]
                }
                true => {
                    queue.check(&components, Some(count.unwrap_or(0)))?;
                    rows(&components, count.unwrap_or(0))?
                }
            };
            queue.enqueue(objects, elements)?;
            Ok(Vec::new())
        }))
    }
}

/// How elements are taken: one.
pub const ONE: u8 = 0;
/// As many as the second input says.
pub const MANY: u8 = 1;
/// As many, or those that a closed queue has left.
pub const UP_TO: u8 = 2;

/// Takes elements out. Inputs are the queue's handle and, but for ONE, how many; several are put together along a new first
/// axis.
#[derive(Clone, Debug)]
pub struct QueueDequeue<const HOW: u8, const VERSION: u8> {
    /// The types of the components.
    pub component_types: Vec<DType>,
    /// How long TensorFlow waits; it must be −1, for as long as it takes.
    pub timeout_ms: i64,
}

impl<const HOW: u8, const VERSION: u8> Op for QueueDequeue<HOW, VERSION> {
    fn name(&self) -> &'static str {
        match (HOW, VERSION) {
            (ONE, 1) => "QueueDequeue",
            (ONE, _) => "QueueDequeueV2",
            (MANY, 1) => "QueueDequeueMany",
            (MANY, _) => "QueueDequeueManyV2",
            (_, 1) => "QueueDequeueUpTo",
            (_, _) => "QueueDequeueUpToV2",
        }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("component_types", self.component_types.clone()).with("timeout_ms", self.timeout_ms)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let timeout_ms = attrs.optional("timeout_ms", -1)?;
        Ok(QueueDequeue { component_types: attrs.require("component_types")?, timeout_ms })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = 1 + usize::from(HOW != ONE);
        if inputs.len() != count {
            return Err(wrong_count(count, inputs));
        }
        if let Some(n) = inputs.get(1) {
            if n.dtype != DType::Int32 {
                return Err(format!("how many is an int32, not {}", n.dtype).into());
            }
            must_be_scalar(n, "how many")?;
        }
        let any = |&dtype: &DType| Fact::new(dtype, PartialShape::unknown());
        Ok(self.component_types.iter().map(any).collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Takes).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        must_wait(self.timeout_ms)?;
        let types = self.component_types.clone();
        Ok(Lowered::objects(node.inputs.len(), move |objects, inputs| {
            let queue = queue(&inputs[0])?;
            if queue.terms.types != types {
                let (own, asked) = (&queue.terms.types, &types);
                return Err(format!("the queue's components are {own:?}, and not {asked:?}").into());
            }
            let components = match inputs.get(1) {
                None => queue.dequeue(objects, 1, false)?.pop().unwrap_or_default(),
                Some(n) => {
                    let n = n.array()?.item::<i32>()?;
                    let n = usize::try_from(n).map_err(|_| format!("{n} elements are asked for"))?;
                    // Before anything is taken: whether they can be put together.
                    queue.stacked(&[])?;
                    let elements =
                        if n == 0 { Vec::new() } else { queue.dequeue(objects, n, HOW == UP_TO)? };
                    queue.stacked(&elements)?
                }
            };
            Ok(components.into_iter().map(Value::Array).collect())
        }))
    }
}
