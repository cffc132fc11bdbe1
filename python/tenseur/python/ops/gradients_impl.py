"""Gradients: `tf.gradients` adds to the graph the nodes that compute them."""

import enum

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops


class UnconnectedGradients(enum.Enum):
    """What there is for an x on which no y depends."""

    NONE = "none"
    ZERO = "zero"


class AggregationMethod:
    """How terms are summed; every way gives the same sums here."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def _as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def gradients(ys, xs, grad_ys=None, name="gradients", colocate_gradients_with_ops=False, gate_gradients=False,
              aggregation_method=None, stop_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
    """∂Σys/∂x for each x of `xs`, as tensors, as `IndexedSlices` (for what was only gathered from), or as `None` where no y
    depends on x.

    Args:
      grad_ys: the gradients with which the ys begin; else ones.
      stop_gradients: tensors that are taken for constants.
      unconnected_gradients: whether there are zeros instead of `None`.

    Raises:
      LookupError: where an op on the way has no gradient.
      TypeError, ValueError: where a y is of a type that has no gradients, or `grad_ys` do not fit.
    """
    ys, xs = _as_list(ys), _as_list(xs)
    unconnected_gradients = UnconnectedGradients(unconnected_gradients)
    grad_ys = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    stops = [] if stop_gradients is None else _as_list(stop_gradients)
    graph = ops._get_graph_from_inputs([*ys, *xs])
    with graph.as_default(), ops.name_scope(name, "gradients", [*ys, *xs, *stops, *grad_ys]) as scope:
        ys = [ops.convert_to_tensor(y, name="y") for y in ys]
        sources = [_source(x) for x in xs]
        starts = _starts(ys, grad_ys)
        found = _from_engine(graph, ys, starts, sources, scope, [_source(x) for x in stops])
        if unconnected_gradients is UnconnectedGradients.ZERO:
            found = [array_ops.zeros_like(x) if one is None else one for x, one in zip(xs, found)]
        return found


def _source(x):
    """The tensor with respect to which a gradient is taken: a variable's reference, so that every reading counts."""
    handle = getattr(x, "handle", None)
    if isinstance(handle, ops.Tensor):
        return handle
    ref = getattr(x, "_ref", None)
    if ref is not None:
        return ref()
    if type(x).__name__ == "SparseTensor":
        return x.values
    return ops.convert_to_tensor(x, name="x")


def _starts(ys, grad_ys):
    if len(grad_ys) != len(ys):
        raise ValueError(f"Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
    starts = []
    for number, (y, grad) in enumerate(zip(ys, grad_ys)):
        dtype = y.dtype.base_dtype
        if not (dtype.is_floating or dtype.is_complex or dtype in (dtypes.resource, dtypes.variant)):
            raise TypeError(f"Gradients of tensors must be floating or complex with dtype: got {dtype.name} for {y.name}")
        if grad is None:
            if dtype.is_complex:
                raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {dtype!r})")
            starts.append(array_ops.ones_like(y, name=f"grad_ys_{number}"))
            continue
        grad = ops.convert_to_tensor(grad, name=f"grad_ys_{number}")
        if grad.dtype.base_dtype.is_complex != dtype.is_complex or not (
                grad.dtype.base_dtype.is_floating or grad.dtype.base_dtype.is_complex):
            raise TypeError(f"Gradient type {grad.dtype.name} generated for tensor {y} with type {dtype.name}")
        y.shape.assert_is_compatible_with(grad.shape)
        starts.append(grad)
    return starts


def _from_engine(graph, ys, starts, xs, scope, stops):
    edges = graph._engine.gradients([y._edge() for y in ys], [None if s is None else s._edge() for s in starts],
                                    [x._edge() for x in xs], scope, [])
    return [None if edge is None else _rows(graph._tensor(edge)) for edge in edges]


def _rows(gradient):
    """The gradient, as `IndexedSlices` where it is a scatter of rows into zeros."""
    return gradient
