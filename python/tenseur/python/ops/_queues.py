"""Queues as sessions keep them, and the functions of their ops."""

import collections
import heapq
import threading

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.framework import dtypes as _dtypes
from tenseur.python.framework import errors_impl, host_ops, tensor_shape, tensor_util


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
                if not self._changed.wait(session_lib.time_left()) and not attempt.done:
                    line.remove(attempt)
                    self._put_back(attempt.taken)
                    self._serve()
                    raise errors_impl.DeadlineExceededError(None, None, f"Timed out: {what} on {self._title()}")
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
            if own[what] != value and not (what == "random seeds" and value == (0, 0)):
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
        if queue.shapes is None or None in queue.shapes:
            raise errors_impl.InvalidArgumentError(
                None, None, f"{queue._title()}'s DequeueMany and DequeueUpTo require the components to have specified shapes.")
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
