"""Weights of losses and metrics, which have the values' sizes or 1 (`tensorflow.python.ops.weights_broadcast_ops`)."""

from tenseur.python.framework import ops, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, math_ops

_ERROR = "weights can not be broadcast to values."


def assert_broadcastable(weights, values):
    """An operation that fails unless the weights are a scalar, or of the values' rank with their sizes or 1.

    Raises:
      ValueError: where that is known to be so already.
    """
    with ops.name_scope(None, "assert_broadcastable", (weights, values)) as scope:
        with ops.name_scope(None, "weights", (weights,)) as weights_scope:
            weights = ops.convert_to_tensor(weights, name=weights_scope)
            weights_shape = array_ops.shape(weights, name="shape")
            weights_rank = array_ops.rank(weights, name="rank")
        weights_rank_static = weights.get_shape().ndims
        with ops.name_scope(None, "values", (values,)) as values_scope:
            values = ops.convert_to_tensor(values, name=values_scope)
            values_shape = array_ops.shape(values, name="shape")
            values_rank = array_ops.rank(values, name="rank")
        values_rank_static = values.get_shape().ndims
        if weights_rank_static == 0:
            return control_flow_ops.no_op(name="static_scalar_check_success")
        if weights_rank_static is not None and values_rank_static is not None:
            if weights_rank_static != values_rank_static:
                raise ValueError(f"{_ERROR} values.rank={values_rank_static}. weights.rank={weights_rank_static}. "
                                 f"values.shape={values.get_shape()}. weights.shape={weights.get_shape()}.")
            pairs = list(zip(weights.get_shape().as_list(), values.get_shape().as_list()))
            if any(w not in (1, None) and v is not None and w != v for w, v in pairs):
                raise ValueError(f"{_ERROR} Mismatch at dim. values.shape={values.get_shape()} vs "
                                 f"weights.shape={weights.get_shape()}.")
            if all(w == 1 or (w is not None and w == v) for w, v in pairs):
                return control_flow_ops.no_op(name="static_dims_check_success")
            fits = math_ops.reduce_all(math_ops.logical_or(math_ops.equal(weights_shape, values_shape),
                                                           math_ops.equal(weights_shape, 1)))
        else:
            def dims_fit():
                return math_ops.reduce_all(math_ops.logical_or(math_ops.equal(weights_shape, values_shape),
                                                               math_ops.equal(weights_shape, 1)))
            same_rank = math_ops.equal(values_rank, weights_rank)
            fits = control_flow_ops.cond(
                math_ops.equal(weights_rank, 0), lambda: ops.convert_to_tensor(True),
                lambda: control_flow_ops.cond(same_rank, dims_fit, lambda: ops.convert_to_tensor(False)))
        return control_flow_ops.Assert(fits, [_ERROR, "weights.shape=", weights_shape, "values.shape=", values_shape], name=scope)


def broadcast_weights(weights, values):
    """The weights, repeated to the values' shape."""
    with ops.name_scope(None, "broadcast_weights", (weights, values)) as scope:
        values = ops.convert_to_tensor(values, name="values")
        weights = ops.convert_to_tensor(weights, dtype=values.dtype.base_dtype if not tensor_util.is_tensor(weights) else None,
                                        name="weights")
        weights_shape, values_shape = weights.get_shape(), values.get_shape()
        if weights_shape.is_fully_defined() and values_shape.is_fully_defined() and weights_shape == values_shape:
            return weights
        with ops.control_dependencies((assert_broadcastable(weights, values),)):
            return math_ops.multiply(weights, array_ops.ones_like(values), name=scope)

