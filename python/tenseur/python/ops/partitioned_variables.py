"""Into how many parts large variables are divided, for `tf.get_variable(…, partitioner=…)`."""

import math

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import variable_scope


def variable_axis_size_partitioner(max_shard_bytes, axis=0, bytes_per_string_element=16, max_shards=None):
    """Parts of no more than `max_shard_bytes` along `axis`."""
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive. Currently, max_shard_bytes is "
                         f"{max_shard_bytes} and bytes_per_string_element is {bytes_per_string_element}")
    if max_shards and max_shards < 1:
        raise ValueError(f"max_shards must be positive, but is {max_shards}")

    def partitioner(shape, dtype, axis=axis):
        shape = tensor_shape.TensorShape(shape)
        if axis >= shape.ndims:
            raise ValueError(f"the axis {axis} does not exist in a variable of shape {shape}")
        dtype = dtypes.as_dtype(dtype)
        element = bytes_per_string_element if dtype == dtypes.string else dtype.size
        sizes = shape.as_list()
        partitions = [1] * len(sizes)
        rows_bytes = element * math.prod(sizes) / sizes[axis] if sizes[axis] else 1
        slices_per_shard = max(1, math.floor(max_shard_bytes / rows_bytes)) if rows_bytes else 1
        shards = min(math.ceil(sizes[axis] / slices_per_shard), sizes[axis])
        partitions[axis] = max(1, min(shards, max_shards) if max_shards else shards)
        return partitions

    return partitioner


def min_max_variable_partitioner(max_partitions=1, axis=0, min_slice_size=256 << 10,
                                 bytes_per_string_element=16):
    """As many parts as hold `min_slice_size` bytes each, and no more than `max_partitions`, along `axis`."""
    def partitioner(shape, dtype):
        shape = tensor_shape.TensorShape(shape)
        if axis >= shape.ndims:
            raise ValueError(f"Cannot partition variable along axis {axis} when shape is only {shape}")
        dtype = dtypes.as_dtype(dtype)
        element = bytes_per_string_element if dtype == dtypes.string else dtype.size
        sizes = shape.as_list()
        partitions = [1] * len(sizes)
        wanted = max(1, math.ceil(math.prod(sizes) * element / min_slice_size))
        partitions[axis] = max(1, min(sizes[axis], max_partitions, wanted))
        return partitions

    return partitioner


def fixed_size_partitioner(num_shards, axis=0):
    """`num_shards` parts along `axis`, or as many as there are rows."""
    def partitioner(shape, **_):
        sizes = tensor_shape.TensorShape(shape).as_list()
        partitions = [1] * len(sizes)
        partitions[axis] = min(num_shards, sizes[axis])
        return partitions

    return partitioner


def create_partitioned_variables(shape, slicing, initializer, dtype=dtypes.float32, trainable=True, collections=None,
                                 name=None, reuse=None):
    """Deprecated in TensorFlow in favour of partitioners: the parts of a variable, divided as `slicing` says."""
    if len(shape) != len(slicing):
        raise ValueError(f"The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: {shape}, slicing: "
                         f"{slicing}")
    with variable_scope.variable_scope(name, "PartitionedVariable", reuse=reuse) as scope, ops.name_scope(None):
        made = variable_scope._get_default_variable_store()._get_partitioned_variable(
            scope.name, lambda **_: slicing, shape=shape, dtype=dtype,
            initializer=scope.initializer if initializer is None else initializer, reuse=scope.reuse, trainable=trainable,
            collections=collections)
        return list(made)
