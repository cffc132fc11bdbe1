//! Queues, through which the runs of a session hand elements to each other.
//!
//! - `kept.rs`: a queue as the session keeps it, and how runs wait;
//! - [`elements`]: what puts elements in and takes them out; `handle.rs`: the same for programs;
//! - [`stage`]: buffers of tuples; [`accumulator`], [`rows`]: gradients that several runs add up; `waiting.rs`: how a run waits
//!   there;
//! - [`reader`]: files whose names come from a queue, record by record.
//!
//! A run waits for room, or for elements, as long as another run of its session is under way that could bring them; where none
//! is, or comes soon, it fails with DeadlineExceeded instead of waiting for ever. What a run has put in or taken out stays so
//! when it fails, as in TensorFlow.

pub mod accumulator;
pub mod elements;
mod handle;
mod kept;
pub mod reader;
pub mod rows;
pub mod stage;
mod waiting;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Value};
use crate::ops::held::{Held, Holding};
use crate::ops::{Attrs, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

pub use elements::{MANY, ONE, QueueDequeue, QueueEnqueue, UP_TO};
pub use handle::{ConditionalAccumulator, QueueHandle, StagingArea};

use kept::{Queue, Terms};

/// Why no gradient goes through a queue.
const HANDED_ON: &str = "what is taken out of a queue was put in by another run";

/// Whether the op gives elements to other runs or takes theirs.
pub(crate) fn is_between_runs(op: &dyn Op) -> bool {
    let name = op.name();
    let begins = ["Queue", "Reader", "Stage", "Unstage"].iter().any(|begin| name.starts_with(begin));
    begins || name.contains("Accumulator") || name.ends_with("TensorsMap")
}

/// What handles of queues and readers are, by the version of the op type: a reference to strings in the first.
fn handle(version: u8) -> Fact {
    match version {
        1 => Fact::new(DType::String, [Some(2)]),
        _ => Fact::new(DType::Resource, PartialShape::scalar()),
    }
}

fn queue(value: &Value) -> Result<&Queue, Reason> {
    value.kept("a queue")
}

/// Which element comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one that has been there longest.
    Fifo,
    /// As [`Fifo`](Kind::Fifo); elements of several shapes are filled up with zeros where they are taken together.
    PaddingFifo,
    /// Any.
    RandomShuffle,
    /// The one whose first component, an int64, is smallest.
    Priority,
}

/// [`Kind::Fifo`] as a number.
pub const FIFO: u8 = 0;
/// [`Kind::PaddingFifo`] as a number.
pub const PADDING_FIFO: u8 = 1;
/// [`Kind::RandomShuffle`] as a number.
pub const RANDOM_SHUFFLE: u8 = 2;
/// [`Kind::Priority`] as a number.
pub const PRIORITY: u8 = 3;

/// Makes a queue: its output is a handle.
#[derive(Clone, Debug)]
pub struct MakeQueue<const KIND: u8, const VERSION: u8> {
    /// The types of an element's components; of a priority queue without the priority.
    pub component_types: Vec<DType>,
    /// Their shapes; none where they may be any.
    pub shapes: Vec<PartialShape>,
    /// How many elements there may be; below 0, any number.
    pub capacity: i64,
    /// Of a queue that shuffles: how many elements stay, as long as it is open.
    pub min_after_dequeue: i64,
    /// Of a queue that shuffles: the first seed.
    pub seed: i64,
    /// The second seed.
    pub seed2: i64,
    /// TensorFlow's resource container; kept.
    pub container: String,
    /// The name under which several nodes share it.
    pub shared_name: String,
}

impl<const KIND: u8, const VERSION: u8> MakeQueue<KIND, VERSION> {
    const OF: Kind = match KIND {
        FIFO => Kind::Fifo,
        PADDING_FIFO => Kind::PaddingFifo,
        RANDOM_SHUFFLE => Kind::RandomShuffle,
        _ => Kind::Priority,
    };

    /// A queue of elements of these components, one for each session and node.
    pub fn new(component_types: Vec<DType>, shapes: Vec<PartialShape>) -> Self {
        MakeQueue {
            component_types,
            shapes,
            capacity: -1,
            min_after_dequeue: 0,
            seed: 0,
            seed2: 0,
            container: String::new(),
            shared_name: String::new(),
        }
    }

    fn terms(&self) -> Result<Terms, Reason> {
        let mut types = self.component_types.clone();
        let mut shapes = self.shapes.clone();
        if !shapes.is_empty() && shapes.len() != types.len() {
            let (shapes, types) = (shapes.len(), types.len());
            return Err(format!("there are {shapes} shapes of {types} components").into());
        }
        if KIND != PADDING_FIFO && shapes.iter().any(|shape| shape.known().is_none()) {
            return Err("the shapes of components must be known".into());
        }
        if KIND == PADDING_FIFO && shapes.is_empty() {
            return Err(
                "attribute \"shapes\" is empty, and must say at least how many axes components have".into()
            );
        }
        if shapes.iter().any(|shape| shape.rank().is_none()) {
            return Err("of each component it must be known how many axes it has".into());
        }
        if KIND == PRIORITY {
            types.insert(0, DType::Int64);
            if !shapes.is_empty() {
                shapes.insert(0, PartialShape::scalar());
            }
        }
        let capacity = usize::try_from(self.capacity).unwrap_or(usize::MAX);
        let least = usize::try_from(self.min_after_dequeue)
            .map_err(|_| format!("attribute \"min_after_dequeue\" is {}", self.min_after_dequeue))?;
        if KIND == RANDOM_SHUFFLE && least >= capacity {
            return Err(format!("there is room for {capacity} elements, and {least} are to stay").into());
        }
        Ok(Terms {
            kind: Self::OF,
            types,
            shapes: (!shapes.is_empty()).then_some(shapes),
            capacity,
            least,
            seeds: (self.seed, self.seed2),
        })
    }
}

impl<const KIND: u8, const VERSION: u8> Holding for MakeQueue<KIND, VERSION> {
    const NAME: &'static str = match (KIND, VERSION) {
        (FIFO, 1) => "FIFOQueue",
        (FIFO, _) => "FIFOQueueV2",
        (PADDING_FIFO, 1) => "PaddingFIFOQueue",
        (PADDING_FIFO, _) => "PaddingFIFOQueueV2",
        (RANDOM_SHUFFLE, 1) => "RandomShuffleQueue",
        (RANDOM_SHUFFLE, _) => "RandomShuffleQueueV2",
        (_, 1) => "PriorityQueue",
        (_, _) => "PriorityQueueV2",
    };
    const INPUTS: usize = 0;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new()
            .with("capacity", self.capacity)
            .with("component_types", self.component_types.clone())
            .with("container", self.container.as_str());
        let attrs = match KIND {
            RANDOM_SHUFFLE => attrs
                .with("min_after_dequeue", self.min_after_dequeue)
                .with("seed", self.seed)
                .with("seed2", self.seed2),
            _ => attrs,
        };
        attrs.with("shapes", self.shapes.clone()).with("shared_name", self.shared_name.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let component_types = match KIND {
            PRIORITY => attrs.optional("component_types", Vec::new())?,
            _ => attrs.require("component_types")?,
        };
        Ok(MakeQueue {
            component_types,
            shapes: attrs.optional("shapes", Vec::new())?,
            capacity: attrs.optional("capacity", -1)?,
            min_after_dequeue: attrs.optional("min_after_dequeue", 0)?,
            seed: attrs.optional("seed", 0)?,
            seed2: attrs.optional("seed2", 0)?,
            container: attrs.optional("container", String::new())?,
            shared_name: attrs.optional("shared_name", String::new())?,
        })
    }

    fn outputs(&self) -> Facts {
        handle(VERSION).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        let op = self.clone();
        Lowered::objects(0, move |objects, _| {
            let terms = op.terms()?;
            let name = if op.shared_name.is_empty() { Self::NAME } else { &op.shared_name };
            let value = Value::Kept(
                objects.of_session(&op.shared_name, || Ok(Queue::new(name.to_string(), terms.clone())))?,
            );
            let made = &queue(&value)?.terms;
            if *made != terms {
                return Err(format!("the queue \"{name}\" is {made:?}, and not {terms:?}").into());
            }
            Ok(vec![value])
        })
    }
}

/// Lets nothing into a queue from now on; its input is the handle.
#[derive(Clone, Debug)]
pub struct QueueClose<const VERSION: u8> {
    /// Whether what waits for room is sent away.
    pub cancel_pending_enqueues: bool,
}

impl<const VERSION: u8> Holding for QueueClose<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "QueueClose" } else { "QueueCloseV2" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("cancel_pending_enqueues", self.cancel_pending_enqueues)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(QueueClose { cancel_pending_enqueues: attrs.optional("cancel_pending_enqueues", false)? })
    }

    fn outputs(&self) -> Facts {
        Facts::new()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self) -> Lowered {
        let cancel = self.cancel_pending_enqueues;
        Lowered::objects(1, move |_, inputs| queue(&inputs[0])?.close(cancel).map(|()| Vec::new()))
    }
}

/// How many elements are in a queue; its input is the handle.
#[derive(Clone, Debug)]
pub struct QueueSize<const VERSION: u8>;

impl<const VERSION: u8> Holding for QueueSize<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "QueueSize" } else { "QueueSizeV2" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(QueueSize)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Int32, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, inputs| {
            Ok(vec![Value::Array(Array::scalar(queue(&inputs[0])?.len() as i32))])
        })
    }
}

/// Whether a queue is closed; its input is the handle.
#[derive(Clone, Debug)]
pub struct QueueIsClosed<const VERSION: u8>;

impl<const VERSION: u8> Holding for QueueIsClosed<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "QueueIsClosed" } else { "QueueIsClosedV2" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(QueueIsClosed)
    }

    fn outputs(&self) -> Facts {
        Fact::new(DType::Bool, PartialShape::scalar()).one()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self) -> Lowered {
        Lowered::objects(1, |_, inputs| Ok(vec![Value::Array(Array::scalar(queue(&inputs[0])?.is_closed()))]))
    }
}

/// Two elements are put into a queue and taken out, in one run.
fn through<const KIND: u8, const VERSION: u8>() -> Vec<Case> {
    vec![
        Case::fed("two in, two out", [array![[1.0, 2.0], [3.0, 4.0]]], |tf, x| {
            let shapes = vec![[Some(2)].into_iter().collect()];
            let seed = if KIND == RANDOM_SHUFFLE { 3 } else { 0 };
            let op = MakeQueue::<KIND, VERSION> { seed, ..MakeQueue::new(vec![DType::Float32], shapes) };
            let handle = tf.add(Held(op), &[]);
            let mut types = vec![DType::Float32];
            let x = x[0].stop_gradient();
            let priorities = tf.constant(Array::new([2], [5i64, 3]).expect("two"));
            let mut inputs = vec![&handle, &x];
            if KIND == PRIORITY {
                types.insert(0, DType::Int64);
                inputs.insert(1, &priorities);
            }
            let put = tf.add_op(QueueEnqueue::<true, VERSION> { timeout_ms: -1 }, &inputs, None);
            let after = tf.control_dependencies([&put]);
            let size = tf.add(Held(QueueSize::<VERSION>), &[&handle]);
            let open = tf.add(Held(QueueIsClosed::<VERSION>), &[&handle]);
            drop(after);
            let _after = tf.control_dependencies([&size.op(), &open.op()]);
            let op = QueueDequeue::<MANY, VERSION> { component_types: types, timeout_ms: -1 };
            let taken = tf.add_op(op, &[&handle, &tf.constant(2)], None);
            vec![taken.output(usize::from(KIND == PRIORITY)), size, open]
        })
        .twice(),
    ]
}

pub(in crate::ops) fn fifo_cases<const VERSION: u8>() -> Vec<Case> {
    through::<FIFO, VERSION>()
}

pub(in crate::ops) fn padding_cases<const VERSION: u8>() -> Vec<Case> {
    through::<PADDING_FIFO, VERSION>()
}

pub(in crate::ops) fn shuffle_cases<const VERSION: u8>() -> Vec<Case> {
    through::<RANDOM_SHUFFLE, VERSION>()
}

pub(in crate::ops) fn priority_cases<const VERSION: u8>() -> Vec<Case> {
    through::<PRIORITY, VERSION>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use crate::session::Cancellation;
    use crate::{Code, Executor};

    fn sessions(tf: &Graph) -> [Session; 2] {
        [Executor::Planned, Executor::Reference].map(|executor| Session::new(tf).unwrap().executor(executor))
    }

    #[test]
    fn elements_come_out_in_other_runs_and_a_closed_queue_says_when_it_is_empty() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([Some(2)], "x");
        let queue = tf.fifo_queue(3, [(DType::Float32, [Some(2)].into_iter().collect())]);
        let (put, size, close) = (queue.enqueue(std::slice::from_ref(&x)), queue.size(), queue.close());
        let (one, two) = (queue.dequeue(), queue.dequeue_many(2));
        for sess in sessions(&tf) {
            for i in 0..3 {
                sess.run_op(&put, feeds![x => array![i as f32, 1.0]]).unwrap();
            }
            assert_eq!(sess.run(&size, feeds![]).unwrap(), 3.into());
            assert_eq!(sess.run(&(&one[0] * 2.0), feeds![]).unwrap(), array![0.0, 2.0]);
            sess.run_op(&close, feeds![]).unwrap();
            assert_eq!(sess.run(&two[0], feeds![]).unwrap(), array![[1.0, 1.0], [2.0, 1.0]]);
            let code = |error: crate::Result<Array>| error.unwrap_err().code();
            assert_eq!(code(sess.run(&one[0], feeds![])), Code::OutOfRange);
            let late = sess.run_op(&put, feeds![x => array![0.0, 1.0]]).unwrap_err();
            assert_eq!(late.code(), Code::Cancelled);
        }
    }

    #[test]
    fn what_is_missing_is_put_back() {
        let tf = Graph::new();
        let queue = tf.fifo_queue(9, [(DType::Int32, ().into())]);
        let (put, close) = (queue.enqueue_many(&[tf.constant(array![1, 2])]), queue.close());
        let (three, one, size) = (queue.dequeue_many(3), queue.dequeue(), queue.size());
        for sess in sessions(&tf) {
            sess.run_op(&put, feeds![]).unwrap();
            sess.run_op(&close, feeds![]).unwrap();
            assert_eq!(sess.run(&three[0], feeds![]).unwrap_err().code(), Code::OutOfRange);
            assert_eq!(sess.run(&size, feeds![]).unwrap(), 2.into());
            assert_eq!(sess.run(&one[0], feeds![]).unwrap(), 1.into());
        }
    }

    #[test]
    fn a_run_waits_for_another_and_for_nobody_in_vain() {
        let tf = Graph::new();
        let queue = tf.fifo_queue(1, [(DType::Int32, ().into())]);
        let (put, one) = (queue.enqueue(&[tf.constant(7)]), queue.dequeue());
        for sess in sessions(&tf) {
            // Room for one: each must wait for the other.
            let taken = std::thread::scope(|scope| {
                let taker =
                    scope.spawn(|| (0..20).map(|_| sess.run(&one[0], feeds![]).unwrap()).collect::<Vec<_>>());
                (0..20).for_each(|_| sess.run_op(&put, feeds![]).unwrap());
                taker.join().unwrap()
            });
            assert!(taken.iter().all(|value| *value == 7.into()) && taken.len() == 20);
        }
        let alone = Session::new(&tf).unwrap();
        let error = alone.run(&one[0], feeds![]).unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert!(error.to_string().contains("no other run is under way"), "{error}");
        let cancellation = Cancellation::new();
        let sess = Session::new(&tf).unwrap().cancelled_by(&cancellation);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sess.run(&one[0], feeds![]).unwrap_err().code());
            cancellation.cancel();
            assert_eq!(waiting.join().unwrap(), Code::Cancelled);
        });
    }
}
