"""Gradients: `tf.gradients` adds to the graph the nodes that compute them."""

import enum

from tenseur.python.framework import constant_op, dtypes, errors_impl, ops, tensor_util
from tenseur.python.ops import _gradients_in_loops, array_ops, math_ops


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
    """∂Σys/∂x for each x of `xs`, as tensors, as `IndexedSlices` (for what was only gathered from), or as `None` where
    no y depends on x.

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
        if len(grad_ys) != len(ys):
            raise ValueError(f"Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
        # No gradient comes of integers.
        kept = [(y, grad) for y, grad in zip(ys, grad_ys) if not (y.dtype.is_integer or y.dtype.is_bool)]
        ys = [y for y, _ in kept]
        starts = _starts(ys, [grad for _, grad in kept])
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
    starts = []
    for number, (y, grad) in enumerate(zip(ys, grad_ys)):
        dtype = y.dtype.base_dtype
        if not (dtype.is_floating or dtype.is_complex or dtype in (dtypes.resource, dtypes.variant)):
            raise TypeError(
                f"Gradients of tensors must be floating or complex with dtype: got {dtype.name} for {y.name}"
            )
        if grad is None:
            if dtype.is_complex:
                raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {dtype!r})")
            starts.append(
                array_ops.fill(array_ops.shape(y), constant_op.constant(1, dtype=y.dtype, name=f"grad_ys_{number}"))
            )
            continue
        grad = array_ops.identity(ops.convert_to_tensor(grad, name="grad_ys"), name=f"grad_ys_{number}")
        if grad.dtype.base_dtype.is_complex != dtype.is_complex or not (
                grad.dtype.base_dtype.is_floating or grad.dtype.base_dtype.is_complex):
            raise TypeError(f"Gradient type {grad.dtype.name} generated for tensor {y} with type {dtype.name}")
        starts.append(_in_shape_of(y, grad))
    return starts


def _in_shape_of(y, grad):
    """A gradient that is given for `y`: one number of another shape is taken as `y`'s, fewer numbers go round.

    Raises:
      ValueError: where they do neither.
    """
    if y.shape.is_compatible_with(grad.shape) or not (y.shape.is_fully_defined() and grad.shape.is_fully_defined()):
        return grad
    if y.shape.num_elements() == grad.shape.num_elements() == 1:
        return array_ops.reshape(grad, y.shape.as_list())
    try:
        goes_round = array_ops.broadcast_static_shape(grad.shape, y.shape).as_list() == y.shape.as_list()
    except ValueError:
        goes_round = False
    if not goes_round:
        y.shape.assert_is_compatible_with(grad.shape)
    return array_ops.broadcast_to(grad, y.shape.as_list())


def _from_engine(graph, ys, starts, xs, scope, stops):
    before = len(graph._engine)
    arguments = [
        [y._edge() for y in ys],
        [None if s is None else s._edge() for s in starts],
        [x._edge() for x in xs],
        scope,
        [],
    ]
    if stops:
        arguments.append([stop._edge() for stop in stops])
    if _gradients_in_loops.is_for(graph, ys):
        return _gradients_in_loops.gradients(graph, ys, starts, xs, scope, stops)
    try:
        edges = graph._engine.gradients(*arguments)
    except errors_impl.UnimplementedError as error:
        raise LookupError(str(error)) from None
    except errors_impl.OpError as error:
        raise ValueError(str(error)) from None
    found = []
    for x, edge in zip(xs, edges):
        if edge is None:
            found.append(None)
            continue
        gradient = graph._tensor(edge)
        found.append(_as_rows(gradient, x, before) or gradient)
    return found


def _as_rows(gradient, x, before):
    """`IndexedSlices`, where the gradient is what came of gathers from x along the first axis only: rows added to
    zeros.

    Args:
      before: how many nodes there were before the gradient's own.
    """
    terms = _scattered(gradient, x, before)
    if not terms:
        return None
    with ops.name_scope(gradient.op.name + "_rows/"):
        dense_shape = array_ops.shape(x)
        if len(terms) == 1:
            values, indices = terms[0]
        else:
            whole = any(indices.dtype == dtypes.int64 for _, indices in terms)
            indices = array_ops.concat([math_ops.cast(one, dtypes.int64) if whole else one for _, one in terms], 0)
            values = array_ops.concat([one for one, _ in terms], 0)
        return ops.IndexedSlices(values, indices, dense_shape)


def _scattered(tensor, x, before):
    """The (values, indices) whose scatters into zeros make up the tensor; `None` where it is anything else."""
    op = tensor.op
    if op._id < before:
        return None
    if op.type == "UnsortedSegmentSum":
        gather = _forward(op)
        if gather is not None and op.inputs[1].shape.ndims == 1 and _reads(gather.inputs[0], x):
            return [(op.inputs[0], op.inputs[1])]
    if op.type == "Transpose":
        order = tensor_util.constant_value(op.inputs[1])
        if order is not None and list(order) == list(range(len(order))):
            return _scattered(op.inputs[0], x, before)
    if op.type == "AddN":
        terms = [_scattered(one, x, before) for one in op.inputs]
        return [pair for term in terms for pair in term] if all(terms) else None
    return None


def _forward(op):
    """The gather of which a node `…/name_grad/…` is the gradient."""
    path, _, _ = op.name.rpartition("_grad/")
    while path:
        found = op.graph._named(path)
        if found is not None and found.type in ("Gather", "GatherV2", "ResourceGather"):
            return found
        path = path.partition("/")[2]
    return None


def _reads(tensor, x):
    """Whether a tensor is x as it is."""
    while tensor.op.type in ("Identity", "ReadVariableOp") and tensor is not x:
        tensor = tensor.op.inputs[0]
    return tensor is x


def hessians(ys, xs, name="hessians", colocate_gradients_with_ops=False, gate_gradients=False,
             aggregation_method=None):
    """The second derivatives of Σys with respect to each x, of shape [*x.shape, *x.shape]."""
    xs = _as_list(xs)
    arguments = {"colocate_gradients_with_ops": colocate_gradients_with_ops, "gate_gradients": gate_gradients,
                 "aggregation_method": aggregation_method}
    found = []
    for gradient, x in zip(gradients(ys, xs, **arguments), xs):
        shape = x.shape
        if not shape.is_fully_defined():
            raise ValueError(f"hessians needs an x whose shape is known, got {shape}")
        flat = array_ops.reshape(ops.convert_to_tensor(gradient), [-1])
        rows = []
        for place in range(shape.num_elements()):
            row = gradients(flat[place], x, **arguments)[0]
            rows.append(array_ops.zeros(shape, gradient.dtype) if row is None else ops.convert_to_tensor(row))
        found.append(array_ops.reshape(array_ops.stack(rows), shape.as_list() * 2, name=name))
    return found


def _hessian_vector_product(ys, xs, v):
    """The second derivatives of Σys times the vectors `v`, one for each x."""
    if len(v) != len(xs):
        raise ValueError("xs and v must have the same length.")
    first = gradients(ys, xs)
    products = [
        math_ops.multiply(one, array_ops.stop_gradient(vector)) for one, vector in zip(first, v) if one is not None
    ]
    return gradients(products, xs)
