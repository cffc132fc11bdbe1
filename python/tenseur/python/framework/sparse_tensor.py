"""Tensors of which most elements are 0: the places and values of the others."""

import collections

import numpy as np

from tenseur.python.client import session
from tenseur.python.framework import dtypes, ops, tensor_util

SparseTensorValue = collections.namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])


class SparseTensor:
    """A tensor of shape `dense_shape` (int64) that has `values[i]` at the place `indices[i]`, a row of int64."""

    # NumPy's operators leave expressions with sparse tensors to the sparse tensor's.
    __array_priority__ = 100

    def __init__(self, indices, values, dense_shape):
        with ops.name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self._indices = ops.convert_to_tensor(indices, name="indices", dtype=dtypes.int64)
            self._values = ops.convert_to_tensor(values, name="values")
            self._dense_shape = ops.convert_to_tensor(dense_shape, name="dense_shape", dtype=dtypes.int64)
        places = self._indices.shape.with_rank(2)
        self._values.shape.with_rank(1)
        sizes = self._dense_shape.shape.with_rank(1)
        places[0:1].merge_with(self._values.shape[0:1])
        places[1:2].merge_with(sizes[0:1])

    @classmethod
    def from_value(cls, sparse_tensor_value):
        """The constant that a value is; a sparse tensor as it is."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    @property
    def indices(self):
        return self._indices

    @property
    def values(self):
        return self._values

    @property
    def dense_shape(self):
        return self._dense_shape

    @property
    def shape(self):
        return tensor_util.constant_value_as_shape(self._dense_shape)

    def get_shape(self):
        return self.shape

    @property
    def op(self):
        return self._values.op

    @property
    def dtype(self):
        return self._values.dtype

    @property
    def graph(self):
        return self._indices.graph

    @property
    def name(self):
        return self._values.name

    def consumers(self):
        """The operations that read its values."""
        return self._values.consumers()

    def eval(self, feed_dict=None, session=None):
        """Its `SparseTensorValue` in `session`, or in the default session."""
        found = ops._session_of(session, self.graph, "evaluate tensor", "eval")
        return SparseTensorValue(*found.run([self._indices, self._values, self._dense_shape], feed_dict))

    def __str__(self):
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"

    __repr__ = __str__

    def _with_dense(self, op_type, dense):
        """The elements that are there, each with the whole tensor's at its place."""
        from tenseur import raw_ops
        dense = ops.convert_to_tensor(dense, dtype=self.dtype.base_dtype, name="y")
        values = getattr(raw_ops, op_type)(
            sp_indices=self._indices, sp_values=self._values, sp_shape=self._dense_shape, dense=dense
        )
        return SparseTensor(self._indices, values, self._dense_shape)

    def __mul__(self, dense):
        return self._with_dense("SparseDenseCwiseMul", dense)

    __rmul__ = __mul__

    def __truediv__(self, dense):
        return self._with_dense("SparseDenseCwiseDiv", dense)

    __div__ = __truediv__

    def __neg__(self):
        return SparseTensor(self._indices, -self._values, self._dense_shape)


def convert_to_tensor_or_sparse_tensor(value, dtype=None, name=None):
    """A sparse tensor of a sparse value, a tensor of anything else.

    Raises:
      RuntimeError: where a sparse tensor is of another type than `dtype`.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise RuntimeError(f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, actual = {value.dtype.name}")
        return value
    return ops.convert_to_tensor(value, dtype=dtype, name=name)


def is_sparse(x):
    """Whether `x` is a sparse tensor or the value of one."""
    return isinstance(x, (SparseTensor, SparseTensorValue))


session.register_session_run_conversion_functions(
    SparseTensor,
    lambda sparse: ([sparse.indices, sparse.values, sparse.dense_shape], lambda parts: SparseTensorValue(*parts)),
    lambda sparse, value: list(zip((sparse.indices, sparse.values, sparse.dense_shape), _parts(value))),
)


def _parts(value):
    """Indices, values and shape; the indices as rows even where there are none."""
    indices, values, dense_shape = value
    indices, dense_shape = np.asarray(indices, np.int64), np.asarray(dense_shape, np.int64)
    return (indices.reshape(-1, dense_shape.size) if indices.size == 0 else indices), values, dense_shape
