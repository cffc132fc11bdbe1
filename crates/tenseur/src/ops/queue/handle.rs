//! Queues for programs that build a graph.

use super::elements::{MANY, ONE, QueueDequeue, QueueEnqueue};
use super::{FIFO, MakeQueue, QueueClose, QueueSize};
use crate::graph::{Graph, Operation, Tensor};
use crate::ops::held::Held;
use crate::value::{DType, PartialShape};

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
