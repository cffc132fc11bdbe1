"""What may stand where a tensor is wanted."""

from tenseur.python.framework import dtypes
from tenseur.python.framework._tensors import IndexedSlices, Tensor


_conversions = []
_conversion_cache = {}


def register_tensor_conversion_function(base_type, conversion_func, priority=100):
    """Lets instances of `base_type` stand where tensors are wanted: `conversion_func(value, dtype, name, as_ref)`."""
    _conversions.append((priority, len(_conversions), base_type, conversion_func))
    _conversions.sort(key=lambda item: item[:2])
    _conversion_cache.clear()


def _conversions_for(kind):
    found = _conversion_cache.get(kind)
    if found is None:
        from tenseur.python.framework import constant_op  # noqa: F401 (it registers what constants are made of)
        found = [function for _, _, base, function in _conversions if issubclass(kind, base)]
        _conversion_cache[kind] = found
    return found


def convert_to_tensor(value, dtype=None, name=None, preferred_dtype=None, dtype_hint=None, as_ref=False):
    """The value as a tensor: a tensor as it is, a variable's reading, anything else as a constant.

    Raises:
      TypeError: where the value is of no type that can be converted.
      ValueError: where a tensor is of another type than `dtype`.
    """
    if type(value) is Tensor and dtype is None:
        return value
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    preferred = dtype_hint if preferred_dtype is None else preferred_dtype
    if isinstance(value, Tensor):
        if dtype is not None and not dtype.base_dtype == value.dtype.base_dtype:
            raise ValueError(f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value.dtype.name}: "
                             f"{str(value)!r}")
        return value
    for function in _conversions_for(type(value)):
        result = NotImplemented
        if dtype is None and preferred is not None:
            try:
                result = function(value, dtype=dtypes.as_dtype(preferred), name=name, as_ref=as_ref)
            except (TypeError, ValueError, OverflowError):
                result = NotImplemented
        if result is NotImplemented:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if dtype is not None and result.dtype.base_dtype != dtype.base_dtype:
            raise RuntimeError(f"A conversion function of {type(value)} gave a tensor of {result.dtype.name} instead of "
                               f"{dtype.name}")
        return result
    raise TypeError(f"Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function registered.")


internal_convert_to_tensor = convert_to_tensor
convert_to_tensor_v2 = convert_to_tensor


def convert_n_to_tensor(values, dtype=None, name=None, preferred_dtype=None):
    return [convert_to_tensor(value, dtype, None if name is None else f"{name}_{number}", preferred_dtype)
            for number, value in enumerate(values)]


def convert_to_tensor_or_indexed_slices(value, dtype=None, name=None):
    """As `convert_to_tensor`, but leaves `IndexedSlices` and sparse tensors as they are."""
    if isinstance(value, IndexedSlices) or type(value).__name__ == "SparseTensor":
        return value
    return convert_to_tensor(value, dtype, name)


convert_to_tensor_or_composite = convert_to_tensor_or_indexed_slices
internal_convert_to_tensor_or_indexed_slices = convert_to_tensor_or_indexed_slices


def convert_n_to_tensor_or_indexed_slices(values, dtype=None, name=None):
    return [None if value is None else convert_to_tensor_or_indexed_slices(value, dtype, name) for value in values]


def _dense(slices, dtype=None, name=None, as_ref=False):
    """The rows as a whole tensor; rows that come twice are summed."""
    from tenseur.python.ops import math_ops
    if slices.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices without dense_shape: {slices}")
    return math_ops.unsorted_segment_sum(slices.values, slices.indices, slices.dense_shape[0], name=name)


register_tensor_conversion_function(IndexedSlices, _dense)
