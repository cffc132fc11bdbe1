"""Shapes that come of other shapes."""

from tenseur.python.framework import tensor_shape


def is_broadcast_compatible(shape_x, shape_y):
    """Whether two shapes can be stretched to one."""
    try:
        return broadcast_shape(shape_x, shape_y) is not None
    except ValueError:
        return False


def broadcast_shape(shape_x, shape_y):
    """The shape that two shapes are stretched to, by NumPy's rules.

    Raises:
      ValueError: where there is none.
    """
    x, y = tensor_shape.as_shape(shape_x), tensor_shape.as_shape(shape_y)
    if x.ndims is None or y.ndims is None:
        return tensor_shape.unknown_shape()
    first, second = x.as_list(), y.as_list()
    rank = max(len(first), len(second))
    first, second = [1] * (rank - len(first)) + first, [1] * (rank - len(second)) + second
    sizes = []
    for a, b in zip(first, second):
        if a == 1:
            sizes.append(b)
        elif b == 1 or a == b:
            sizes.append(a)
        elif a is None or b is None:
            sizes.append(a if b is None else b)
        else:
            raise ValueError(f"Incompatible shapes for broadcasting: {x} and {y}")
    return tensor_shape.TensorShape(sizes)
