"""Arrays between Python and constants."""

import numpy as np

from tenseur.python.framework import dtypes, ops, tensor_shape


def is_tensor(x):
    """Whether `x` is a tensor, a variable, or what stands for some."""
    return isinstance(x, (ops.Tensor, ops.IndexedSlices)) or hasattr(x, "_as_graph_element") or type(x).__name__ == "SparseTensor"


is_tf_type = is_tensor


def array_of(values, dtype=None, shape=None):
    """The values as a C-contiguous NumPy array of the type that TensorFlow gives them, and that type: Python's floats are
    float32 and its ints int32, where NumPy's own types stay.

    Raises:
      TypeError, ValueError: where the values have no such type or are not as regular as an array.
    """
    dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    given = values
    if isinstance(values, tensor_shape.TensorShape):
        values = values.as_list()
    elif isinstance(values, tensor_shape.Dimension):
        values = values.value
    if isinstance(values, (np.ndarray, np.generic)):
        array = np.asarray(values)
        if dtype is not None and dtype.as_numpy_dtype is not None and dtype != dtypes.string:
            if array.dtype.kind in "SUO":
                raise TypeError(f"Expected {dtype.name}, got strings or objects: {given!r}")
            array = array.astype(dtype.as_numpy_dtype, copy=False)
    else:
        array = _from_python(values, dtype)
    if dtype is None:
        dtype = dtypes.as_dtype(array.dtype) if array.dtype != object else dtypes.string
    if shape is not None:
        sizes = [size for size in tensor_shape.TensorShape(shape).as_list()]
        count = int(np.prod(sizes, dtype=np.int64))
        if array.size == count:
            array = array.reshape(sizes)
        elif array.size == 1:
            array = np.full(sizes, array.reshape(-1)[0], dtype=array.dtype)
        elif 0 < array.size < count:
            # What is missing is the last value, as TensorFlow 1 has it.
            flat = array.reshape(-1)
            array = np.concatenate([flat, np.full(count - array.size, flat[-1], dtype=array.dtype)]).reshape(sizes)
        else:
            raise ValueError(f"Too many elements provided. Needed at most {count}, but received {array.size}")
    return np.asarray(array, order="C"), dtype


def _from_python(values, dtype):
    if dtype == dtypes.string:
        _refuse_others_than_strings(values)
        return np.array(values, dtype=object) if not isinstance(values, (str, bytes)) else np.array(values, dtype=object)
    if values is None:
        raise ValueError("None values not supported.")
    _refuse_tensors(values)
    wanted = None if dtype is None else dtype.as_numpy_dtype
    try:
        array = np.array(values)
    except ValueError as error:
        raise ValueError(f"Argument must be a dense tensor: {values!r} - got an irregular shape") from error
    if array.dtype == object:
        if any(item is None for item in array.reshape(-1)):
            raise ValueError("None values not supported.")
        try:
            array = np.array([int(x) if isinstance(x, tensor_shape.Dimension) else x for x in array.reshape(-1)]).reshape(array.shape)
        except (TypeError, ValueError):
            pass
        if array.dtype == object:
            raise TypeError(f"Failed to convert object of type {type(values)} to Tensor. Contents: {values!r}. Consider casting "
                            "elements to a supported type.")
    kind = array.dtype.kind
    if kind == "S":
        # NumPy's own type of bytes loses zeros at the end.
        array = np.array(values, dtype=object)
    if wanted is None:
        if kind == "f" and not _holds_numpy(values):
            array = array.astype(np.float32)
        elif kind in "iu" and not _holds_numpy(values):
            small = array.astype(np.int32)
            if not np.array_equal(small, array):
                small = array.astype(np.int64)
            array = small
        elif array.size == 0 and kind == "f":
            array = array.astype(np.float32)
        return array
    if kind in "SU":
        raise TypeError(f"Expected {dtype.name}, got {values!r} of type '{type(values).__name__}' instead.")
    if kind == "f" and (dtype.is_integer or dtype.is_bool) and array.size:
        raise TypeError(f"Expected {dtype.name}, got {values!r} of type '{type(values).__name__}' instead.")
    if kind == "c" and not dtype.is_complex:
        raise TypeError(f"Expected {dtype.name}, got {values!r} of type '{type(values).__name__}' instead.")
    if kind == "b" and not dtype.is_bool and array.size:
        raise TypeError(f"Expected {dtype.name}, got {values!r} of type '{type(values).__name__}' instead.")
    if kind in "iuf" and dtype.is_bool and array.size:
        raise TypeError(f"Expected bool, got {values!r} of type '{type(values).__name__}' instead.")
    made = array.astype(wanted)
    if dtype.is_integer and array.size and not np.array_equal(made.astype(object), array.astype(object)):
        raise ValueError(f"Tensor of {dtype.name} cannot hold {values!r}")
    return made


def _holds_numpy(values):
    """Whether the first leaf of a nested list is NumPy's, whose type then counts."""
    while isinstance(values, (list, tuple)) and values:
        values = values[0]
    return isinstance(values, (np.ndarray, np.generic))


def _refuse_tensors(values):
    if isinstance(values, (list, tuple)):
        for value in values:
            _refuse_tensors(value)
    elif isinstance(values, ops.Tensor):
        raise TypeError(f"List of Tensors when single Tensor expected: {values!r}")


def _refuse_others_than_strings(values):
    if isinstance(values, (list, tuple)):
        for value in values:
            _refuse_others_than_strings(value)
    elif not isinstance(values, (str, bytes, np.ndarray, np.generic)):
        raise TypeError(f"Expected string, got {values!r} of type '{type(values).__name__}' instead.")


def to_engine(array):
    """The array as the engine takes it: strings as (list of bytes, shape)."""
    if array.dtype.kind in "SUO":
        flat = [item if isinstance(item, bytes) else str(item).encode() for item in array.reshape(-1).tolist()]
        return flat, array.shape
    return array


def constant_value(tensor, partial=False):
    """The value of a tensor, where it is known before any run; else `None`."""
    if not isinstance(tensor, ops.Tensor):
        if isinstance(tensor, (np.ndarray, np.generic)):
            return tensor
        element = getattr(tensor, "_as_graph_element", None)
        if element is None:
            return None
        tensor = element()
        if not isinstance(tensor, ops.Tensor):
            return None
    return tensor.graph._engine.known_value(tensor.op._id, tensor.value_index)


def constant_value_as_shape(tensor):
    """The shape that a tensor of integers describes, as far as its elements are known."""
    if not isinstance(tensor, ops.Tensor):
        return tensor_shape.TensorShape([None if size == -1 else size for size in np.asarray(tensor).reshape(-1).tolist()])
    known = tensor.graph._engine.known_integers(tensor.op._id, tensor.value_index)
    if known is not None:
        return tensor_shape.TensorShape([None if size in (None, -1) else size for size in known])
    length = tensor.shape.with_rank(1)._dims[0] if tensor.shape.ndims is not None else None
    return tensor_shape.unknown_shape(ndims=length)


def make_tensor_proto(values, dtype=None, shape=None, verify_shape=False):
    """The values as TensorFlow's TensorProto message."""
    from tenseur.core.framework import tensor_pb2
    array, dtype = array_of(values, dtype, shape)
    message = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum,
                                     tensor_shape=tensor_shape.TensorShape(array.shape).as_proto())
    if dtype == dtypes.string:
        message.string_val.extend(to_engine(array)[0])
    else:
        message.tensor_content = array.tobytes()
    return message


def MakeNdarray(tensor):
    """The array in a TensorProto message."""
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    dtype = dtypes.as_dtype(tensor.dtype)
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, dtype=dtype.as_numpy_dtype).copy().reshape(shape)
    values = listed_values(tensor, dtype)
    if not len(values):
        return np.zeros(shape, dtype.as_numpy_dtype)
    # The last value stands for all that follow it.
    return values[np.minimum(np.arange(int(np.prod(shape))), len(values) - 1)].reshape(shape)


_FIELDS = {dtypes.float32: "float_val", dtypes.float64: "double_val", dtypes.int64: "int64_val", dtypes.bool: "bool_val",
           dtypes.uint32: "uint32_val", dtypes.uint64: "uint64_val", dtypes.string: "string_val"}


def listed_values(tensor, dtype):
    """The values of this type that a TensorProto message lists one by one, in an array of one dimension."""
    if dtype == dtypes.float16:
        return np.array(list(tensor.half_val), np.uint16).view(np.float16)
    if dtype == dtypes.bfloat16:
        return (np.array(list(tensor.half_val), np.uint32) << 16).view(np.float32)
    if dtype.is_complex:
        parts = tensor.scomplex_val if dtype == dtypes.complex64 else tensor.dcomplex_val
        return np.array(list(parts), dtype.real_dtype.as_numpy_dtype).view(dtype.as_numpy_dtype)
    return np.array(list(getattr(tensor, _FIELDS.get(dtype, "int_val"))), dtype=dtype.as_numpy_dtype)


def ShapeEquals(tensor_proto, shape):
    return [dim.size for dim in tensor_proto.tensor_shape.dim] == list(shape)
