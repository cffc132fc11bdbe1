"""What a dataset's elements are, and how values of that kind are held.

An element is a list of leaves: NumPy arrays and scalars, `bytes` and arrays of them for strings, a `SparseTensorValue` for
a sparse tensor, a `Window` for a dataset.
"""

import numpy as np

from tenseur.python.data.util import nest
from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_shape, tensor_util


class Spec:
    """A leaf: its type, its shape, and whether it is sparse."""

    __slots__ = ("dtype", "shape", "sparse")

    def __init__(self, dtype, shape, sparse=False):
        self.dtype = dtypes.as_dtype(dtype).base_dtype
        self.shape = tensor_shape.as_shape(shape)
        self.sparse = sparse

    def with_shape(self, shape):
        return Spec(self.dtype, shape, self.sparse)

    def tensors(self):
        """(type, sizes) of the tensors that it is made of."""
        if not self.sparse:
            return [(self.dtype, self.shape._dims)]
        rank = self.shape.ndims
        return [(dtypes.int64, (None, rank)), (self.dtype, (None,)), (dtypes.int64, (rank,))]

    def pack(self, tensors):
        """The leaf of its tensors, of which it takes its own from the iterator."""
        if not self.sparse:
            return next(tensors)
        return sparse_tensor.SparseTensor(next(tensors), next(tensors), next(tensors))

    def arrays(self, value):
        """The arrays of its tensors."""
        return list(value) if self.sparse else [value]

    def value(self, arrays):
        """The value whose arrays come next."""
        if not self.sparse:
            return next(arrays)
        return sparse_tensor.SparseTensorValue(next(arrays), next(arrays), next(arrays))

    @property
    def cls(self):
        return sparse_tensor.SparseTensor if self.sparse else ops.Tensor

    def merged(self, other):
        """The spec of what may be either."""
        if self.dtype != other.dtype:
            raise TypeError(f"the types {self.dtype.name} and {other.dtype.name} differ")
        return Spec(self.dtype, self.shape.most_specific_compatible_shape(other.shape), self.sparse)


class WindowSpec:
    """A leaf that is a dataset: the structure of its elements."""

    sparse = False
    dtype = dtypes.variant
    shape = tensor_shape.scalar()

    def __init__(self, structure):
        self.structure = structure

    def with_shape(self, shape):
        return self

    def tensors(self):
        return []


class Window(list):
    """The elements of a dataset that is an element."""


def specs(structure):
    """The specs of a structure, flat."""
    return nest.flatten(structure)


def of_tensors(structure):
    """The structure of specs for a structure of tensors."""
    return nest.map_structure(
        lambda leaf: Spec(leaf.dtype, leaf.get_shape(), isinstance(leaf, sparse_tensor.SparseTensor)), structure)


def array(value, dtype):
    """The value as an array that the engine takes."""
    if dtype == dtypes.string:
        return tensor_util.to_engine(np.asarray(value, dtype=object))
    made = np.asarray(value)
    return made if made.dtype == dtype.as_numpy_dtype else made.astype(dtype.as_numpy_dtype)


def held(value, dtype):
    """What a program gives for a leaf, as datasets hold it."""
    if dtype == dtypes.string:
        given = np.asarray(value, dtype=object)
        if given.ndim == 0:
            return _bytes(given.item())
        made = np.empty(given.shape, dtype=object)
        flat = made.reshape(-1)
        flat[:] = [_bytes(item) for item in given.reshape(-1).tolist()]
        return flat.reshape(given.shape)
    return np.asarray(value, dtype=dtype.as_numpy_dtype)


def _bytes(item):
    return item if isinstance(item, bytes) else str(item).encode("utf-8")


def shape_of(value):
    return np.shape(value) if not isinstance(value, (bytes, str)) else ()


def stacked(values, spec, number):
    """The batch of these values of leaf `number`.

    Raises:
      InvalidArgumentError: where their shapes differ.
    """
    if spec.sparse:
        return _stacked_sparse(values)
    if spec.dtype != dtypes.string:
        try:
            return np.array(values, dtype=spec.dtype.as_numpy_dtype)
        except ValueError:
            _refuse_others(values, number)
            raise
    first = _refuse_others(values, number)
    made = np.empty((len(values), *first), dtype=object)
    for place, value in enumerate(values):
        made[place] = value
    return made


def _refuse_others(values, number):
    """The shape of all the values."""
    first = shape_of(values[0])
    for place, value in enumerate(values):
        if shape_of(value) != first:
            raise errors_impl.InvalidArgumentError(
                None, None, f"Cannot batch tensors with different shapes in component {number}. First element had shape "
                            f"{_brackets(first)} and element {place} had shape {_brackets(shape_of(value))}.")
    return first


def _brackets(shape):
    return "[" + ",".join(map(str, shape)) + "]"


def _stacked_sparse(values):
    rows = [np.concatenate([np.full((len(one.indices), 1), row, np.int64), one.indices], axis=1)
            for row, one in enumerate(values)]
    shape = np.max([one.dense_shape for one in values], axis=0)
    return sparse_tensor.SparseTensorValue(np.concatenate(rows), np.concatenate([one.values for one in values]),
                                           np.array([len(values), *shape], np.int64))


def padded(values, spec, number, sizes, padding):
    """The batch of these values, each filled with `padding` to `sizes` (`None`: the largest of the batch).

    Raises:
      DataLossError: where a value is larger than what it is to be filled to.
    """
    shapes = [shape_of(value) for value in values]
    whole = [max(shape[axis] for shape in shapes) if size is None else size for axis, size in enumerate(sizes)]
    for shape in shapes:
        if len(shape) != len(whole):
            raise errors_impl.InvalidArgumentError(
                None, None, f"All elements in a batch must have the same rank as the padded shape for component{number}: expected "
                            f"rank {len(whole)} but got element with rank {len(shape)}")
        if any(size > most for size, most in zip(shape, whole)):
            raise errors_impl.DataLossError(
                None, None, "Attempted to pad to a smaller size than the input element.")
    text = spec.dtype == dtypes.string
    made = np.full((len(values), *whole), padding, dtype=object if text else spec.dtype.as_numpy_dtype)
    for place, (value, shape) in enumerate(zip(values, shapes)):
        made[(place, *map(slice, shape))] = value
    return made
