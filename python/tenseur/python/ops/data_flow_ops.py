"""Queues, through which threads of one session hand elements to each other."""

import collections
import heapq
import threading

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.framework import dtypes as _dtypes
from tenseur.python.framework import errors_impl, host_ops, ops, random_seed, tensor_shape, tensor_util

# --- queues in a session --------------------------------------------------------------------------------------------


class _Attempt:
    """A run that puts in elements, or waits for some."""

    def __init__(self, elements=None, count=0, fewer=False):
        self.elements = None if elements is None else collections.deque(elements)
        self.count, self.fewer, self.taken = count, fewer, []
        self.done = False
        self.error = None

    def fail(self, error):
        self.done, self.error = True, error


class _Queue:
    """A queue of a session: elements are lists of arrays. Who waits longest is served first, and by whoever makes it
    possible: when a call returns, nobody waits for what is there."""

    kind = "FIFOQueue"

    def __init__(self, name, types, shapes, capacity):
        self.name = name
        self.types = types
        self.shapes = shapes  # of each component, or None
        self.capacity = capacity if capacity > 0 else 2**31 - 1
        self.closed = self.cancelled = False
        self._changed = threading.Condition()
        self._putting, self._taking = collections.deque(), collections.deque()
        self._start()

    def _start(self):
        self._elements = collections.deque()

    def _put(self, element):
        self._elements.append(element)

    def _take(self):
        return self._elements.popleft()

    def _put_back(self, elements):
        self._elements.extendleft(reversed(elements))

    def _ready(self):
        """How many elements may be taken now."""
        return len(self._elements)

    def __len__(self):
        return len(self._elements)

    def _title(self):
        return f"{self.kind} '_0_{self.name}'"

    def enqueue(self, elements):
        """Adds the elements, waiting for room.

        Raises:
          CancelledError: where the queue is closed.
        """
        with self._changed:
            if self.closed and not self.cancelled:
                raise errors_impl.CancelledError(None, None, f"{self._title()} is closed.")
            self._wait(_Attempt(elements), self._putting, "Enqueue")

    def dequeue(self, count, fewer=False):
        """Takes `count` elements, waiting for them; with `fewer`, what is left of a closed queue is enough.

        Raises:
          OutOfRangeError: where the queue is closed and has not that many.
          CancelledError: where the session is closed meanwhile.
        """
        with self._changed:
            return self._wait(_Attempt(count=count, fewer=fewer), self._taking, "Dequeue").taken

    def _wait(self, attempt, line, what):
        if not self.cancelled:
            line.append(attempt)
            self._serve()
            while not attempt.done and not self.cancelled:
                self._changed.wait()
        if not attempt.done:
            self._put_back(attempt.taken)
            raise errors_impl.CancelledError(None, None, f"{what} operation was cancelled")
        if attempt.error is not None:
            raise attempt.error
        return attempt

    def _serve(self):
        """Moves all that can be moved."""
        while self._serve_putting() or self._serve_taking():
            pass
        self._changed.notify_all()

    def _serve_putting(self):
        moved = False
        while self._putting and len(self._elements) < self.capacity:
            attempt = self._putting[0]
            if attempt.elements:
                self._put(attempt.elements.popleft())
                moved = True
            if not attempt.elements:
                attempt.done = True
                self._putting.popleft()
        return moved

    def _serve_taking(self):
        moved = False
        while self._taking:
            attempt = self._taking[0]
            if len(attempt.taken) < attempt.count and self._ready() > 0:
                attempt.taken.append(self._take())
                moved = True
            elif len(attempt.taken) == attempt.count or self.closed and not self._putting and attempt.fewer and attempt.taken:
                attempt.done = True
                self._taking.popleft()
            elif self.closed and not self._putting:
                self._put_back(attempt.taken)
                attempt.fail(errors_impl.OutOfRangeError(
                    None, None, f"{self._title()} is closed and has insufficient elements (requested {attempt.count}, current size "
                                f"{len(self._elements)})"))
                self._taking.popleft()
            else:
                break
        return moved

    def close(self, cancel):
        """Nothing can be put in from now on; with `cancel`, those who wait for room wait in vain."""
        with self._changed:
            self.closed = True
            while cancel and self._putting:
                self._putting.popleft().fail(errors_impl.CancelledError(None, None, "Enqueue operation was cancelled"))
            self._serve()

    def close_with_session(self):
        with self._changed:
            self.cancelled = True
            self._changed.notify_all()


class _RandomQueue(_Queue):
    """A queue from which elements are taken by chance, as long as `least` are left."""

    kind = "RandomShuffleQueue"

    def __init__(self, name, types, shapes, capacity, least, seeds):
        self._least = least
        self._seeds = seeds
        super().__init__(name, types, shapes, capacity)

    def _start(self):
        import random
        from tenseur.python.ops import _philox
        self._elements = []
        self._draw = _philox.Philox(*self._seeds).next32 if self._seeds != (0, 0) else lambda: random.getrandbits(32)

    def _take(self):
        place = self._draw() % len(self._elements)
        self._elements[place], self._elements[-1] = self._elements[-1], self._elements[place]
        return self._elements.pop()

    def _put_back(self, elements):
        self._elements.extend(elements)

    def _ready(self):
        return len(self._elements) - (0 if self.closed else self._least)


class _PriorityQueue(_Queue):
    """A queue from which the element with the smallest first component is taken."""

    kind = "PriorityQueue"

    def _start(self):
        self._elements = []
        self._count = 0

    def _put(self, element):
        self._count += 1
        heapq.heappush(self._elements, (int(element[0]), self._count, element))

    def _take(self):
        return heapq.heappop(self._elements)[2]

    def _put_back(self, elements):
        for element in elements:
            self._put(element)


class _PaddingQueue(_Queue):
    """A queue whose elements are filled up when several are taken at once."""

    kind = "PaddingFIFOQueue"


def _kept(key, make):
    session = session_lib.running_session()
    found = session.resources.get(key)
    if found is None:
        with session._lock:
            found = session.resources.get(key)
            if found is None:
                found = session.resources[key] = make()
    return found


def resource_key(value):
    return value if isinstance(value, bytes) else np.asarray(value, dtype=object).item()


def resource(value, what="queue"):
    """What the running session keeps for a handle."""
    key = resource_key(value)
    found = session_lib.running_session().resources.get(key)
    if found is None:
        raise errors_impl.FailedPreconditionError(None, None, f"the {what} {key.decode()} is not there in this session")
    return found


def resource_op(node, make):
    """The facts and function of an op that makes something of the session's and gives a handle for it."""
    attrs = node.attrs
    name = attrs.get("shared_name") or node.name
    key = name if isinstance(name, bytes) else name.encode()

    def work(_):
        _kept(key, make)
        return [([key], ())]

    return [(_dtypes.string, ())], work


@host_ops.register("FIFOQueueV2", "PaddingFIFOQueueV2", "RandomShuffleQueueV2", "PriorityQueueV2", "FIFOQueue", "PaddingFIFOQueue",
                   "RandomShuffleQueue", "PriorityQueue")
def _queue(node):
    attrs = node.attrs
    types = [_dtypes.as_dtype(kind[1]) for kind in attrs["component_types"]]
    shapes = [shape[1] for shape in attrs.get("shapes") or []] or None
    capacity = attrs.get("capacity", -1)
    kind = node.op_type.removesuffix("V2")
    if kind == "PriorityQueue":
        types = [_dtypes.int64, *types]
        shapes = [(), *(shapes or [])]

    def make():
        if kind == "RandomShuffleQueue":
            return _RandomQueue(node.name, types, shapes, capacity, attrs.get("min_after_dequeue", 0),
                                (attrs.get("seed", 0), attrs.get("seed2", 0)))
        made = {"FIFOQueue": _Queue, "PaddingFIFOQueue": _PaddingQueue, "PriorityQueue": _PriorityQueue}[kind]
        return made(node.name, types, shapes, capacity)

    facts, found = resource_op(node, make)
    if not attrs.get("shared_name"):
        return facts, found
    wanted = {"type": kind, "capacity": make().capacity, "component types": [dtype.name for dtype in types],
              "component shapes": [_brackets(shape) for shape in shapes or []],
              "min_after_dequeue": attrs.get("min_after_dequeue"), "random seeds": (attrs.get("seed"), attrs.get("seed2"))}

    def work(inputs):
        key, = found(inputs)
        own = resource(key[0][0]).__dict__.setdefault("described", wanted)
        for what, value in wanted.items():
            if own[what] != value:
                raise errors_impl.InvalidArgumentError(
                    None, None, f"Shared queue '{key[0][0].decode()}' has {what} {own[what]} but requested {what} was {value}.")
        return [key]

    return facts, work


def _check(queue, element, rows=()):
    """Refuses an element (or several, with their number as `rows`) whose shapes are not the queue's."""
    if queue.shapes is None:
        return
    for number, (value, shape) in enumerate(zip(element, queue.shapes)):
        shape = None if shape is None else (*rows, *shape)
        own = np.shape(value) if not isinstance(value, bytes) else ()
        if shape is not None and (len(own) != len(shape) or any(a is not None and a != b for a, b in zip(shape, own))):
            raise errors_impl.InvalidArgumentError(
                None, None, f"Shape mismatch in tuple component {number}. Expected {_brackets(shape)}, got {_brackets(own)}")


def _brackets(shape):
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"


@host_ops.register("QueueEnqueueV2", "QueueEnqueue")
def _enqueue(node):
    def work(inputs):
        queue = resource(inputs[0])
        _check(queue, inputs[1:])
        queue.enqueue([list(inputs[1:])])
        return []
    return [], work


@host_ops.register("QueueEnqueueManyV2", "QueueEnqueueMany")
def _enqueue_many(node):
    def work(inputs):
        queue = resource(inputs[0])
        counts = {len(values) for values in inputs[1:]}
        if len(counts) != 1:
            raise errors_impl.InvalidArgumentError(None, None, f"All input tensors must have the same size in the 0th dimension: {counts}")
        _check(queue, inputs[1:], tuple(counts))
        queue.enqueue([list(rows) for rows in zip(*inputs[1:])])
        return []
    return [], work


def _facts(node, rows):
    """The outputs of a dequeue: with a leading size `rows`, unless that is `()`."""
    queue = node.inputs[0].op
    types = [kind[1] for kind in node.attrs["component_types"]]
    shapes = [None] * len(types)
    try:
        found = queue.get_attr("shapes")
        if queue.type.startswith("PriorityQueue"):
            found = [tensor_shape.scalar(), *found]
        if len(found) == len(types):
            shapes = [shape._dims for shape in found]
    except ValueError:
        pass
    return [(kind, None if shape is None else (*rows, *shape)) for kind, shape in zip(types, shapes)]


def _array(value, dtype):
    if dtype == _dtypes.string:
        return tensor_util.to_engine(np.asarray(value, dtype=object))
    return np.asarray(value, dtype=dtype.as_numpy_dtype)


@host_ops.register("QueueDequeueV2", "QueueDequeue")
def _dequeue(node):
    def work(inputs):
        queue = resource(inputs[0])
        (element,) = queue.dequeue(1)
        return [_array(value, dtype) for value, dtype in zip(element, queue.types)]
    return _facts(node, ()), work


@host_ops.register("QueueDequeueManyV2", "QueueDequeueMany", "QueueDequeueUpToV2", "QueueDequeueUpTo")
def _dequeue_many(node):
    fewer = "UpTo" in node.op_type

    def work(inputs):
        from tenseur.python.data.util import structure
        queue, count = resource(inputs[0]), int(inputs[1])
        if count < 0:
            raise errors_impl.InvalidArgumentError(None, None, f"DequeueMany requested {count} < 0 elements")
        if count == 0:
            return [_array(np.zeros((0, *(size or 0 for size in shape)), dtype.as_numpy_dtype), dtype)
                    for dtype, shape in zip(queue.types, queue.shapes)]
        elements = queue.dequeue(count, fewer)
        joined = []
        for number, dtype in enumerate(queue.types):
            values = [element[number] for element in elements]
            spec = structure.Spec(dtype, None)
            if isinstance(queue, _PaddingQueue):
                padding = b"" if dtype == _dtypes.string else dtype.as_numpy_dtype(0)
                joined.append(structure.padded(values, spec, number, queue.shapes[number], padding))
            else:
                joined.append(structure.stacked(values, spec, number))
        return [_array(value, dtype) for value, dtype in zip(joined, queue.types)]

    count = tensor_util.constant_value(node.inputs[1]) if not fewer else None
    return _facts(node, (None if count is None else int(count),)), work


@host_ops.register("QueueCloseV2", "QueueClose")
def _close(node):
    cancel = node.attrs.get("cancel_pending_enqueues", False)

    def work(inputs):
        resource(inputs[0]).close(cancel)
        return []
    return [], work


@host_ops.register("QueueSizeV2", "QueueSize")
def _size(node):
    return [(_dtypes.int32, ())], lambda inputs: [np.array(len(resource(inputs[0])), np.int32)]


@host_ops.register("QueueIsClosedV2", "QueueIsClosed")
def _is_closed(node):
    return [(_dtypes.bool, ())], lambda inputs: [np.asarray(resource(inputs[0]).closed)]


# --- queues of programs -----------------------------------------------------------------------------------------------


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
        if any(shape.ndims is None for shape in self._shapes):
            raise ValueError(f"{op_type} needs queues that know the shapes of their components")
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
        return self._op("QueueCloseV2", [], name or f"{self._name}_Close", cancel_pending_enqueues=bool(cancel_pending_enqueues))

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
