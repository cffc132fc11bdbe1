"""Queues, through which threads of one session hand elements to each other."""

from tenseur.python.framework import dtypes as _dtypes
from tenseur.python.framework import host_ops, ops, random_seed, tensor_shape, tensor_util
from tenseur.python.ops._accumulators import ConditionalAccumulator, ConditionalAccumulatorBase  # noqa: F401
from tenseur.python.ops._queues import resource, resource_key, resource_op  # noqa: F401


def _as_type_list(dtypes):
    assert dtypes is not None
    return [_dtypes.as_dtype(one) for one in (dtypes if isinstance(dtypes, (list, tuple)) else [dtypes])]


def _as_shape_list(shapes, dtypes, unknown_dim_allowed=False, unknown_rank_allowed=False):
    """The shapes of the components, as a list of TensorShapes; `None` where they are not told."""
    if shapes is None:
        return None
    if isinstance(shapes, tensor_shape.TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError("shapes must be a TensorShape or a list or tuple of TensorShapes.")
    if all(one is None or isinstance(one, int) for one in shapes):
        shapes = [shapes]  # One shape, not a list of them.
    shapes = [tensor_shape.as_shape(shape) for shape in shapes]
    if not unknown_dim_allowed and any(not shape.is_fully_defined() for shape in shapes):
        raise ValueError(f"All shapes must be fully defined: {shapes}")
    if not unknown_rank_allowed and any(shape.ndims is None for shape in shapes):
        raise ValueError(f"All shapes must have a defined rank: {shapes}")
    return shapes


def _as_name_list(names, dtypes):
    if names is None:
        return None
    names = list(names) if isinstance(names, (list, tuple)) else [names]
    if len(names) != len(dtypes):
        raise ValueError(f"List of names must have the same length as the list of dtypes: {names} vs {dtypes}")
    return names


class QueueBase:
    """A queue. What is put in by one run can be taken out by another, of any thread of the session."""

    def __init__(self, dtypes, shapes, names, queue_ref):
        self._dtypes = dtypes
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("Queue shapes must have the same length as dtypes, received len(shapes)="
                             f"{len(shapes)}, len(dtypes)={len(dtypes)}")
        self._shapes = [tensor_shape.TensorShape(shape) for shape in shapes] if shapes is not None else \
            [tensor_shape.unknown_shape() for _ in dtypes]
        self._names = names
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def _made(op_type, name, dtypes, shapes, capacity, shared_name, **attrs):
        attrs = {"component_types": [("type", dtype.as_datatype_enum) for dtype in dtypes],
                 "shapes": [("shape", shape._dims) for shape in shapes or []], "capacity": int(capacity), "container": "",
                 "shared_name": shared_name or "", **attrs}
        return host_ops.create(op_type, [], attrs, name).outputs[0]

    @staticmethod
    def from_list(index, queues):
        """The queue `queues[index]`, where `index` is a tensor."""
        from tenseur.python.ops import array_ops
        if not queues or not isinstance(queues, list) or not all(isinstance(queue, QueueBase) for queue in queues):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if not all(first.dtypes == queue.dtypes for queue in queues[1:]):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(first.names == queue.names for queue in queues[1:]):
            raise TypeError("Queues do not have matching component names.")
        shapes = [_common(shapes) for shapes in zip(*(queue._shapes for queue in queues))]
        chosen = array_ops.gather(array_ops.stack([queue.queue_ref for queue in queues]), index)
        return QueueBase(dtypes=first.dtypes, shapes=shapes, names=first.names, queue_ref=chosen)

    @property
    def queue_ref(self):
        return self._queue_ref

    @property
    def name(self):
        return self._queue_ref.op.name

    @property
    def dtypes(self):
        return self._dtypes

    @property
    def shapes(self):
        return self._shapes

    @property
    def names(self):
        return self._names

    def _tensors(self, vals):
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names) != sorted(vals):
                raise ValueError("Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                                 f"({sorted(vals)}), Queue: ({sorted(self._names)})")
            vals = [vals[name] for name in self._names]
        else:
            if self._names:
                raise ValueError("You must enqueue a dictionary in a Queue with names")
            if not isinstance(vals, (list, tuple)):
                vals = [vals]
        if len(vals) != len(self._dtypes):
            raise ValueError(f"Wrong number of values to enqueue: {len(vals)} where the queue has {len(self._dtypes)} components")
        return [ops.convert_to_tensor(val, dtype=dtype, name=f"component_{number}")
                for number, (val, dtype) in enumerate(zip(vals, self._dtypes))]

    def _op(self, op_type, inputs, name, **attrs):
        return host_ops.create(op_type, [self._queue_ref, *inputs], attrs, name)

    def _types(self):
        return [("type", dtype.as_datatype_enum) for dtype in self._dtypes]

    def enqueue(self, vals, name=None):
        """The operation that puts in one element; it waits while the queue is full.

        Raises:
          CancelledError: in a run, where the queue is closed.
        """
        with ops.name_scope(name, f"{self._name}_enqueue", vals if isinstance(vals, (list, tuple)) else [vals]) as scope:
            vals = self._tensors(vals)
            for val, shape in zip(vals, self._shapes):
                val.get_shape().assert_is_compatible_with(shape)
            return self._op("QueueEnqueueV2", vals, scope, Tcomponents=self._types())

    def enqueue_many(self, vals, name=None):
        """The operation that puts in the rows of the tensors."""
        with ops.name_scope(name, f"{self._name}_EnqueueMany", vals if isinstance(vals, (list, tuple)) else [vals]) as scope:
            vals = self._tensors(vals)
            rows = tensor_shape.Dimension(None)
            for val, shape in zip(vals, self._shapes):
                rows = rows.merge_with(val.get_shape().with_rank_at_least(1)[0])
                val.get_shape()[1:].assert_is_compatible_with(shape)
            return self._op("QueueEnqueueManyV2", vals, scope, Tcomponents=self._types())

    def _given(self, tensors):
        if self._names:
            return dict(zip(self._names, tensors))
        return tensors[0] if len(tensors) == 1 else tensors

    def _taken(self, op, rows):
        for output, shape in zip(op.outputs, self._shapes):
            output.set_shape(tensor_shape.TensorShape(list(rows)).concatenate(shape))
        return self._given(list(op.outputs))

    def dequeue(self, name=None):
        """The next element; a run waits for it.

        Raises:
          OutOfRangeError: in a run, where the queue is closed and empty.
        """
        op = self._op("QueueDequeueV2", [], name or f"{self._name}_Dequeue", component_types=self._types())
        return self._taken(op, ())

    def _many(self, op_type, n, name):
        with ops.name_scope(name, f"{self._name}_{'DequeueMany' if 'Many' in op_type else 'DequeueUpTo'}", [n]) as scope:
            n = ops.convert_to_tensor(n, dtype=_dtypes.int32, name="n")
            op = self._op(op_type, [n], scope, component_types=self._types())
        known = tensor_util.constant_value(n) if op_type == "QueueDequeueManyV2" else None
        return self._taken(op, (None if known is None else int(known),))

    def dequeue_many(self, n, name=None):
        """The next `n` elements, stacked.

        Raises:
          OutOfRangeError: in a run, where the queue is closed and has not that many.
        """
        return self._many("QueueDequeueManyV2", n, name)

    def dequeue_up_to(self, n, name=None):
        """The next `n` elements, stacked; what is left, where the queue is closed."""
        return self._many("QueueDequeueUpToV2", n, name)

    def close(self, cancel_pending_enqueues=False, name=None):
        """The operation after which nothing can be put in, and what is there can be taken out."""
        return self._op("QueueCloseV2", [], name or f"{self._name}_Close",
                        cancel_pending_enqueues=bool(cancel_pending_enqueues))

    def is_closed(self, name=None):
        return self._op("QueueIsClosedV2", [], name or f"{self._name}_Is_Closed").outputs[0]

    def size(self, name=None):
        """The number of elements in the queue."""
        return self._op("QueueSizeV2", [], name or f"{self._name}_Size").outputs[0]


def _common(shapes):
    first = shapes[0]
    for shape in shapes[1:]:
        first = first.most_specific_compatible_shape(shape)
    return first


class FIFOQueue(QueueBase):
    """A queue from which what was put in first is taken first."""

    def __init__(self, capacity, dtypes, shapes=None, names=None, shared_name=None, name="fifo_queue"):
        dtypes = _as_type_list(dtypes)
        shapes = _as_shape_list(shapes, dtypes)
        ref = self._made("FIFOQueueV2", name, dtypes, shapes, capacity, shared_name)
        super().__init__(dtypes, shapes, _as_name_list(names, dtypes), ref)


class RandomShuffleQueue(QueueBase):
    """A queue from which elements are taken by chance; `min_after_dequeue` are left to mix with, until it is closed."""

    def __init__(self, capacity, min_after_dequeue, dtypes, shapes=None, names=None, seed=None, shared_name=None,
                 name="random_shuffle_queue"):
        dtypes = _as_type_list(dtypes)
        shapes = _as_shape_list(shapes, dtypes)
        seed1, seed2 = random_seed.get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            import hashlib
            digest = hashlib.md5(f"{ops.get_default_graph().seed}{shared_name}".encode()).hexdigest()
            seed2 = int(digest[:8], 16) & 0x7FFFFFFF
        ref = self._made("RandomShuffleQueueV2", name, dtypes, shapes, capacity, shared_name,
                         min_after_dequeue=int(min_after_dequeue), seed=int(seed1 or 0), seed2=int(seed2 or 0))
        super().__init__(dtypes, shapes, _as_name_list(names, dtypes), ref)


class PaddingFIFOQueue(QueueBase):
    """A FIFO queue whose elements may differ in the sizes that `shapes` does not tell; `dequeue_many` fills them up with 0."""

    def __init__(self, capacity, dtypes, shapes, names=None, shared_name=None, name="padding_fifo_queue"):
        dtypes = _as_type_list(dtypes)
        if shapes is None:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        shapes = _as_shape_list(shapes, dtypes, unknown_dim_allowed=True)
        if len(dtypes) != len(shapes):
            raise ValueError("Shapes must be provided for all components, but received "
                             f"{len(dtypes)} dtypes and {len(shapes)} shapes.")
        ref = self._made("PaddingFIFOQueueV2", name, dtypes, shapes, capacity, shared_name)
        super().__init__(dtypes, shapes, _as_name_list(names, dtypes), ref)


class PriorityQueue(QueueBase):
    """A queue whose elements begin with a number of int64; the smallest is taken first."""

    def __init__(self, capacity, types, shapes=None, names=None, shared_name=None, name="priority_queue"):
        types = _as_type_list(types)
        shapes = _as_shape_list(shapes, types)
        ref = self._made("PriorityQueueV2", name, types, shapes, capacity, shared_name)
        super().__init__([_dtypes.int64, *types], [tensor_shape.scalar(), *(shapes or [tensor_shape.unknown_shape()] * len(types))],
                         _as_name_list(names, [_dtypes.int64, *types]), ref)


class StagingArea:
    """A place from which what was put in first is taken first: a queue that is never closed."""

    def __init__(self, dtypes, shapes=None, names=None, shared_name=None, capacity=0, memory_limit=0):
        name = ops.get_default_graph().unique_name("StagingArea")
        with ops.name_scope(None):
            self._queue = FIFOQueue(capacity or -1, dtypes, None, names, shared_name, name)
        if shapes is not None:
            self._queue._shapes = _as_shape_list(shapes, dtypes, unknown_dim_allowed=True, unknown_rank_allowed=True)

    @property
    def dtypes(self):
        return self._queue.dtypes

    @property
    def shapes(self):
        return self._queue.shapes

    @property
    def names(self):
        return self._queue.names

    @property
    def name(self):
        return self._queue.name

    def put(self, values, name=None):
        """The operation that puts in an element."""
        return self._queue.enqueue(values, name)

    def get(self, name=None):
        """The next element; a run waits for it."""
        return self._queue.dequeue(name)

    def size(self, name=None):
        return self._queue.size(name)


class RecordInput:
    """Batches of records of TFRecord files, drawn by chance."""

    def __init__(self, file_pattern, batch_size=1, buffer_size=1, parallelism=1, shift_ratio=0, seed=0, name=None, batches=None,
                 compression_type=None):
        from tenseur.python.data.ops import dataset_ops, readers
        names = dataset_ops.Dataset.list_files(file_pattern, seed=seed or None)
        kind = {None: "", 0: "", 1: "ZLIB", 2: "GZIP"}.get(compression_type, compression_type)
        records = readers.TFRecordDataset(names, kind).repeat().shuffle(buffer_size, seed or None)
        self._batch_size = batch_size
        self._following = records.batch(batch_size, drop_remainder=True).make_one_shot_iterator().get_next(name)
        self._batches = batches

    def get_yield_op(self):
        """The next batch: a tensor of strings, or a list of `batches` of them."""
        if self._batches is None:
            return self._following
        from tenseur.python.ops import array_ops
        return array_ops.split(self._following, self._batches)
