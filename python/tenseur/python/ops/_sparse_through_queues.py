"""Sparse tensors as elements of queues: their value as a string, and strings as a batch of them."""

import pickle

import numpy as np

from tenseur.python.data.util import structure
from tenseur.python.framework import dtypes, ops, sparse_tensor


def packed(tensor, rows):
    """The value as a string; with `rows`, each of its rows as one."""
    def work(inputs):
        value = sparse_tensor.SparseTensorValue(*(np.asarray(part) for part in inputs))
        if not rows:
            return [([_text(value)], ())]
        from tenseur.python.data.ops import dataset_ops
        found = [_text(row) for row in dataset_ops._rows(value)]
        return [(found, (len(found),))]

    inputs = [tensor.indices, tensor.values, tensor.dense_shape]
    kind = "SerializeManySparse" if rows else "SerializeSparse"
    return ops.get_default_graph().create_op(kind, inputs, attrs={}, host=([(7, (None,) if rows else ())], work)).outputs[0]


def _text(value):
    return pickle.dumps(tuple(value))


def unpacked(tensor, dtype, rank):
    """The batch of sparse tensors whose strings the tensor has."""
    whole = None if rank is None else rank + 1

    def work(inputs):
        values = [sparse_tensor.SparseTensorValue(*pickle.loads(text)) for text in np.asarray(inputs[0], object).reshape(-1).tolist()]
        batch = structure._stacked_sparse(values)
        return [batch.indices, structure.array(batch.values, dtype), batch.dense_shape]

    facts = [(dtypes.int64.as_datatype_enum, (None, whole)), (dtype.as_datatype_enum, (None,)),
             (dtypes.int64.as_datatype_enum, (whole,))]
    op = ops.get_default_graph().create_op("DeserializeManySparse", [tensor], attrs={}, host=(facts, work))
    return sparse_tensor.SparseTensor(*op.outputs)
