"""Rows of tables by number: `tf.nn.embedding_lookup` and its kin."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, clip_ops, math_ops


def _parts(params):
    """The parts of a table that may lie in several tensors."""
    if params is None:
        raise ValueError("Need at least one param")
    if type(params).__name__ == "PartitionedVariable":
        params = list(params)
    parts = list(params) if isinstance(params, (list, tuple)) else [params]
    if not parts:
        raise ValueError("Need at least one param")
    return [part if hasattr(part, "get_shape") else ops.convert_to_tensor(part) for part in parts]


def _gather(params, ids, name=None):
    return array_ops.gather(params, ids, name=name)


def _clip(params, ids, max_norm):
    """Rows whose norm is above `max_norm` are shortened to it."""
    if max_norm is None:
        return params
    params = ops.convert_to_tensor(params)
    rank = ids.get_shape().ndims
    axes = list(range(rank, params.get_shape().ndims))
    return clip_ops.clip_by_norm(params, max_norm, axes=axes)


def embedding_lookup(params, ids, partition_strategy="mod", name=None, validate_indices=True, max_norm=None):
    """The rows `ids` of the table `params`: shape `ids.shape + params.shape[1:]`.

    A table in several parts has row `id` in part `id % parts` ("mod"), or the parts hold runs of rows ("div").
    """
    parts = _parts(params)
    with ops.name_scope(name, "embedding_lookup", parts + [ids]) as name:
        ids = ops.convert_to_tensor(ids, name="ids")
        if len(parts) == 1:
            return array_ops.identity(_clip(_gather(parts[0], ids, name=name), ids, max_norm))
        return _clip(_from_parts(parts, ids, partition_strategy, name), ids, max_norm)


embedding_lookup_v2 = embedding_lookup


def _from_parts(parts, ids, partition_strategy, name):
    count = len(parts)
    flat_ids = array_ops.reshape(ids, [-1])
    original = math_ops.range(array_ops.size(flat_ids))
    if partition_strategy == "mod":
        places, new_ids = flat_ids % count, flat_ids // count
    elif partition_strategy == "div":
        sizes = [part.get_shape()[0].value for part in parts]
        if None in sizes:
            sizes = [math_ops.cast(array_ops.shape(part)[0], flat_ids.dtype) for part in parts]
            total = math_ops.add_n(sizes)
        else:
            total = ops.convert_to_tensor(sum(sizes), dtype=flat_ids.dtype)
        each, extras = total // count, total % count
        # The first `extras` parts hold a row more than the others.
        places = math_ops.maximum(flat_ids // (each + 1), (flat_ids - extras) // each)
        new_ids = array_ops.where(places < extras, flat_ids % (each + 1), (flat_ids - extras) % each)
    else:
        raise ValueError("Unrecognized partition strategy: " + partition_strategy)
    places = math_ops.cast(places, dtypes.int32)
    gather_ids = raw_ops.DynamicPartition(data=new_ids, partitions=places, num_partitions=count)
    indices = raw_ops.DynamicPartition(data=original, partitions=places, num_partitions=count)
    rows = [_gather(part, part_ids) for part, part_ids in zip(parts, gather_ids)]
    found = raw_ops.DynamicStitch(indices=indices, data=rows, name=name)
    element = parts[0].get_shape()[1:]
    for part in parts[1:]:
        element = element.merge_with(part.get_shape()[1:])
    sizes = array_ops.shape(parts[0])[1:] if not element.is_fully_defined() else element.as_list()
    found = array_ops.reshape(found, array_ops.concat([array_ops.shape(ids), sizes], 0))
    found.set_shape(ids.get_shape().concatenate(element))
    return found


def embedding_lookup_sparse(params, sp_ids, sp_weights, partition_strategy="mod", name=None, combiner=None,
                            max_norm=None):
    """For each row of the sparse `sp_ids`, the rows of `params` that it names, added up with `sp_weights`.

    Args:
      combiner: "sum"; "mean", divided by the sum of weights; "sqrtn", by the root of the sum of their squares.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    parts = _parts(params)
    if type(sp_ids).__name__ != "SparseTensor":
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None and type(sp_weights).__name__ != "SparseTensor":
        raise TypeError("sp_weights must be either None or SparseTensor")
    with ops.name_scope(name, "embedding_lookup_sparse", parts + [sp_ids.values]) as name:
        segment_ids = sp_ids.indices[:, 0]
        if segment_ids.dtype != dtypes.int32:
            segment_ids = math_ops.cast(segment_ids, dtypes.int32)
        ids, idx = array_ops.unique(sp_ids.values)
        embeddings = embedding_lookup(parts, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        if sp_weights is None:
            segment = {"sum": math_ops.sparse_segment_sum, "mean": math_ops.sparse_segment_mean,
                       "sqrtn": math_ops.sparse_segment_sqrt_n}[combiner]
            return segment(embeddings, idx, segment_ids, name=name)
        weights = sp_weights.values
        embeddings = array_ops.gather(embeddings, idx)
        if weights.dtype != embeddings.dtype:
            weights = math_ops.cast(weights, embeddings.dtype)
        ones = array_ops.ones(array_ops.expand_dims(array_ops.rank(embeddings) - 1, 0), dtype=dtypes.int32)
        shape = array_ops.concat([array_ops.shape(weights), ones], 0)
        original = weights.get_shape()
        weights = array_ops.reshape(weights, shape)
        if embeddings.get_shape().ndims is not None:
            weights.set_shape(original.concatenate(tensor_shape.TensorShape([1] * (embeddings.get_shape().ndims - 1))))
        embeddings *= weights
        if combiner == "sum":
            return math_ops.segment_sum(embeddings, segment_ids, name=name)
        embeddings = math_ops.segment_sum(embeddings, segment_ids)
        if combiner == "mean":
            return raw_ops.DivNoNan(x=embeddings, y=math_ops.segment_sum(weights, segment_ids), name=name)
        squares = math_ops.segment_sum(math_ops.pow(weights, 2), segment_ids)
        return raw_ops.DivNoNan(x=embeddings, y=math_ops.sqrt(squares), name=name)


embedding_lookup_sparse_v2 = embedding_lookup_sparse


def safe_embedding_lookup_sparse(embedding_weights, sparse_ids, sparse_weights=None, combiner="mean", default_id=None, name=None,
                                 partition_strategy="div", max_norm=None):
    """`embedding_lookup_sparse` that forgives: negative ids and weights that are not positive are left out, and rows without
    ids are zero (or row `default_id`)."""
    from tenseur.python.framework import sparse_tensor
    from tenseur.python.ops import sparse_ops
    parts = _parts(embedding_weights)
    with ops.name_scope(name, "embedding_lookup", parts + [sparse_ids]) as scope:
        shape = sparse_ids.dense_shape
        rank = shape.get_shape()[0].value
        outer = array_ops.slice(shape, [0], [rank - 1])
        flat = math_ops.reduce_prod(outer)
        new_shape = array_ops.stack([flat, array_ops.gather(shape, rank - 1)])
        sparse_ids = sparse_ops.sparse_reshape(sparse_ids, new_shape)
        valid = sparse_ids.values >= 0
        if sparse_weights is not None:
            sparse_weights = sparse_tensor.SparseTensor(sparse_ids.indices, sparse_weights.values,
                                                        sparse_ids.dense_shape)
            if combiner != "sum":
                valid = math_ops.logical_and(valid, sparse_weights.values > 0)
            sparse_weights = sparse_ops.sparse_retain(sparse_weights, valid)
        sparse_ids = sparse_ops.sparse_retain(sparse_ids, valid)
        sparse_ids, is_row_empty = sparse_ops.sparse_fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = sparse_ops.sparse_fill_empty_rows(sparse_weights, 1.0)
        result = embedding_lookup_sparse(parts, sparse_ids, sparse_weights, combiner=combiner, max_norm=max_norm,
                                         partition_strategy=partition_strategy, name=None if default_id is None else scope)
        if default_id is None:
            empty = array_ops.tile(array_ops.reshape(is_row_empty, [-1, 1]),
                                   array_ops.stack([1, array_ops.shape(result)[1]]))
            result = array_ops.where(empty, array_ops.zeros_like(result), result, name=scope)
        tail = array_ops.slice(array_ops.shape(result), [1], [-1])
        final = array_ops.reshape(result, array_ops.concat([math_ops.cast(outer, dtypes.int32), tail], 0))
        final.set_shape(tensor_shape.unknown_shape(ndims=rank - 1).concatenate(result.get_shape()[1:]))
        return final


safe_embedding_lookup_sparse_v2 = safe_embedding_lookup_sparse
