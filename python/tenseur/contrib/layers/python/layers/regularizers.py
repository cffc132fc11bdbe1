"""Penalties on weights: `tf.contrib.layers.l2_regularizer` and its kin."""

import numbers

from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import math_ops, nn


def _checked(scale, upper=None):
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real):
        if scale < 0.0:
            raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}")
        if upper is not None and scale >= upper:
            raise ValueError(f"Setting a scale greater than {upper} on a regularizer: {scale:g}")
    return isinstance(scale, numbers.Real) and scale == 0.0


def l1_regularizer(scale, scope=None):
    """A function from weights to `scale · Σ|w|`."""
    if _checked(scale):
        return lambda _: None

    def l1(weights, name=None):
        with ops.name_scope(scope, "l1_regularizer", [weights]) as name:
            my_scale = ops.convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return math_ops.multiply(my_scale, math_ops.reduce_sum(math_ops.abs(weights)), name=name)

    return l1


def l2_regularizer(scale, scope=None):
    """A function from weights to `scale · Σ w² / 2`."""
    if _checked(scale):
        return lambda _: None

    def l2(weights):
        with ops.name_scope(scope, "l2_regularizer", [weights]) as name:
            my_scale = ops.convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return math_ops.multiply(my_scale, nn.l2_loss(weights), name=name)

    return l2


def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """The sum of `l1_regularizer` and `l2_regularizer`."""
    for scale in (scale_l1, scale_l2):
        if isinstance(scale, numbers.Integral):
            raise ValueError(f"scale cannot be an integer: {scale}")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope)


def sum_regularizer(regularizer_list, scope=None):
    """The sum of several regularizers."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not regularizers:
        return None

    def sum_reg(weights):
        with ops.name_scope(scope, "sum_regularizer", [weights]) as name:
            costs = [cost for cost in (regularizer(weights) for regularizer in regularizers) if cost is not None]
            return math_ops.add_n(costs, name=name) if costs else None

    return sum_reg


def apply_regularization(regularizer, weights_list=None):
    """The sum of what the weights cost, which is put in the collection of regularizers' losses.

    Without a list, the weights of the collection `tf.GraphKeys.WEIGHTS` are taken.
    """
    if not weights_list:
        weights_list = ops.get_collection(ops.GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with ops.name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [penalty for penalty in (regularizer(w) for w in weights_list) if penalty is not None]
        for penalty in penalties:
            if penalty.get_shape().ndims not in (None, 0):
                raise ValueError(f"regularizer must return a scalar Tensor instead of a Tensor with rank {penalty.get_shape().ndims}.")
        total = math_ops.add_n(penalties, name=scope) if penalties else constant_op.constant(0.0)
        ops.add_to_collection(ops.GraphKeys.REGULARIZATION_LOSSES, total)
        return total
