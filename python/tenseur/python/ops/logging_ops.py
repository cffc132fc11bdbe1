"""Operations that print: `tf.Print`, `tf.print`."""

import collections
import sys
import weakref

import numpy as np

from tenseur.python.client import session as session_lib
from tenseur.python.framework import dtypes, op_def_library, ops, tensor_util
from tenseur.python.util import nest


def Print(input_, data, message=None, first_n=None, summarize=None, name=None):
    """`input_` as it is; each time it is computed, `data` is printed to the standard error.

    Args:
      data: a list of tensors.
      message: what is printed before them.
      first_n: how many times it is printed; always, if it is None.
      summarize: how many elements of each tensor are printed: 3.
    """
    summarize = 3 if summarize is None else summarize
    first_n = -1 if first_n is None else first_n
    text = message or ""
    counts = collections.Counter()

    def call(values):
        own = session_lib.running_session()
        counts[id(own)] += 1
        if first_n < 0 or counts[id(own)] <= first_n:
            sys.stderr.write(text + "".join(f"[{_summary(value, summarize)}]" for value in values[1:]) + "\n")
            sys.stderr.flush()
        value = np.asarray(values[0], dtype=object if _is_text(values[0]) else None)
        return [tensor_util.to_engine(value)]

    input_ = ops.convert_to_tensor(input_, name="input")
    fact = (input_.dtype.base_dtype._enum, _sizes(input_.shape))
    op = op_def_library.make_op("Print", name, {
        "input": input_, "data": list(data), "message": text, "first_n": first_n, "summarize": summarize,
    }, host=([fact], call))
    graph, count = op.graph, len(op.inputs)

    def rule(gradients):
        return [gradients[0]] + [None] * (count - 1)

    graph._kept.append(rule)
    graph._engine.set_gradient(op._id, weakref.ref(rule))
    return op.outputs[0]


def _sizes(shape):
    return None if shape.ndims is None else tuple(shape.as_list())


def _is_text(value):
    return isinstance(value, (bytes, str)) or getattr(value, "dtype", None) == object


def _one(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return "%.9g" % value if abs(value) >= 1e16 else _short(value)
    return str(value)


def _short(value):
    """A float with as few digits as name it, at most nine, as C++ prints it."""
    text = np.format_float_positional(value, trim="-", unique=True,
                                      precision=9) if 1e-4 <= abs(value) < 1e16 or value == 0 else (
        np.format_float_scientific(value, trim="-", unique=True, exp_digits=2))
    return text


def _summary(value, summarize):
    """The first elements as TensorFlow shows them: `1 2 3...`, and `[1 2][3 4]` for the rows of a matrix."""
    array = np.asarray(value, dtype=object if _is_text(value) else None)
    most = array.size if summarize < 0 else summarize
    if array.ndim == 0:
        return _one(array[()])
    shown = 0

    def walk(part, inner):
        nonlocal shown
        if part.ndim == 1:
            own = part[:max(most - shown, 0)]
            shown += len(own)
            return " ".join(_one(item) for item in own) + ("..." if inner and len(own) < len(part) else "")
        rows = []
        for row in part:
            if shown < most:
                rows.append("[" + walk(row, True) + "]")
        return "".join(rows)

    return walk(array, False) + ("..." if array.size > most else "")


def print_v2(*inputs, **kwargs):
    """An operation that prints its arguments, tensors among them, as Python's `print` does.

    Keyword arguments: `output_stream` (`sys.stderr`; or `sys.stdout`, a function of tf.logging, `"file://path"`),
      `summarize`
    (how many elements at each end of an axis: 3), `sep`, `end`, `name`.
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError("Unrecognized keyword arguments for tf.print: %s" % kwargs)
    tensors = [leaf for leaf in nest.flatten(inputs, expand_composites=True) if _is_tensor(leaf)]
    edge = 3 if summarize is None else summarize

    def call(values):
        rest = iter(values)
        told = nest.map_structure(lambda leaf: _Shown(next(rest), edge) if _is_tensor(leaf) else leaf, list(inputs),
                                  expand_composites=True)
        _write(stream, sep.join(str(one) for one in told) + end)
        return []

    tensors = [ops.convert_to_tensor(one) for one in tensors]
    with ops.name_scope(name, "print", tensors) as scope:
        return ops.get_default_graph().create_op("PrintV2", tensors, name=scope, attrs={"end": end}, host=([], call))


def _is_tensor(leaf):
    return isinstance(leaf, ops.Tensor) or hasattr(leaf, "_as_graph_element")


class _Shown:
    """The value of a tensor, as `tf.print` shows it."""

    def __init__(self, value, edge):
        self._value, self._edge = value, edge

    def __str__(self):
        array = np.asarray(self._value, dtype=object if _is_text(self._value) else None)
        return self._text(array)

    __repr__ = __str__

    def _text(self, array, indent=1):
        if array.ndim == 0:
            return _one(array.item() if array.dtype == object else array[()])
        count, edge = len(array), self._edge
        rows = [self._text(row, indent + 1) for row in (
            array if edge < 0 or count <= 2 * edge else list(array[:edge]) + list(array[-edge:]))]
        if edge >= 0 and count > 2 * edge:
            rows.insert(edge, "...")
        between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * indent
        return "[" + between.join(rows) + "]"


def _write(stream, text):
    if isinstance(stream, str) and stream.startswith("file://"):
        with open(stream[len("file://"):], "a", encoding="utf-8") as file:
            file.write(text)
    elif callable(stream) and not hasattr(stream, "write"):
        stream(text.rstrip("\n"))
    else:
        stream.write(text)
        stream.flush()


def timestamp(name=None):
    """Seconds since 1970, float64, at the moment when it runs."""
    import time
    op = op_def_library.make_op("Timestamp", name, {},
                                host=([(dtypes.float64._enum, ())], lambda _: [np.float64(time.time())]))
    return op.outputs[0]
