"""Checkpoints of the first version, as TensorFlow wrote them before 0.12: one table a shard, with slices of tensors."""

import glob
import os

import numpy as np

from tenseur.core import messages
from tenseur.core.util import saved_tensor_slice_pb2
from tenseur.python.framework import dtypes, errors_impl, tensor_util
from tenseur.python.ops import _sorted_table


def files(prefix):
    """The files of the checkpoint called so, whose name may be a pattern for shards; none where there is none."""
    found = sorted(glob.glob(prefix)) if any(mark in prefix for mark in "?*[") else []
    found = found or ([prefix] if os.path.isfile(prefix) else [])
    return found if all(os.path.isfile(path) and _sorted_table.is_table(path) for path in found) else []


def _messages(path):
    """What the table holds: a message that tells of all, and one a slice."""
    for _, value in _sorted_table.read(path):
        try:
            yield saved_tensor_slice_pb2.SavedTensorSlices.FromString(value)
        except messages.DecodeError as error:
            raise errors_impl.DataLossError(None, None, f"{path}: a damaged checkpoint: {error}") from None


def entries(paths):
    """(name, number of its type, shape) of all that a checkpoint holds."""
    found = {}
    for path in paths:
        for tensor in next(_messages(path)).meta.tensor:
            found[tensor.name] = (tensor.name, tensor.type, tuple(dim.size for dim in tensor.shape.dim))
    return list(found.values())


def read(paths, names):
    """Name → array, for these names."""
    known = {name: (dtypes.as_dtype(number), shape) for name, number, shape in entries(paths)}
    arrays = {}
    for name in names:
        dtype, shape = known[name]
        arrays[name] = np.zeros(shape, object if dtype == dtypes.string else dtype.as_numpy_dtype)
    for path in paths:
        for message in _messages(path):
            name = message.data.name
            if name not in arrays:
                continue
            whole = arrays[name]
            place = tuple(_slice(extent, size) for extent, size in zip(message.data.slice.extent, whole.shape))
            values = tensor_util.listed_values(message.data.data, known[name][0])
            if values.size != whole[place].size:
                raise errors_impl.DataLossError(None, None, f"{path}: a slice of {name} has {values.size} values, and "
                                                            f"{whole[place].size} fit in its place")
            whole[place] = values.reshape(whole[place].shape)
    return arrays


def _slice(extent, size):
    length = extent.length if extent.HasField("length") else size
    return slice(extent.start, extent.start + length)
