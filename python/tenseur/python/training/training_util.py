"""The step counter: `tf.train.get_or_create_global_step` and its sisters."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import variable_scope, variables

GLOBAL_STEP_READ_KEY = "global_step_read_op_cache"


def global_step(sess, global_step_tensor):
    """The value of the step counter in a session, as an int."""
    return int(sess.run(global_step_tensor))


def get_global_step(graph=None):
    """The step counter of the graph, or `None`: the variable in `GraphKeys.GLOBAL_STEP`, or called `global_step`.

    Raises:
      TypeError: where what is called so is no scalar integer variable.
    """
    graph = graph or ops.get_default_graph()
    found = graph.get_collection(ops.GraphKeys.GLOBAL_STEP)
    if len(found) > 1:
        import logging
        logging.getLogger("tensorflow").error("Multiple tensors in global_step collection.")
        return None
    if found:
        tensor = found[0]
    else:
        try:
            tensor = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(tensor)
    return tensor


def create_global_step(graph=None):
    """A new step counter: the variable `global_step`, an int64 that begins at 0 and is not trained.

    Raises:
      ValueError: where the graph has one.
    """
    graph = graph or ops.get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    from tenseur.python.ops import init_ops
    with graph.as_default(), graph.name_scope(None):
        return variable_scope.get_variable(
            ops.GraphKeys.GLOBAL_STEP, shape=[], dtype=dtypes.int64, initializer=init_ops.zeros_initializer(),
            trainable=False, collections=[ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.GLOBAL_STEP],
            aggregation=variables.VariableAggregation.ONLY_FIRST_REPLICA)


def get_or_create_global_step(graph=None):
    """The step counter of the graph, made where there is none."""
    graph = graph or ops.get_default_graph()
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


def assert_global_step(global_step_tensor):
    """Checks that it is a scalar integer.

    Raises:
      TypeError: where it is not.
    """
    if not isinstance(global_step_tensor, (variables.Variable, ops.Tensor)):
        raise TypeError(f"Existing \"global_step\" must be a Variable or Tensor: {global_step_tensor}.")
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f"Existing \"global_step\" does not have integer type: {global_step_tensor.dtype}")
    ndims = global_step_tensor.get_shape().ndims
    if ndims not in (0, None):
        raise TypeError(f"Existing \"global_step\" is not scalar: {global_step_tensor.get_shape()}")


def _get_global_step_read(graph=None):
    graph = graph or ops.get_default_graph()
    found = graph.get_collection(GLOBAL_STEP_READ_KEY)
    return found[0] if found else None


def _get_or_create_global_step_read(graph=None):
    """A reading of the step counter that runs before any training step that waits for it."""
    graph = graph or ops.get_default_graph()
    found = _get_global_step_read(graph)
    if found is not None:
        return found
    counter = get_global_step(graph)
    if counter is None:
        return None
    with graph.as_default(), graph.name_scope(None), graph.name_scope(counter.op.name + "/"):
        read = (counter.initialized_value() if isinstance(counter, variables.Variable) else counter) + 0
    graph.add_to_collection(GLOBAL_STEP_READ_KEY, read)
    return read


def _increment_global_step(increment, graph=None):
    from tenseur.python.ops import state_ops
    graph = graph or ops.get_default_graph()
    counter = get_global_step(graph)
    if counter is None:
        raise ValueError("Global step tensor should be created by tf.train.get_or_create_global_step before calling increment.")
    with ops.control_dependencies([_get_or_create_global_step_read(graph)]):
        return state_ops.assign_add(counter, increment)
