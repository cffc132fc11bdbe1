"""Sequences of numbers as vectors: `tf.contrib.layers.embed_sequence`, `bow_encoder`."""

from tenseur.contrib.framework.python.ops import variables
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, embedding_ops, math_ops, variable_scope


def embed_sequence(ids, vocab_size=None, embed_dim=None, unique=False, initializer=None, regularizer=None, trainable=True,
                   scope=None, reuse=None):
    """The vectors of a sequence: `[batch, length]` → `[batch, length, embed_dim]`, from the variable `embeddings`."""
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(f"Must specify vocab size and embedding dimension when not reusing. Got vocab_size={vocab_size} and "
                         f"embed_dim={embed_dim}")
    with variable_scope.variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        shape = [vocab_size, embed_dim]
        if reuse and vocab_size is None or embed_dim is None:
            shape = None
        embeddings = variables.model_variable("embeddings", shape=shape, initializer=initializer, regularizer=regularizer,
                                              trainable=trainable)
        if unique:
            ids = ops.convert_to_tensor(ids)
            different, places = array_ops.unique(array_ops.reshape(ids, [-1]))
            found = embedding_ops.embedding_lookup(embeddings, different)
            found = array_ops.gather(found, places)
            return array_ops.reshape(found, array_ops.concat([array_ops.shape(ids), [embed_dim]], 0))
        return embedding_ops.embedding_lookup(embeddings, ids)


def bow_encoder(ids, vocab_size, embed_dim, sparse_lookup=True, initializer=None, regularizer=None, trainable=True, scope=None,
                reuse=None):
    """The mean of a sequence's vectors."""
    with variable_scope.variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = variables.model_variable("embeddings", shape=[vocab_size, embed_dim], initializer=initializer,
                                              regularizer=regularizer, trainable=trainable)
        if type(ids).__name__ == "SparseTensor":
            return embedding_ops.embedding_lookup_sparse(embeddings, ids, None, combiner="mean")
        return math_ops.reduce_mean(embedding_ops.embedding_lookup(embeddings, ids), axis=1)
