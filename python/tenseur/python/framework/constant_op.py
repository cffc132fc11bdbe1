"""Constants."""

import numpy as np

from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util


def constant(value, dtype=None, shape=None, name="Const", verify_shape=False):
    """A tensor that holds `value`: a number, a string, a list of lists, an array.

    Args:
      dtype: its type; else what TensorFlow takes for the value (float32 for Python's floats, int32 for its ints).
      shape: its shape; a single value is repeated, and so is the last of too few.
      verify_shape: whether the value must have that shape already.

    Raises:
      TypeError, ValueError: where the value does not fit.
    """
    if verify_shape and shape is not None and list(np.shape(value)) != tensor_shape.TensorShape(shape).as_list():
        raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, got {np.shape(value)}.")
    array, dtype = tensor_util.array_of(value, dtype, shape)
    return _make(array, dtype, name)


def _make(array, dtype, name):
    value = tensor_util.to_engine(array)
    attrs = {"value": ("tensor", value), "dtype": ("type", dtype.as_datatype_enum)}
    if dtype == dtypes.bfloat16:
        # NumPy has no such type: the numbers come as float32 and are made narrower in the graph.
        wide = _make(array, dtypes.float32, name)
        return ops.get_default_graph().create_op("Cast", [wide], name=name, attrs={
            "SrcT": ("type", 1), "DstT": ("type", 14), "Truncate": False}).outputs[0]
    return ops.get_default_graph().create_op("Const", [], name=name or "Const", attrs=attrs).outputs[0]


def _from_value(value, dtype=None, name=None, as_ref=False):
    return constant(value, dtype, name=name or "Const")


def _from_sequence(value, dtype=None, name=None, as_ref=False):
    """A list as a constant, or packed where there are tensors in it."""
    if _holds_tensors(value):
        from tenseur.python.ops import array_ops
        return array_ops._packed(value, dtype, name or "packed")
    return constant(value, dtype, name=name or "Const")


def _holds_tensors(value):
    if isinstance(value, (list, tuple)):
        return any(_holds_tensors(item) for item in value)
    return isinstance(value, ops.Tensor) or hasattr(value, "_as_graph_element")


def _from_shape(value, dtype=None, name=None, as_ref=False):
    if isinstance(value, tensor_shape.TensorShape):
        if not value.is_fully_defined():
            raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
        value = value.as_list()
    elif value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    else:
        value = value.value
    return constant(value, dtype or dtypes.int32, name=name or "shape_as_tensor")


ops.register_tensor_conversion_function((list, tuple), _from_sequence, 100)
ops.register_tensor_conversion_function((np.ndarray, np.generic), _from_value, 100)
ops.register_tensor_conversion_function((tensor_shape.TensorShape, tensor_shape.Dimension), _from_shape, 100)
ops.register_tensor_conversion_function(object, _from_value, 200)
