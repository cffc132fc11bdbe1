"""Rows of tables by number: what contrib adds to `tf.nn.embedding_lookup`."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, embedding_ops
from tenseur.python.ops.embedding_ops import safe_embedding_lookup_sparse  # noqa: F401


def embedding_lookup_unique(params, ids, partition_strategy="mod", name=None):
    """`tf.nn.embedding_lookup` that looks each number up once."""
    with ops.name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = ops.convert_to_tensor(ids)
        unique_ids, idx = array_ops.unique(array_ops.reshape(ids, [-1]))
        found = array_ops.gather(embedding_ops.embedding_lookup(params, unique_ids, partition_strategy), idx)
        shape = array_ops.shape(ids)
        made = array_ops.reshape(found, array_ops.concat([shape, array_ops.shape(found)[1:]], 0))
        made.set_shape(ids.get_shape().concatenate(found.get_shape()[1:]))
        return made
