"""Sorted tensors."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import ops, tensor_util
from tenseur.python.ops import array_ops, math_ops


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The elements in rising ("DESCENDING": falling) order along `axis`."""
    with ops.name_scope(name, "sort"):
        return _sorted(values, axis, direction)[0]


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The places of the elements in rising ("DESCENDING": falling) order along `axis`; of equal ones the first comes
    first.
    """
    del stable
    with ops.name_scope(name, "argsort"):
        return _sorted(values, axis, direction)[1]


def _sorted(values, axis, direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"direction should be one of ASCENDING, DESCENDING, got {direction}")
    known = tensor_util.constant_value(axis) if isinstance(axis, ops.Tensor) else axis
    if known is None:
        raise ValueError("axis must be known when the graph is built")
    values = ops.convert_to_tensor(values, name="values")
    ndims = values.shape.ndims
    axis = int(known) if known >= 0 or ndims is None else int(known) + ndims
    last = ndims is not None and axis == ndims - 1 or axis == -1
    if not last:
        if ndims is None:
            raise ValueError("sorting along another axis than the last needs a tensor whose rank is known")
        order = [*(one for one in range(ndims) if one != axis), axis]
        values = array_ops.transpose(values, order)
    rising = direction == "ASCENDING"
    unsigned = values.dtype.is_integer
    # What is greatest of ~x (of −x) is least of x; ~ has no overflow.
    keys = values if not rising else raw_ops.Invert(x=values) if unsigned else -values
    found, places = raw_ops.TopKV2(input=keys, k=array_ops.shape(keys)[-1], sorted=True)
    found = found if not rising else raw_ops.Invert(x=found) if unsigned else -found
    if not last:
        back = np.argsort(order)
        found, places = array_ops.transpose(found, back), array_ops.transpose(places, back)
    return found, math_ops.cast(places, "int32")
