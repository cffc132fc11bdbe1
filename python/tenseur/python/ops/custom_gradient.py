"""Functions with gradients of one's own."""

import functools
import inspect

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops
from tenseur.python.util import nest


def custom_gradient(f=None):
    """A function `f(*args)` that gives (y, grad), where `grad(*dys)` gives the gradients of the arguments; of the
    variables too, as `(gradients, variables' gradients)`, where it takes `variables`.
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args, **kwargs):
        args = [ops.convert_to_tensor(x) for x in args]
        graph = ops.get_default_graph()
        inputs = [array_ops.identity(x) for x in args]
        made = len(graph._engine)
        result, grad_fn = f(*inputs, **kwargs)
        flat = [ops.convert_to_tensor(one) for one in nest.flatten(result)]
        variables = _variables_read(graph, made)
        takes = inspect.signature(grad_fn).parameters
        if variables and "variables" not in takes and not any(p.kind is p.VAR_KEYWORD for p in takes.values()):
            raise TypeError("If using @custom_gradient with a function that uses variables, then grad_fn must accept a "
                            "'variables' keyword argument.")
        outputs = _with_gradient(graph, args, flat, variables, grad_fn)
        return nest.pack_sequence_as(result, outputs)

    return decorated


def _variables_read(graph, made):
    """The trainable variables that nodes from number `made` on read."""
    inner = [graph._operation(number) for number in range(made, len(graph._engine))]
    read = {edge[0] for op in inner for edge in op._input_edges}
    found = []
    for variable in graph.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES):
        if variable.op._id in read or ops.convert_to_tensor(variable).op._id in read:
            found.append(variable)
    return found


def _with_gradient(graph, args, results, variables, grad_fn):
    """The results once more, through a node whose gradient is `grad_fn`'s."""
    reads = [ops.convert_to_tensor(variable) for variable in variables]
    every = [array_ops.stop_gradient(one) for one in results]
    # The node hands on the results, and takes the arguments only so that gradients come to them.
    node = graph.create_op(
        "IdentityN",
        [*every, *args, *reads],
        name="IdentityN",
        attrs={"T": [("type", one.dtype.base_dtype.as_datatype_enum) for one in [*every, *args, *reads]]},
    )
    count = len(every)

    def gradient(op, *dys):
        given = dys[:count]
        if variables:
            to_args, to_variables = grad_fn(*given, variables=variables)
        else:
            to_args, to_variables = grad_fn(*given), []
        return [None] * count + _listed(to_args, len(args)) + _listed(to_variables, len(reads))

    graph._override_gradient(node, gradient)
    return list(node.outputs[:count])


def _listed(gradients, count):
    found = list(gradients) if isinstance(gradients, (list, tuple)) else [gradients]
    if len(found) != count:
        raise ValueError(
            f"custom_gradient function expected to return {count} gradients but returned {len(found)} instead."
        )
    return found


def recompute_grad(f):
    """The function as it is: what its gradient needs is kept rather than computed again."""
    return f


def grad_pass_through(f):
    """The function, through which gradients go as if it gave back its argument."""
    @custom_gradient
    def through(x):
        return f(x), lambda dy: dy
    return through
