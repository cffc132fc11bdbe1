"""Sets of elements, order, distances: a part of `array_ops`."""

import collections

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_util
from tenseur.python.ops import array_ops

def unique(x, out_idx=dtypes.int32, name=None):
    """(The different elements in the order in which they first come, for each element its place among them)."""
    return _unique(*raw_ops.Unique(x=x, out_idx=out_idx, name=name))


def unique_with_counts(x, out_idx=dtypes.int32, name=None):
    """As `unique`, and how often each comes."""
    return _unique_with_counts(*raw_ops.UniqueWithCounts(x=x, out_idx=out_idx, name=name))


def setdiff1d(x, y, index_dtype=dtypes.int32, name=None):
    """(The elements of x that are not in y, their places in x)."""
    return _list_diff(*raw_ops.ListDiff(x=x, y=y, out_idx=index_dtype, name=name))


listdiff = setdiff1d


def _results(name, fields):
    return collections.namedtuple(name, fields)


_unique = _results("Unique", ["y", "idx"])
_unique_with_counts = _results("UniqueWithCounts", ["y", "idx", "count"])
_list_diff = _results("ListDiff", ["out", "idx"])


def searchsorted(sorted_sequence, values, side="left", out_type=dtypes.int32, name=None):
    """Where each value would have to be put for the last axis to stay in order."""
    length = array_ops.shape_internal(sorted_sequence)[-1]
    ordered = array_ops.reshape(sorted_sequence, [-1, length])
    own = array_ops.shape_internal(values)
    flat = array_ops.reshape(values, [-1, own[-1]])
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    op = raw_ops.UpperBound if side == "right" else raw_ops.LowerBound
    return array_ops.reshape(op(sorted_inputs=ordered, values=flat, out_type=out_type, name=name), own)


def _open_ended(sequences):
    """The shape of sparse sequences; the last size, which programs often get wrong, is large enough for any element."""
    shape = ops.convert_to_tensor(sequences.dense_shape)
    sizes, indices = tensor_util.constant_value(shape), tensor_util.constant_value(ops.convert_to_tensor(sequences.indices))
    if sizes is not None and indices is not None and (not len(indices) or indices[:, -1].max() < sizes[-1]):
        return shape
    with ops.name_scope(None, "edit_distance_sizes"):
        return array_ops.concat([shape[:-1], array_ops.fill([1], ops.convert_to_tensor(2**31 - 1, dtype=shape.dtype))], 0)


def edit_distance(hypothesis, truth, normalize=True, name="edit_distance"):
    """Levenshtein's distance between the sequences of two sparse tensors, divided by the truth's length."""
    from tenseur.python.framework import sparse_tensor
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, (sparse_tensor.SparseTensor, sparse_tensor.SparseTensorValue)):
            raise TypeError(f"{what} must be a SparseTensor.")
    made = raw_ops.EditDistance(
        hypothesis_indices=hypothesis.indices,
        hypothesis_values=hypothesis.values,
        hypothesis_shape=_open_ended(hypothesis),
        truth_indices=truth.indices,
        truth_values=truth.values,
        truth_shape=_open_ended(truth),
        normalize=normalize,
        name=name,
    )
    # By the leading axes of both.
    sizes = [tensor_util.constant_value(ops.convert_to_tensor(one.dense_shape)) for one in (hypothesis, truth)]
    if sizes[0] is not None and sizes[1] is not None:
        made.set_shape([int(size) for size in np.maximum(sizes[0][:-1], sizes[1][:-1])])
    return made
