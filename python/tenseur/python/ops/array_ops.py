"""Tensors made, joined, cut, turned and picked from: `tf.zeros`, `tf.concat`, `tf.reshape`, `tf.gather`, …."""

import builtins
import sys

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import common_shapes, constant_op, dtypes, ops, tensor_shape, tensor_util
from tenseur.python.util import deprecation

newaxis = None

# Constants of this many elements or more are written as a Fill.
_FEW = 1000

# --- made ------------------------------------------------------------------------------------------------------------


def _repeated(one, shape, dtype, name):
    """A tensor of this shape that holds the number `one` everywhere: a constant if it is small."""
    if not isinstance(shape, ops.Tensor):
        try:
            sizes = tensor_shape.TensorShape(shape)
            if sizes.num_elements() is not None and sizes.num_elements() < _FEW:
                return constant_op.constant(one, shape=sizes, dtype=dtype, name=name)
            shape = constant_op._from_shape(sizes, name="shape_as_tensor")
        except (TypeError, ValueError, NotImplementedError):
            shape = ops.convert_to_tensor(shape, dtype=dtypes.int32)
    if not shape._shape_tuple():
        shape = reshape(shape, [-1])
    return fill(shape, constant_op.constant(one, dtype=dtype), name=name)


def zeros(shape, dtype=dtypes.float32, name=None):
    """A tensor of zeros (of `False`, of empty strings)."""
    dtype = dtypes.as_dtype(dtype).base_dtype
    one = False if dtype == dtypes.bool else "" if dtype == dtypes.string else 0
    with ops.name_scope(name, "zeros", [shape]) as name:
        return _repeated(one, shape, dtype, name)


def ones(shape, dtype=dtypes.float32, name=None):
    """A tensor of ones (of `True`)."""
    dtype = dtypes.as_dtype(dtype).base_dtype
    with ops.name_scope(name, "ones", [shape]) as name:
        return _repeated(True if dtype == dtypes.bool else 1, shape, dtype, name)


def zeros_like(tensor, dtype=None, name=None, optimize=True):
    """Zeros in the shape of `tensor`."""
    with ops.name_scope(name, "zeros_like", [tensor]) as name:
        tensor = ops.convert_to_tensor(tensor, name="tensor")
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        if optimize and tensor.shape.is_fully_defined() and tensor.dtype != dtypes.variant:
            return zeros(tensor.shape, dtype=wanted, name=name)
        if wanted != tensor.dtype.base_dtype and tensor.dtype != dtypes.variant:
            return zeros(shape_internal(tensor, optimize=optimize), dtype=wanted, name=name)
        return raw_ops.ZerosLike(x=tensor, name=name)


def ones_like(tensor, dtype=None, name=None, optimize=True):
    """Ones in the shape of `tensor`."""
    with ops.name_scope(name, "ones_like", [tensor]) as name:
        tensor = ops.convert_to_tensor(tensor, name="tensor")
        sizes = shape_internal(tensor, optimize=optimize)
        made = ones(sizes, dtype=tensor.dtype if dtype is None else dtype, name=name)
        made.set_shape(tensor.get_shape())
        return made


def fill(dims, value, name=None):
    """A tensor of shape `dims` that holds `value` everywhere."""
    return raw_ops.Fill(dims=dims, value=value, name=name)


def placeholder(dtype=None, shape=None, name=None, type=None):
    """A tensor to be fed; `type` is another spelling of `dtype`.

    Raises:
      RuntimeError: never here; a run in which it is not fed is an `InvalidArgumentError`.
    """
    dtype = type if dtype is None else dtype
    if dtype is None:
        raise TypeError("placeholder() missing 1 required positional argument: 'dtype'")
    return raw_ops.Placeholder(dtype=dtype, shape=shape, name=name)


def placeholder_with_default(input, shape, name=None):
    """`input`, where nothing else is fed."""
    return raw_ops.PlaceholderWithDefault(input=input, shape=shape, name=name)


def sparse_placeholder(dtype, shape=None, name=None):
    """A `SparseTensor` to be fed with a `SparseTensorValue` or with (indices, values, shape)."""
    from tenseur.python.framework import sparse_tensor
    prefix = f"{name}/" if name is not None else None
    if shape is None:
        dense_shape = placeholder(dtypes.int64, shape=[None], name=prefix and prefix + "shape")
    else:
        if isinstance(shape, ops.Tensor):
            dense_shape = shape
        else:
            sizes = [-1 if size is None else size for size in tensor_shape.TensorShape(shape).as_list()]
            default = ops.convert_to_tensor(np.array(sizes, dtype=np.int64))
            dense_shape = placeholder_with_default(default, shape=default.shape, name=prefix and prefix + "shape")
    rank = dense_shape.shape._dims[0] if dense_shape.shape.ndims == 1 else None
    return sparse_tensor.SparseTensor(
        values=placeholder(dtype, shape=[None], name=prefix and prefix + "values"),
        indices=placeholder(dtypes.int64, shape=[None, rank], name=prefix and prefix + "indices"),
        dense_shape=dense_shape,
    )


def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """`on_value` (1) at the place that each index names, `off_value` (0) elsewhere; the new axis is the last, or
    `axis`.
    """
    with ops.name_scope(name, "one_hot", [indices, depth, on_value, off_value, axis, dtype]) as name:
        dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        if on_value is not None:
            on_value = ops.convert_to_tensor(on_value, dtype_hint=dtype, name="on_value")
        if off_value is not None:
            off_value = ops.convert_to_tensor(off_value, dtype_hint=dtype, name="off_value")
        on_dtype = None if on_value is None else on_value.dtype.base_dtype
        off_dtype = None if off_value is None else off_value.dtype.base_dtype
        if dtype is not None:
            for what, found in (("on_value", on_dtype), ("off_value", off_dtype)):
                if found is not None and found != dtype:
                    raise TypeError(f"dtype {found.name} of {what} does not match dtype parameter {dtype.name}")
        dtype = dtype or on_dtype or off_dtype or dtypes.float32
        if on_value is None:
            on_value = ops.convert_to_tensor(1, dtype, name="on_value")
        if off_value is None:
            off_value = ops.convert_to_tensor(0, dtype, name="off_value")
        if on_dtype and off_dtype and on_dtype != off_dtype:
            raise TypeError(f"dtype {on_dtype.name} of on_value does not match dtype {off_dtype.name} of off_value")
        return raw_ops.OneHot(indices=indices, depth=depth, on_value=on_value, off_value=off_value,
                              axis=-1 if axis is None else axis, name=name)


def sequence_mask(lengths, maxlen=None, dtype=dtypes.bool, name=None):
    """`mask[i…, j] = j < lengths[i…]`, for j below `maxlen` or the greatest length."""
    with ops.name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = ops.convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = raw_ops.Max(input=lengths, reduction_indices=_all_axes(lengths), name="Max")
            maxlen = raw_ops.Maximum(x=constant_op.constant(0, maxlen.dtype), y=maxlen)
        else:
            maxlen = ops.convert_to_tensor(maxlen)
        if maxlen.shape.ndims is not None and maxlen.shape.ndims != 0:
            raise ValueError("maxlen must be scalar for sequence_mask")
        row = raw_ops.Range(start=constant_op.constant(0, maxlen.dtype), limit=maxlen,
                            delta=constant_op.constant(1, maxlen.dtype))
        matrix = raw_ops.Cast(x=expand_dims(lengths, -1), DstT=maxlen.dtype)
        result = raw_ops.Less(x=row, y=matrix)
        return result if dtype is None or result.dtype == dtypes.as_dtype(dtype) else _cast(result, dtype)


def _cast(x, dtype, name=None):
    from tenseur.python.ops import math_ops
    return math_ops.cast(x, dtype, name=name)


def _all_axes(tensor):
    if tensor.shape.ndims is not None:
        return constant_op.constant(np.arange(tensor.shape.ndims, dtype=np.int32))
    return raw_ops.Range(start=0, limit=raw_ops.Rank(input=tensor), delta=1, name="range")


# --- as they are -----------------------------------------------------------------------------------------------------


def identity(input, name=None):
    """The tensor itself, under another name."""
    from tenseur.python.framework import sparse_tensor
    if isinstance(input, sparse_tensor.SparseTensor):
        return sparse_tensor.SparseTensor(
            identity(input.indices), identity(input.values, name), identity(input.dense_shape)
        )
    if isinstance(input, ops.IndexedSlices):
        shape = None if input.dense_shape is None else identity(input.dense_shape)
        return ops.IndexedSlices(identity(input.values, name), identity(input.indices), shape)
    return raw_ops.Identity(input=input, name=name)


def identity_n(input, name=None):
    """Each tensor of a list as it is."""
    return raw_ops.IdentityN(input=input, name=name)


def stop_gradient(input, name=None):
    """The tensor, through which no gradient goes back."""
    return raw_ops.StopGradient(input=input, name=name)


def prevent_gradient(input, message="", name=None):
    """The tensor; that a gradient is asked through it is an error."""
    return raw_ops.PreventGradient(input=input, message=message, name=name)


def check_numerics(tensor, message, name=None):
    """The tensor, where all of it is finite; else a run fails with `message`."""
    return raw_ops.CheckNumerics(tensor=tensor, message=message, name=name)


def bitcast(input, type, name=None):
    """The same bytes, read as another type."""
    return raw_ops.Bitcast(input=input, type=type, name=name)


# --- shapes ----------------------------------------------------------------------------------------------------------


def shape(input, name=None, out_type=dtypes.int32):
    """The shape of a tensor, as a tensor; a constant where it is known."""
    return shape_internal(input, name, optimize=True, out_type=out_type)


def shape_v2(input, out_type=dtypes.int32, name=None):
    return shape(input, name, out_type)


def shape_internal(input, name=None, optimize=True, out_type=dtypes.int32):
    with ops.name_scope(name, "Shape", [input]) as name:
        if _is_sparse(input):
            return _cast(input.dense_shape, out_type)
        input = ops.convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            return constant_op.constant(input.shape.as_list(), out_type, name=name)
        return raw_ops.Shape(input=input, out_type=out_type, name=name)


def _is_sparse(value):
    from tenseur.python.framework import sparse_tensor
    return isinstance(value, (sparse_tensor.SparseTensor, sparse_tensor.SparseTensorValue))


def shape_n(input, out_type=dtypes.int32, name=None):
    """The shapes of several tensors."""
    return raw_ops.ShapeN(input=input, out_type=out_type, name=name)


def size(input, name=None, out_type=dtypes.int32):
    """How many elements a tensor has."""
    return size_internal(input, name, True, out_type)


def size_internal(input, name=None, optimize=True, out_type=dtypes.int32):
    with ops.name_scope(name, "Size", [input]) as name:
        if _is_sparse(input):
            return raw_ops.Prod(input=_cast(input.dense_shape, out_type), reduction_indices=0, name=name)
        input = ops.convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            return constant_op.constant(input.shape.num_elements(), out_type, name=name)
        return raw_ops.Size(input=input, out_type=out_type, name=name)


def rank(input, name=None):
    """How many axes a tensor has."""
    return rank_internal(input, name, optimize=True)


def rank_internal(input, name=None, optimize=True):
    with ops.name_scope(name, "Rank", [input]) as name:
        if _is_sparse(input):
            return size_internal(input.dense_shape, name)
        input = ops.convert_to_tensor(input)
        if optimize and input.shape.ndims is not None:
            return constant_op.constant(input.shape.ndims, dtypes.int32, name=name)
        return raw_ops.Rank(input=input, name=name)


def reshape(tensor, shape, name=None):
    """The same elements in another shape; one size may be −1."""
    return raw_ops.Reshape(tensor=tensor, shape=shape, name=name)


def expand_dims(input, axis=None, name=None, dim=None):
    """The tensor with a new axis of size 1 at place `axis`."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    return raw_ops.ExpandDims(input=input, dim=axis, name=name)


def squeeze(input, axis=None, name=None, squeeze_dims=None):
    """The tensor without its axes of size 1, or without those of them that `axis` names."""
    axis = deprecation.deprecated_argument_lookup("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    return raw_ops.Squeeze(input=input, squeeze_dims=[] if axis is None else [int(one) for one in axis], name=name)


def broadcast_to(input, shape, name=None):
    """The tensor, repeated to a shape, by NumPy's rules."""
    return raw_ops.BroadcastTo(input=input, shape=shape, name=name)


def broadcast_static_shape(shape_x, shape_y):
    """The shape that two shapes come to together."""
    return common_shapes.broadcast_shape(shape_x, shape_y)


def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that two shapes (tensors of integers) come to together."""
    return raw_ops.BroadcastArgs(s0=shape_x, s1=shape_y)


# --- joined and parted -----------------------------------------------------------------------------------------------


def concat(values, axis, name="concat"):
    """The tensors one after another along an axis that they have."""
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        with ops.name_scope(name) as scope:
            ops.convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32).get_shape().assert_has_rank(0)
            return identity(values[0], name=name if scope is None else scope)
    return raw_ops.ConcatV2(values=values, axis=axis, name=name)


def stack(values, axis=0, name="stack"):
    """The tensors one after another along a new axis."""
    if axis == 0:
        try:
            return ops.convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass
    first = ops.convert_to_tensor(values[0], name=name).shape.ndims
    if first is not None and not -(first + 1) <= axis < first + 1:
        raise ValueError(f"axis = {axis} not in [{-(first + 1)}, {first + 1})")
    return raw_ops.Pack(values=values, axis=axis, name=name)


def parallel_stack(values, name="parallel_stack"):
    """As `stack`, along the first axis."""
    return raw_ops.Pack(values=values, axis=0, name=name)


def _packed(value, dtype, name):
    """A nested list in which there are tensors, as one tensor."""
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype).base_dtype
    found = _first_dtype(value)
    if dtype is not None and found is not None and found != dtype:
        raise TypeError(f"Cannot convert a list containing a tensor of dtype {found} to {dtype} (Tensor is: {value!r})")
    return _pack(value, dtype or found, name)


def _first_dtype(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            found = _first_dtype(item)
            if found is not None:
                return found
        return None
    if isinstance(value, ops.Tensor) or hasattr(value, "_as_graph_element"):
        return value.dtype.base_dtype
    return None


def _pack(value, dtype, name):
    with ops.name_scope(name) as scope:
        items, symbolic = [], False
        for number, item in enumerate(value):
            if isinstance(item, (list, tuple)):
                item = _pack(item, dtype, str(number)) if constant_op._holds_tensors(item) else item
            symbolic = symbolic or isinstance(item, ops.Tensor) or hasattr(item, "_as_graph_element")
            items.append(item)
        if not symbolic:
            return constant_op.constant(items, dtype, name=scope)
        tensors = []
        for number, item in enumerate(items):
            if isinstance(item, ops.Tensor) or hasattr(item, "_as_graph_element"):
                item = ops.convert_to_tensor(item)
                if item.dtype.base_dtype != dtype:
                    raise TypeError(f"Cannot convert a list containing a tensor of dtype {item.dtype} to {dtype} "
                                    f"(Tensor is: {item!r})")
                tensors.append(item)
            else:
                tensors.append(constant_op.constant(item, dtype=dtype, name=str(number)))
        return raw_ops.Pack(values=tensors, axis=0, name=scope)


def unstack(value, num=None, axis=0, name="unstack"):
    """The tensors that lie one after another along an axis."""
    if num is None:
        value = ops.convert_to_tensor(value)
        sizes = value.get_shape()
        if sizes.ndims is not None:
            if not -sizes.ndims <= axis < sizes.ndims:
                raise ValueError(f"axis = {axis} not in [{-sizes.ndims}, {sizes.ndims})")
            num = sizes._dims[axis]
    if num is None:
        raise ValueError(f"Cannot infer num from shape {value.get_shape()}")
    return raw_ops.Unpack(value=value, num=num, axis=axis, name=name)


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """The tensor in so many equal parts, or in parts of the given sizes, along an axis."""
    if isinstance(num_or_size_splits, tensor_shape.Dimension):
        num_or_size_splits = num_or_size_splits.value
    sizes = ops.convert_to_tensor(num_or_size_splits)
    if isinstance(num_or_size_splits, (int, np.integer)):
        return raw_ops.Split(split_dim=axis, num_split=int(num_or_size_splits), value=value, name=name)
    if sizes.shape.ndims == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: "
            f"{num_or_size_splits}"
        )
    if num is None:
        known = sizes._shape_tuple()
        num = known[0] if known else None
        if num is None:
            raise ValueError("Cannot infer num from shape %s" % (num_or_size_splits,))
    return raw_ops.SplitV(value=value, size_splits=sizes, split_dim=axis, num_split=num, name=name)


def tile(input, multiples, name=None):
    """The tensor repeated `multiples[i]` times along axis i."""
    return raw_ops.Tile(input=input, multiples=multiples, name=name)


def repeat_with_axis(data, repeats, axis, name=None):
    """`data` with `repeats[i]` copies of its slice i along `axis`."""
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int; got {type(axis).__name__}")
    with ops.name_scope(name, "Repeat", [data, repeats]):
        data = ops.convert_to_tensor(data, name="data")
        repeats = _cast(ops.convert_to_tensor(repeats, name="repeats"), dtypes.int32)
        axis = axis if axis >= 0 else axis + data.shape.ndims
        sizes = shape(data)
        if repeats.shape.ndims == 0:
            wide = tile(expand_dims(data, axis + 1), concat([ones([axis + 1], dtypes.int32), [repeats],
                                                            ones([data.shape.ndims - axis - 1], dtypes.int32)], 0))
            return reshape(wide, concat([sizes[:axis], [-1], sizes[axis + 1:]], 0))
        repeats = broadcast_to(repeats, [sizes[axis]])
        longest = raw_ops.Max(input=repeats, reduction_indices=0)
        rows = tile(expand_dims(raw_ops.Range(start=0, limit=sizes[axis], delta=1), 1), stack([1, longest]))
        return gather(data, boolean_mask(rows, sequence_mask(repeats, longest)), axis=axis)


def repeat(input, repeats, axis=None, name=None):
    """Each element (slice along `axis`) `repeats` times; the tensor is flattened where there is no axis."""
    if axis is None:
        input, axis = reshape(input, [-1]), 0
    return repeat_with_axis(input, repeats, axis, name)


# --- turned ----------------------------------------------------------------------------------------------------------


def transpose(a, perm=None, name="transpose", conjugate=False):
    """The tensor with its axes in the order `perm`; in reverse order by default."""
    with ops.name_scope(name, "transpose", [a]) as name:
        a = ops.convert_to_tensor(a, name="a")
        if perm is None:
            if a.shape.ndims is None:
                rank = raw_ops.Rank(input=a)
                perm = (rank - 1) - raw_ops.Range(start=0, limit=rank, delta=1)
            else:
                perm = (a.shape.ndims - 1) - np.arange(a.shape.ndims, dtype=np.int32)
        turned = raw_ops.Transpose(x=a, perm=perm, name=name)
        return raw_ops.Conj(input=turned) if conjugate and turned.dtype.is_complex else turned


def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """The tensor with its last two axes exchanged."""
    with ops.name_scope(name, "matrix_transpose", [a]):
        a = ops.convert_to_tensor(a, name="a")
        ndims = a.shape.ndims
        if ndims is not None:
            if ndims < 2:
                raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}")
            perm = list(range(ndims - 2)) + [ndims - 1, ndims - 2]
        else:
            own = rank(a)
            perm = concat((raw_ops.Range(start=0, limit=own - 2, delta=1), [own - 1, own - 2]), 0)
        return transpose(a, perm=perm, conjugate=conjugate)


def reverse(tensor, axis, name=None):
    """The tensor with the order along the given axes reversed."""
    if isinstance(axis, (list, tuple)) and axis and isinstance(axis[0], builtins.bool):
        return raw_ops.Reverse(tensor=tensor, dims=axis, name=name)
    return raw_ops.ReverseV2(tensor=tensor, axis=axis, name=name)


reverse_v2 = reverse


def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None,
                     batch_dim=None):
    """For each i along `batch_axis`, the first `seq_lengths[i]` elements along `seq_axis` in reverse order."""
    seq_axis = deprecation.deprecated_argument_lookup("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = deprecation.deprecated_argument_lookup("batch_axis", batch_axis, "batch_dim", batch_dim)
    return raw_ops.ReverseSequence(
        input=input, seq_lengths=seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis or 0, name=name
    )


# --- cut out and picked ----------------------------------------------------------------------------------------------


def slice(input_, begin, size, name=None):
    """The part that begins at `begin` and has this size; −1 is all that is left along an axis."""
    return raw_ops.Slice(input=input_, begin=begin, size=size, name=name)


def strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                  shrink_axis_mask=0, var=None, name=None):
    """`input_[begin:end:strides]`, one number an axis."""
    if strides is None:
        strides = ones_like(begin)
    parent_name = name
    made = raw_ops.StridedSlice(
        input=input_, begin=begin, end=end, strides=strides, begin_mask=begin_mask, end_mask=end_mask,
        ellipsis_mask=ellipsis_mask, new_axis_mask=new_axis_mask, shrink_axis_mask=shrink_axis_mask, name=name)
    if var is not None:
        def assign(value, name=None):
            """Gives the part of the variable another value."""
            return raw_ops.StridedSliceAssign(
                ref=var, begin=begin, end=end, strides=strides, value=value, begin_mask=begin_mask, end_mask=end_mask,
                ellipsis_mask=ellipsis_mask, new_axis_mask=new_axis_mask, shrink_axis_mask=shrink_axis_mask,
                name=name or f"{parent_name}_assign")
        made.assign = assign
    return made


def _slice_helper(tensor, slice_spec, var=None):
    """`tensor[slice_spec]`: numbers, slices, `...`, `tf.newaxis`, and tensors in their places."""
    if isinstance(slice_spec, builtins.bool) or getattr(slice_spec, "dtype", None) in (dtypes.bool, np.dtype(bool)):
        return boolean_mask(tensor=tensor, mask=slice_spec)
    if not isinstance(slice_spec, (list, tuple)):
        slice_spec = [slice_spec]
    begin, end, strides = [], [], []
    begin_mask = end_mask = new_axis_mask = shrink_axis_mask = ellipsis_mask = 0
    for place, s in enumerate(slice_spec):
        bit = 1 << place
        if isinstance(s, builtins.slice):
            if s.start is not None and s.start is not sys.maxsize:
                _check_index(s.start)
                begin.append(s.start)
            else:
                begin.append(0)
                begin_mask |= bit
            if s.stop is not None and s.stop != sys.maxsize:
                _check_index(s.stop)
                end.append(s.stop)
            else:
                end.append(0)
                end_mask |= bit
            if s.step is not None:
                _check_index(s.step)
                strides.append(s.step)
            else:
                strides.append(1)
        elif s is Ellipsis:
            begin.append(0), end.append(0), strides.append(1)
            ellipsis_mask |= bit
        elif s is newaxis:
            begin.append(0), end.append(0), strides.append(1)
            new_axis_mask |= bit
        else:
            _check_index(s)
            begin.append(s), end.append(s + 1), strides.append(1)
            shrink_axis_mask |= bit
    with ops.name_scope(None, "strided_slice", [tensor] + begin + end + strides) as name:
        if begin:
            begin, end, strides = stack(begin), stack(end), stack(strides)
            if dtypes.int64 in (begin.dtype, end.dtype, strides.dtype):
                begin, end, strides = (_cast(one, dtypes.int64) for one in (begin, end, strides))
        else:
            begin = end = strides = constant_op.constant([], dtype=dtypes.int32)
        return strided_slice(
            tensor,
            begin,
            end,
            strides,
            begin_mask=begin_mask,
            end_mask=end_mask,
            shrink_axis_mask=shrink_axis_mask,
            new_axis_mask=new_axis_mask,
            ellipsis_mask=ellipsis_mask,
            var=var,
            name=name,
        )


def _check_index(index):
    if isinstance(index, (int, np.integer, tensor_shape.Dimension)):
        return
    dtype = getattr(index, "dtype", None)
    if dtype is not None and not isinstance(index, np.ndarray) and dtypes.as_dtype(dtype).base_dtype.is_integer:
        shape_of = getattr(index, "shape", None)
        if shape_of is None or tensor_shape.TensorShape(shape_of).ndims in (None, 0):
            return
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors "
        f"are valid indices, got {index!r}"
    )


ops.Tensor._override_operator("__getitem__", _slice_helper)


def gather(params, indices, validate_indices=None, name=None, axis=None, batch_dims=0):
    """`params[indices]`, along `axis`.

    Raises:
      tf.errors.InvalidArgumentError: in a run in which an index is out of range.
    """
    if axis is None:
        axis = batch_dims
    if tensor_util.constant_value(axis) == 0 or (isinstance(axis, int) and axis == 0):
        read = getattr(params, "sparse_read", None)
        if read is not None and batch_dims == 0:
            return read(indices, name=name)
    return raw_ops.GatherV2(params=params, indices=indices, axis=axis, batch_dims=batch_dims, name=name)


def batch_gather(params, indices, name=None):
    """`params[i…, indices[i…, j]]`: one gather for each index of the leading axes."""
    with ops.name_scope(name, "BatchGather", [params, indices]):
        indices = ops.convert_to_tensor(indices, name="indices")
        params = ops.convert_to_tensor(params, name="params")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return gather(params, indices, axis=indices.shape.ndims - 1, batch_dims=indices.shape.ndims - 1)


def gather_nd(params, indices, name=None, batch_dims=0):
    """`params[tuple(indices[i…])]` for each i…."""
    if batch_dims:
        return _batch_gather_nd(params, indices, batch_dims, name)
    read = getattr(params, "gather_nd", None)
    if read is not None:
        return read(indices, name=name)
    return raw_ops.GatherNd(params=params, indices=indices, name=name)


def _batch_gather_nd(params, indices, batch_dims, name):
    with ops.name_scope(name, "BatchGatherNd", [params, indices]):
        indices = ops.convert_to_tensor(indices, name="indices")
        sizes = shape(indices)
        grids = meshgrid(
            *[raw_ops.Range(start=0, limit=sizes[axis], delta=1) for axis in range(batch_dims)], indexing="ij"
        )
        rest = indices.shape.ndims - 1 - batch_dims
        own = []
        for grid in grids if isinstance(grids, list) else [grids]:
            grid = reshape(grid, concat([sizes[:batch_dims], ones([rest + 1], dtypes.int32)], 0))
            own.append(_cast(broadcast_to(grid, concat([sizes[:-1], [1]], 0)), indices.dtype))
        return raw_ops.GatherNd(params=params, indices=concat([*own, indices], -1))


def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """The elements (slices) of a tensor where `mask` holds."""
    with ops.name_scope(name, values=[tensor, mask]):
        tensor = ops.convert_to_tensor(tensor, name="tensor")
        mask = ops.convert_to_tensor(mask, name="mask")
        masks = mask.shape.ndims
        if masks == 0:
            raise ValueError("mask cannot be scalar.")
        if masks is None:
            raise ValueError("Number of mask dimensions must be specified, even if some dimensions are None.  E.g. "
                             "shape=[None] is ok, but shape=None is not.")
        axis = 0 if axis is None else axis
        tensor.shape[axis:axis + masks].assert_is_compatible_with(mask.shape)
        leading = raw_ops.Prod(input=shape(tensor)[axis:axis + masks], reduction_indices=[0])
        flat = reshape(tensor, concat([shape(tensor)[:axis], [leading], shape(tensor)[axis + masks:]], 0))
        first = tensor.shape[axis:axis + masks].num_elements()
        flat.set_shape(
            tensor_shape.as_shape(tensor.shape[:axis]).concatenate([first]).concatenate(tensor.shape[axis + masks :])
        )
        places = squeeze(where(reshape(mask, [-1])), axis=[1])
        return gather(flat, places, axis=axis)


def where(condition, x=None, y=None, name=None):
    """`x` where the condition holds, else `y`; without both, the indices at which it holds, one a row (int64)."""
    if x is None and y is None:
        with ops.name_scope(name, "Where", [condition]) as name:
            condition = ops.convert_to_tensor(condition, preferred_dtype=dtypes.bool, name="condition")
            return raw_ops.Where(input=condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw_ops.Select(condition=condition, t=x, e=y, name=name)


def where_v2(condition, x=None, y=None, name=None):
    """As `where`; the three are stretched to one shape."""
    if x is None and y is None:
        return where(condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw_ops.SelectV2(condition=condition, t=x, e=y, name=name)


# The parts of this module that stand by themselves; they need what is above.
from tenseur.python.ops._array_blocks import (  # noqa: E402, F401
    batch_to_space, batch_to_space_nd, depth_to_space, diag, diag_part, extract_image_patches, guarantee_const,
    invert_permutation, matrix_band_part, matrix_diag, matrix_diag_part, matrix_set_diag, meshgrid, pad,
    quantize_and_dequantize, required_space_to_batch_paddings, scatter_nd, scatter_nd_non_aliasing_add,
    space_to_batch, space_to_batch_nd, space_to_depth, tensor_scatter_add, tensor_scatter_max, tensor_scatter_min,
    tensor_scatter_sub, tensor_scatter_update, unravel_index,
)
from tenseur.python.ops._array_sets import (  # noqa: E402, F401
    edit_distance, listdiff, searchsorted, setdiff1d, unique, unique_with_counts,
)
