"""Sparse tensors: `tf.sparse_tensor_dense_matmul`, `tf.sparse_add`, `tf.sparse_to_dense`, …."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, sparse_tensor, tensor_util
from tenseur.python.framework.sparse_tensor import SparseTensor, SparseTensorValue
from tenseur.python.ops import array_ops, math_ops
from tenseur.python.util import deprecation


def _sparse(value):
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def _three(sp):
    return {"indices": sp.indices, "values": sp.values, "shape": sp.dense_shape}


def from_dense(tensor, name=None):
    """The elements that are not 0, as a sparse tensor."""
    with ops.name_scope(name, "dense_to_sparse"):
        tensor = ops.convert_to_tensor(tensor)
        zero = "" if tensor.dtype == dtypes.string else array_ops.zeros([], tensor.dtype)
        places = array_ops.where(math_ops.not_equal(tensor, zero))
        return SparseTensor(places, array_ops.gather_nd(tensor, places), array_ops.shape(tensor, out_type=dtypes.int64))


dense_to_sparse_tensor = from_dense


def sparse_expand_dims(sp_input, axis=None, name=None):
    """The sparse tensor with a new axis of size 1."""
    with ops.name_scope(name, default_name="expand_dims", values=[sp_input]):
        sp_input = _sparse(sp_input)
        rank = sp_input.dense_shape.shape.as_list()[0]
        axis = -1 if axis is None else axis
        axis = axis + rank + 1 if axis < 0 else axis
        zeros = array_ops.zeros([array_ops.shape(sp_input.indices)[0], 1], dtypes.int64)
        indices = array_ops.concat([sp_input.indices[:, :axis], zeros, sp_input.indices[:, axis:]], axis=1)
        shape = array_ops.concat(
            [sp_input.dense_shape[:axis], np.array([1], np.int64), sp_input.dense_shape[axis:]], axis=0
        )
        return SparseTensor(indices, sp_input.values, shape)


def sparse_eye(num_rows, num_columns=None, dtype=dtypes.float32, name=None):
    """The identity matrix."""
    with ops.name_scope(name, default_name="eye", values=[num_rows, num_columns]):
        rows = math_ops.cast(num_rows, dtypes.int64)
        columns = rows if num_columns is None else math_ops.cast(num_columns, dtypes.int64)
        count = math_ops.minimum(rows, columns)
        places = math_ops.range(count, dtype=dtypes.int64)
        return SparseTensor(
            array_ops.stack([places, places], axis=1),
            array_ops.ones(array_ops.stack([count]), dtype=dtype),
            array_ops.stack([rows, columns]),
        )


def sparse_concat(axis, sp_inputs, name=None, expand_nonconcat_dim=False, concat_dim=None,
                  expand_nonconcat_dims=None):
    """Sparse tensors one after another along an axis; the other sizes may differ if `expand_nonconcat_dim`."""
    expand = expand_nonconcat_dims if expand_nonconcat_dims is not None else expand_nonconcat_dim
    axis = deprecation.deprecated_argument_lookup("axis", axis, "concat_dim", concat_dim)
    inputs = [_sparse(one) for one in sp_inputs]
    if len(inputs) == 1:
        return inputs[0]
    shapes = [one.dense_shape for one in inputs]
    if expand:
        greatest = math_ops.reduce_max(array_ops.stack(shapes), axis=0)
        rank = greatest.shape.as_list()[0]
        place = axis % rank
        shapes = [
            array_ops.concat([greatest[:place], shape[place : place + 1], greatest[place + 1 :]], 0) for shape in shapes
        ]
    found = raw_ops.SparseConcat(
        indices=[one.indices for one in inputs],
        values=[one.values for one in inputs],
        shapes=shapes,
        concat_dim=axis,
        name=name,
    )
    return SparseTensor(*found)


def sparse_concat_v2(axis, sp_inputs, expand_nonconcat_dims=False, name=None):
    return sparse_concat(axis, sp_inputs, name, expand_nonconcat_dims)


def sparse_add(a, b, threshold=None, thresh=None):
    """a + b, either of which may be sparse; elements below `threshold` of a sparse sum are left out."""
    threshold = deprecation.deprecated_argument_lookup("threshold", threshold, "thresh", thresh)
    threshold = 0 if threshold is None else threshold
    if not any(sparse_tensor.is_sparse(one) for one in (a, b)):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if all(sparse_tensor.is_sparse(one) for one in (a, b)):
        a, b = _sparse(a), _sparse(b)
        threshold = ops.convert_to_tensor(threshold, dtype=a.values.dtype.real_dtype.base_dtype, name="thresh")
        found = raw_ops.SparseAdd(a_indices=a.indices, a_values=a.values, a_shape=a.dense_shape, b_indices=b.indices,
                                  b_values=b.values, b_shape=b.dense_shape, thresh=threshold)
        found[0].set_shape([None, a.dense_shape.shape.as_list()[0]])
        return SparseTensor(*found)
    if sparse_tensor.is_sparse(b):
        a, b = b, a
    a = _sparse(a)
    return raw_ops.SparseTensorDenseAdd(a_indices=a.indices, a_values=a.values, a_shape=a.dense_shape, b=b)


def sparse_add_v2(a, b, threshold=0):
    return sparse_add(a, b, threshold)


def sparse_dense_cwise_add(sp_t, dense_t):
    """The values that are there plus the dense tensor's in their places."""
    values = raw_ops.SparseDenseCwiseAdd(
        sp_indices=sp_t.indices, sp_values=sp_t.values, sp_shape=sp_t.dense_shape, dense=dense_t
    )
    return SparseTensor(sp_t.indices, values, sp_t.dense_shape)


def sparse_reorder(sp_input, name=None):
    """The same elements in the order of their places."""
    sp_input = _sparse(sp_input)
    indices, values = raw_ops.SparseReorder(input_indices=sp_input.indices, input_values=sp_input.values,
                                            input_shape=sp_input.dense_shape, name=name)
    return SparseTensor(indices, values, array_ops.identity(sp_input.dense_shape))


def sparse_reshape(sp_input, shape, name=None):
    """The same elements in another shape; one size may be −1."""
    sp_input = _sparse(sp_input)
    shape = math_ops.cast(shape, dtypes.int64)
    with ops.name_scope(name, "SparseReshape", [sp_input]) as name:
        indices, new = raw_ops.SparseReshape(
            input_indices=sp_input.indices, input_shape=sp_input.dense_shape, new_shape=shape, name=name
        )
        known = tensor_util.constant_value_as_shape(shape)
        whole = sp_input.shape.num_elements()
        if known.ndims is not None and known.is_fully_defined() is False and whole is not None:
            sizes = known.as_list()
            if sizes.count(None) == 1:
                rest = int(np.prod([size for size in sizes if size is not None]))
                sizes[sizes.index(None)] = whole // rest if rest else None
                if None not in sizes:
                    new = ops.convert_to_tensor(np.array(sizes, np.int64))
        elif known.is_fully_defined():
            new = ops.convert_to_tensor(np.array(known.as_list(), np.int64))
        return SparseTensor(indices, array_ops.identity(sp_input.values), new)


def sparse_split(keyword_required=None, sp_input=None, num_split=None, axis=None, name=None, split_dim=None):
    """The sparse tensor in `num_split` parts along an axis."""
    if keyword_required is not None and sp_input is None:
        raise ValueError("Keyword arguments are required for this function.")
    axis = deprecation.deprecated_argument_lookup("axis", axis, "split_dim", split_dim)
    sp_input = _sparse(sp_input)
    indices, values, shapes = raw_ops.SparseSplit(split_dim=axis, num_split=num_split, name=name, **_three(sp_input))
    return [SparseTensor(*parts) for parts in zip(indices, values, shapes)]


def sparse_slice(sp_input, start, size, name=None):
    """The part of a sparse tensor that begins at `start` and has this size."""
    sp_input = _sparse(sp_input)
    with ops.name_scope(name, "SparseSlice", [sp_input]) as name:
        start = math_ops.cast(ops.convert_to_tensor(start), dtypes.int64)
        size = math_ops.cast(ops.convert_to_tensor(size), dtypes.int64)
        return SparseTensor(*raw_ops.SparseSlice(start=start, size=size, name=name, **_three(sp_input)))


def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0, validate_indices=True,
                    name=None):
    """A tensor that has the values at their places and `default_value` elsewhere."""
    return raw_ops.SparseToDense(sparse_indices=sparse_indices, output_shape=output_shape, sparse_values=sparse_values,
                                 default_value=default_value, validate_indices=validate_indices, name=name)


def sparse_tensor_to_dense(sp_input, default_value=None, validate_indices=True, name=None):
    """The sparse tensor as a whole one."""
    sp_input = _sparse(sp_input)
    if default_value is None:
        default_value = array_ops.zeros([], dtype=sp_input.dtype)
    return sparse_to_dense(sp_input.indices, sp_input.dense_shape, sp_input.values, default_value=default_value,
                           validate_indices=validate_indices, name=name)


def sparse_to_indicator(sp_input, vocab_size, name=None):
    """A tensor of bools that holds where the last axis' place is one of the values."""
    sp_input = _sparse(sp_input)
    with ops.name_scope(name, "SparseToIndicator", [sp_input]) as name:
        ones = SparseTensor(
            sp_input.indices, array_ops.ones([array_ops.shape(sp_input.indices)[0]], dtypes.bool), sp_input.dense_shape
        )
        merged = sparse_merge(sp_input, ones, vocab_size)
        return sparse_tensor_to_dense(merged, default_value=False, validate_indices=False, name=name)


def sparse_merge(sp_ids, sp_values, vocab_size, name=None, already_sorted=False):
    """A sparse tensor whose last axis' places are the ids, with the values that go with them."""
    ids = [_sparse(one) for one in (sp_ids if isinstance(sp_ids, list) else [sp_ids])]
    sizes = vocab_size if isinstance(vocab_size, list) else [vocab_size]
    with ops.name_scope(name, "SparseMerge", ids + [sp_values]):
        columns = [array_ops.expand_dims(math_ops.cast(one.values, dtypes.int64), axis=1) for one in ids]
        places = array_ops.concat([ids[0].indices[:, :-1], *columns], axis=1)
        sizes = [array_ops.reshape(math_ops.cast(ops.convert_to_tensor(one), dtypes.int64), [1]) for one in sizes]
        merged = SparseTensor(places, sp_values.values, array_ops.concat([ids[0].dense_shape[:-1], *sizes], axis=0))
        return merged if already_sorted else sparse_reorder(merged)


def sparse_retain(sp_input, to_retain):
    """The elements for which `to_retain` holds."""
    sp_input = _sparse(sp_input)
    places = array_ops.reshape(array_ops.where(ops.convert_to_tensor(to_retain)), [-1])
    return SparseTensor(array_ops.gather(sp_input.indices, places), array_ops.gather(sp_input.values, places),
                        array_ops.identity(sp_input.dense_shape))


def sparse_reset_shape(sp_input, new_shape=None):
    """The sparse tensor with the least shape that holds its elements, or with a greater one."""
    sp_input = _sparse(sp_input)
    indices, values = array_ops.identity(sp_input.indices), array_ops.identity(sp_input.values)
    if new_shape is None:
        lowest = array_ops.zeros_like(sp_input.dense_shape) - 1
        most = math_ops.reduce_max(array_ops.concat([array_ops.expand_dims(lowest, 0), indices], 0), axis=0)
        return SparseTensor(indices, values, most + 1)
    return SparseTensor(indices, values, math_ops.cast(ops.convert_to_tensor(new_shape), dtypes.int64))


def sparse_fill_empty_rows(sp_input, default_value, name=None):
    """(The sparse tensor with `default_value` at the first place of each row that has none, whether a row had none)."""
    sp_input = _sparse(sp_input)
    with ops.name_scope(name, "SparseFillEmptyRows", [sp_input]):
        default_value = ops.convert_to_tensor(default_value, dtype=sp_input.values.dtype)
        indices, values, empty, _ = raw_ops.SparseFillEmptyRows(
            indices=sp_input.indices,
            values=sp_input.values,
            dense_shape=sp_input.dense_shape,
            default_value=default_value,
        )
        return SparseTensor(indices, values, sp_input.dense_shape), empty


def _reduced(op_type, sp_input, axis, keepdims, reduction_axes, keep_dims):
    keepdims = bool(deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    axis = deprecation.deprecated_argument_lookup("axis", axis, "reduction_axes", reduction_axes)
    axis = math_ops._axes(sp_input, axis)
    return getattr(raw_ops, op_type)(
        input_indices=sp_input.indices,
        input_values=sp_input.values,
        input_shape=sp_input.dense_shape,
        reduction_axes=axis,
        keep_dims=keepdims,
    )


def sparse_reduce_sum(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """The sums along axes, as a whole tensor."""
    return _reduced("SparseReduceSum", sp_input, axis, keepdims, reduction_axes, keep_dims)


def sparse_reduce_max(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """The greatest elements along axes, as a whole tensor."""
    return _reduced("SparseReduceMax", sp_input, axis, keepdims, reduction_axes, keep_dims)


def sparse_reduce_sum_sparse(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """The sums along axes, as a sparse tensor."""
    return SparseTensor(*_reduced("SparseReduceSumSparse", sp_input, axis, keepdims, reduction_axes, keep_dims))


def sparse_reduce_max_sparse(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """The greatest elements along axes, as a sparse tensor."""
    return SparseTensor(*_reduced("SparseReduceMaxSparse", sp_input, axis, keepdims, reduction_axes, keep_dims))


def sparse_tensor_dense_matmul(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    """The product of a sparse matrix with a whole one."""
    sp_a = _sparse(sp_a)
    with ops.name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]):
        return raw_ops.SparseTensorDenseMatMul(
            a_indices=sp_a.indices,
            a_values=sp_a.values,
            a_shape=sp_a.dense_shape,
            b=ops.convert_to_tensor(b, name="b"),
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


def sparse_softmax(sp_input, name=None):
    """The softmax along the last axis of the elements that are there."""
    with ops.name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]) as name:
        values = raw_ops.SparseSoftmax(
            sp_indices=sp_input.indices, sp_values=sp_input.values, sp_shape=sp_input.dense_shape
        )
        return SparseTensor(sp_input.indices, values, sp_input.dense_shape)


def _greater_or_lesser(op_type, default, a, b, name):
    with ops.name_scope(name, default, [a.indices, a.values, b.indices, b.values]) as name:
        indices, values = getattr(raw_ops, op_type)(
            a_indices=a.indices, a_values=a.values, a_shape=a.dense_shape, b_indices=b.indices, b_values=b.values,
            b_shape=b.dense_shape, name=name)
    return SparseTensor(indices, values, a.dense_shape)


def sparse_maximum(sp_a, sp_b, name=None):
    """The greater of two sparse tensors, element by element."""
    return _greater_or_lesser("SparseSparseMaximum", "SparseSparseMaximum", sp_a, sp_b, name)


def sparse_minimum(sp_a, sp_b, name=None):
    """The lesser of two sparse tensors, element by element."""
    return _greater_or_lesser("SparseSparseMinimum", "SparseSparseMinimum", sp_a, sp_b, name)


def sparse_transpose(sp_input, perm=None, name=None):
    """The sparse tensor with its axes in the order `perm`; in reverse order by default."""
    with ops.name_scope(name, "SparseTranspose", [sp_input]):
        if perm is None:
            rank = sp_input.dense_shape.shape.as_list()[0]
            perm = list(range(rank))[::-1] if rank is not None else math_ops.range(array_ops.rank(sp_input) - 1, -1, -1)
        indices = array_ops.gather(sp_input.indices, perm, axis=1)
        sizes = sp_input.shape
        if sizes.is_fully_defined() and not isinstance(perm, ops.Tensor):
            shape = np.array([sizes.as_list()[axis] for axis in perm], np.int64)
        else:
            shape = array_ops.gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, shape))


def sparse_mask(a, mask_indices, name=None):
    """`IndexedSlices` without the rows `mask_indices`."""
    with ops.name_scope(name, "sparse_mask", [a, mask_indices]) as name:
        kept, places = array_ops.setdiff1d(a.indices, mask_indices)
        return ops.IndexedSlices(array_ops.gather(a.values, places, name=name), kept, a.dense_shape)


def map_values(op, *args, **kwargs):
    """A function of the values of sparse tensors that have the same places."""
    def values(one):
        return one.values if isinstance(one, SparseTensor) else one

    found = [one for one in [*args, *kwargs.values()] if isinstance(one, SparseTensor)]
    if not found:
        raise ValueError("No SparseTensor in argument list of map_values")
    made = op(*map(values, args), **{key: values(one) for key, one in kwargs.items()})
    return SparseTensor(found[0].indices, made, found[0].dense_shape)


# --- as strings -------------------------------------------------------------------------------------------------------


def serialize_sparse(sp_input, name=None, out_type=dtypes.string):
    """A sparse tensor as three strings (or variants): of its indices, values and shape."""
    sp_input = _sparse(sp_input)
    return raw_ops.SerializeSparse(sparse_indices=sp_input.indices, sparse_values=sp_input.values,
                                   sparse_shape=sp_input.dense_shape, out_type=out_type, name=name)


def serialize_many_sparse(sp_input, name=None, out_type=dtypes.string):
    """The sparse tensors along the first axis of one, as strings `[count, 3]`."""
    sp_input = _sparse(sp_input)
    return raw_ops.SerializeManySparse(sparse_indices=sp_input.indices, sparse_values=sp_input.values,
                                       sparse_shape=sp_input.dense_shape, out_type=out_type, name=name)


def deserialize_sparse(serialized_sparse, dtype, rank=None, name=None):
    """The sparse tensor in strings (or variants) `[…, 3]`: the axes before the last become its first."""
    return _of_rank(raw_ops.DeserializeSparse(serialized_sparse=serialized_sparse, dtype=dtype, name=name), rank)


def deserialize_many_sparse(serialized_sparse, dtype, rank=None, name=None):
    """The sparse tensors in strings `[count, 3]`, along a new first axis of one; `rank` is that of each."""
    parts = raw_ops.DeserializeManySparse(serialized_sparse=serialized_sparse, dtype=dtype, name=name)
    return _of_rank(parts, None if rank is None else rank + 1)


def _of_rank(parts, rank):
    indices, values, shape = parts
    indices.set_shape([None, rank])
    shape.set_shape([rank])
    return SparseTensor(indices, values, shape)
