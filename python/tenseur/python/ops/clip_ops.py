"""Values and gradients kept within bounds: `tf.clip_by_value`, `tf.clip_by_global_norm`."""

from tenseur import raw_ops
from tenseur.python.framework import constant_op, ops
from tenseur.python.ops import array_ops, math_ops


def _values(t, name=None):
    return ops.convert_to_tensor(t.values if isinstance(t, ops.IndexedSlices) else t, name=name)


def _like(t, values):
    return ops.IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, ops.IndexedSlices) else values


def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """min(max(t, clip_value_min), clip_value_max)"""
    with ops.name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as name:
        values = _values(t, "t")
        below = math_ops.minimum(values, clip_value_max)
        values.shape.assert_is_compatible_with(below.shape)
        clipped = math_ops.maximum(below, clip_value_min, name=name)
        values.shape.assert_is_compatible_with(clipped.shape)
        return _like(t, clipped)


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """t·clip_norm / max(‖t‖₂, clip_norm), where the norm is taken along `axes`."""
    with ops.name_scope(name, "clip_by_norm", [t, clip_norm]) as name:
        values = _values(t, "t")
        squares = math_ops.reduce_sum(values * values, axes, keepdims=True)
        some = squares > 0
        # So that the gradient at 0 is no NaN.
        safe = array_ops.where(some, squares, array_ops.ones_like(squares))
        norm = array_ops.where(some, math_ops.sqrt(safe), squares)
        scaled = values * clip_norm
        values.shape.assert_is_compatible_with(scaled.shape)
        return _like(t, array_ops.identity(scaled / math_ops.maximum(norm, clip_norm), name=name))


def _list_of(t_list):
    if not isinstance(t_list, (list, tuple)):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


def global_norm(t_list, name=None):
    """The square root of the sum of the squares of all elements of several tensors."""
    t_list = _list_of(t_list)
    with ops.name_scope(name, "global_norm", t_list):
        values = [None if t is None else _values(t, f"t_{number}") for number, t in enumerate(t_list)]
        halves = [raw_ops.L2Loss(t=value) for value in values if value is not None]
        half = math_ops.reduce_sum(array_ops.stack(halves))
        return math_ops.sqrt(half * constant_op.constant(2.0, dtype=half.dtype), name="global_norm")


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """(The tensors times clip_norm / max(norm, clip_norm), the norm), with the norm of all of them together.

    Where the norm is infinite or NaN, so is all of the result.
    """
    t_list = _list_of(t_list)
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    with ops.name_scope(name, "clip_by_global_norm", t_list + [clip_norm]) as name:
        scale = clip_norm * math_ops.minimum(
            1.0 / use_norm, constant_op.constant(1.0, dtype=use_norm.dtype) / clip_norm
        )
        scale = array_ops.where(
            math_ops.is_finite(use_norm), scale, constant_op.constant(float("nan"), dtype=use_norm.dtype)
        )
        clipped = []
        for number, t in enumerate(t_list):
            if t is None:
                clipped.append(None)
                continue
            values = _values(t, f"t_{number}")
            clipped.append(_like(t, array_ops.identity(values * scale, name=f"{name}_{number}")))
    return clipped, use_norm


def clip_by_average_norm(t, clip_norm, name=None):
    """As `clip_by_norm`, with the norm divided by the number of elements."""
    with ops.name_scope(name, "clip_by_average_norm", [t, clip_norm]) as name:
        t = ops.convert_to_tensor(t, name="t")
        count = math_ops.cast(array_ops.size(t), t.dtype.base_dtype)
        inverse = math_ops.rsqrt(math_ops.reduce_sum(t * t, math_ops.range(array_ops.rank(t))))
        return array_ops.identity(
            t * clip_norm * math_ops.minimum(inverse * count, constant_op.constant(1.0) / clip_norm), name=name)


global_norm_v2 = global_norm
