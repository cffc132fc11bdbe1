//! Queues, buffers and accumulators for programs that build a graph.

use super::accumulator::{
    ApplyGradient, MakeAccumulator, NumAccumulated, SetGlobalStep, TakeGradient, WHOLE_RESOURCE,
};
use super::elements::{MANY, ONE, QueueDequeue, QueueEnqueue};
use super::stage::{Buffer, Stage, StageSize, Unstage};
use super::{FIFO, MakeQueue, QueueClose, QueueSize};
use crate::graph::{Graph, Operation, Tensor};
use crate::ops::held::Held;
use crate::value::{Array, DType, PartialShape};

impl Graph {
    /// A queue of elements with components of these types and shapes, of which there may be `capacity` (`tf.FIFOQueue`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let queue = tf.fifo_queue(10, [(DType::Float32, ().into())]);
    /// let put = queue.enqueue(&[tf.constant(2.5)]);
    /// let taken = queue.dequeue();
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&put, feeds![])?;
    /// assert_eq!(sess.run(&taken[0], feeds![])?, 2.5.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn fifo_queue(
        &self,
        capacity: i64,
        components: impl IntoIterator<Item = (DType, PartialShape)>,
    ) -> QueueHandle {
        let (types, shapes): (Vec<DType>, Vec<PartialShape>) = components.into_iter().unzip();
        let op = MakeQueue::<FIFO, 2> { capacity, ..MakeQueue::new(types.clone(), shapes) };
        QueueHandle { handle: self.add(Held(op), &[]), types }
    }

    /// A buffer of tuples with components of these types, under a name of its own in a session (`StagingArea`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let area = tf.staging_area("batches", [DType::Float32]);
    /// let put = area.put(&[tf.constant(2.5)]);
    /// let taken = area.take();
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&put, feeds![])?;
    /// assert_eq!(sess.run(&taken[0], feeds![])?, 2.5.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn staging_area(&self, name: &str, types: impl IntoIterator<Item = DType>) -> StagingArea {
        let dtypes = types.into_iter().collect();
        let buffer = Buffer { dtypes, shared_name: name.to_string(), ..Buffer::default() };
        StagingArea { graph: self.clone(), buffer }
    }

    /// An accumulator of gradients of this type and shape, which gives their mean (`tf.ConditionalAccumulator`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let gradients = tf.conditional_accumulator(DType::Float32, [2]);
    /// let put = [array![1.0, 2.0], array![3.0, 6.0]].map(|x| gradients.apply(&tf.constant(x), 0));
    /// let mean = gradients.take(2);
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&put[0], feeds![])?;
    /// sess.run_op(&put[1], feeds![])?;
    /// assert_eq!(sess.run(&mean, feeds![])?, array![2.0, 4.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn conditional_accumulator(
        &self,
        dtype: DType,
        shape: impl Into<PartialShape>,
    ) -> ConditionalAccumulator {
        let op = MakeAccumulator::<WHOLE_RESOURCE>::mean(dtype, shape);
        ConditionalAccumulator { handle: self.add(Held(op), &[]), dtype }
    }
}

/// A buffer of tuples of a graph's sessions.
#[derive(Clone, Debug)]
pub struct StagingArea {
    graph: Graph,
    buffer: Buffer,
}

impl StagingArea {
    /// Puts in a tuple.
    #[track_caller]
    pub fn put(&self, tuple: &[Tensor]) -> Operation {
        let tuple: Vec<&Tensor> = tuple.iter().collect();
        self.graph.add_op(Stage { buffer: self.buffer.clone() }, &tuple, None)
    }

    /// The first tuple, for which a run waits; it is then no longer there.
    #[track_caller]
    pub fn take(&self) -> Vec<Tensor> {
        let node = self.graph.add_op(Unstage::<false> { buffer: self.buffer.clone() }, &[], None);
        (0..self.buffer.dtypes.len()).map(|component| node.output(component)).collect()
    }

    /// How many tuples there are.
    #[track_caller]
    pub fn size(&self) -> Tensor {
        self.graph.add(StageSize::<false> { buffer: self.buffer.clone() }, &[])
    }

    /// Takes all tuples out.
    #[track_caller]
    pub fn clear(&self) -> Operation {
        self.graph.add_op(StageSize::<true> { buffer: self.buffer.clone() }, &[], None)
    }
}

/// An accumulator of gradients of a graph.
#[derive(Clone, Debug)]
pub struct ConditionalAccumulator {
    handle: Tensor,
    dtype: DType,
}

impl ConditionalAccumulator {
    /// Adds a gradient that was computed at a step, unless the accumulator is further.
    #[track_caller]
    pub fn apply(&self, gradient: &Tensor, step: i64) -> Operation {
        let graph = self.handle.graph();
        let step = graph.constant(Array::scalar(step));
        graph.add_op(Held(ApplyGradient::<true>), &[&self.handle, &step, gradient], None)
    }

    /// The mean of the gradients, when there are `count`, for which a run waits; the accumulator is then empty, and one step
    /// further.
    #[track_caller]
    pub fn take(&self, count: i32) -> Tensor {
        let graph = self.handle.graph();
        graph.add(TakeGradient::<true> { dtype: self.dtype }, &[&self.handle, &graph.constant(count)])
    }

    /// How many gradients there are.
    #[track_caller]
    pub fn count(&self) -> Tensor {
        self.handle.graph().add(Held(NumAccumulated::<true>), &[&self.handle])
    }

    /// Brings the accumulator to a step.
    #[track_caller]
    pub fn set_step(&self, step: i64) -> Operation {
        let graph = self.handle.graph();
        let step = graph.constant(Array::scalar(step));
        graph.add_op(Held(SetGlobalStep::<true>), &[&self.handle, &step], None)
    }
}

/// A queue of a graph.
#[derive(Clone, Debug)]
pub struct QueueHandle {
    handle: Tensor,
    types: Vec<DType>,
}

impl QueueHandle {
    /// Its handle.
    pub fn handle(&self) -> &Tensor {
        &self.handle
    }

    /// Puts in an element of these components; a run waits for room.
    #[track_caller]
    pub fn enqueue(&self, components: &[Tensor]) -> Operation {
        let inputs: Vec<&Tensor> = std::iter::once(&self.handle).chain(components).collect();
        self.handle.graph().add_op(QueueEnqueue::<false, 2> { timeout_ms: -1 }, &inputs, None)
    }

    /// Puts in each row of these components.
    #[track_caller]
    pub fn enqueue_many(&self, components: &[Tensor]) -> Operation {
        let inputs: Vec<&Tensor> = std::iter::once(&self.handle).chain(components).collect();
        self.handle.graph().add_op(QueueEnqueue::<true, 2> { timeout_ms: -1 }, &inputs, None)
    }

    /// The components of the next element, for which a run waits.
    #[track_caller]
    pub fn dequeue(&self) -> Vec<Tensor> {
        let op = QueueDequeue::<ONE, 2> { component_types: self.types.clone(), timeout_ms: -1 };
        self.taken(self.handle.graph().add_op(op, &[&self.handle], None))
    }

    /// The components of the next `count` elements, put together.
    #[track_caller]
    pub fn dequeue_many(&self, count: i32) -> Vec<Tensor> {
        let graph = self.handle.graph();
        let op = QueueDequeue::<MANY, 2> { component_types: self.types.clone(), timeout_ms: -1 };
        self.taken(graph.add_op(op, &[&self.handle, &graph.constant(count)], None))
    }

    /// Lets nothing in from now on.
    #[track_caller]
    pub fn close(&self) -> Operation {
        let op = QueueClose::<2> { cancel_pending_enqueues: false };
        self.handle.graph().add_op(Held(op), &[&self.handle], None)
    }

    /// How many elements there are.
    #[track_caller]
    pub fn size(&self) -> Tensor {
        self.handle.graph().add(Held(QueueSize::<2>), &[&self.handle])
    }

    fn taken(&self, node: Operation) -> Vec<Tensor> {
        (0..self.types.len()).map(|component| node.output(component)).collect()
    }
}
