"""Edges, blocks, diagonals, scattered elements: a part of `array_ops`."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, tensor_util
from tenseur.python.ops import array_ops, gen_ops
from tenseur.python.util import deprecation


def pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """The tensor with `paddings[i] = (before, after)` elements around it along axis i: `constant_values`, or its own
    elements mirrored with (`SYMMETRIC`) or without (`REFLECT`) the outermost.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if not tensor_util.is_tensor(constant_values) and constant_values == 0:
            return raw_ops.Pad(input=tensor, paddings=paddings, name=name)
        return raw_ops.PadV2(input=tensor, paddings=paddings, constant_values=constant_values, name=name)
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(f"Unknown padding mode: {mode}")
    return raw_ops.MirrorPad(input=tensor, paddings=paddings, mode=mode, name=name)


def meshgrid(*args, **kwargs):
    """The coordinates of a grid, for coordinates along each axis; `indexing` is "xy" (default) or "ij"."""
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with ops.name_scope(name, "meshgrid", args):
        count = len(args)
        made = [
            array_ops.reshape(array_ops.stack(x), (1,) * i + (-1,) + (1,) * (count - i - 1)) for i, x in enumerate(args)
        ]
        sizes = [array_ops.size(x) for x in args]
        if indexing == "xy" and count > 1:
            made[0] = array_ops.reshape(made[0], (1, -1) + (1,) * (count - 2))
            made[1] = array_ops.reshape(made[1], (-1, 1) + (1,) * (count - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        whole = array_ops.ones(sizes, made[0].dtype.base_dtype) if made else None
        return [one * whole for one in made]


def required_space_to_batch_paddings(input_shape, block_shape, base_paddings=None, name=None):
    """(Paddings that make a shape divisible into blocks, crops that undo them)."""
    with ops.name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = ops.convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = ops.convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        count = block_shape.shape.as_list()[0]
        if count == 0:
            return array_ops.zeros([0, 2], dtypes.int32), array_ops.zeros([0, 2], dtypes.int32)
        base = (
            array_ops.zeros([count, 2], dtypes.int32)
            if base_paddings is None
            else ops.convert_to_tensor(base_paddings, dtypes.int32)
        )
        known = [tensor_util.constant_value(one) for one in (input_shape, block_shape, base)]
        if all(one is not None for one in known):
            input_shape, block_shape, base = known
        starts, ends = base[:, 0], base[:, 1]
        full = input_shape + starts + ends
        extra = (block_shape - full % block_shape) % block_shape
        paddings = array_ops.stack([[starts[i], ends[i] + extra[i]] for i in range(count)], name="paddings")
        crops = array_ops.stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops


def space_to_batch(input, paddings, block_size=None, name=None, block_shape=None):
    """Blocks of height and width moved into the batch."""
    if block_shape is not None:
        return raw_ops.SpaceToBatchND(input=input, paddings=paddings, block_shape=block_shape, name=name)
    made = raw_ops.SpaceToBatchND(
        input=input, paddings=paddings, block_shape=np.array([block_size, block_size], np.int64), name=name
    )
    made.set_shape(made.get_shape().with_rank(4))
    return made


def batch_to_space(input, crops, block_size, name=None, block_shape=None):
    """Blocks moved from the batch back into height and width."""
    if block_shape is not None:
        return raw_ops.BatchToSpaceND(input=input, crops=crops, block_shape=block_shape, name=name)
    made = raw_ops.BatchToSpaceND(
        input=input, crops=crops, block_shape=np.array([block_size, block_size], np.int64), name=name
    )
    made.set_shape(made.get_shape().with_rank(4))
    return made


space_to_batch_nd = gen_ops.function("SpaceToBatchND", "Blocks of the axes after the batch moved into the batch.")
batch_to_space_nd = gen_ops.function("BatchToSpaceND", "Blocks moved from the batch back into the axes after it.")


def space_to_depth(input, block_size, name=None, data_format="NHWC"):
    """Blocks of height and width moved into the channels."""
    return raw_ops.SpaceToDepth(input=input, block_size=block_size, data_format=data_format, name=name)


def depth_to_space(input, block_size, name=None, data_format="NHWC"):
    """Channels moved into blocks of height and width."""
    return raw_ops.DepthToSpace(input=input, block_size=block_size, data_format=data_format, name=name)


def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """The patches that a window meets, each as the channels of one place."""
    ksizes = deprecation.deprecated_argument_lookup("sizes", sizes, "ksizes", ksizes)
    return raw_ops.ExtractImagePatches(
        images=images, ksizes=ksizes, strides=strides, rates=rates, padding=padding, name=name
    )


# --- diagonals -------------------------------------------------------------------------------------------------------


def diag(diagonal, name=None):
    """A tensor of twice the rank with `diagonal` on its diagonal and zeros elsewhere."""
    return raw_ops.Diag(diagonal=diagonal, name=name)


def diag_part(input, name=None):
    """The diagonal of a tensor of shape [D1…Dk, D1…Dk]."""
    return raw_ops.DiagPart(input=input, name=name)


def matrix_diag(diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0):
    """For each vector along the last axis, the matrix that has it as its diagonal."""
    if (k, num_rows, num_cols, padding_value) == (0, -1, -1, 0):
        return raw_ops.MatrixDiag(diagonal=diagonal, name=name)
    diagonal = ops.convert_to_tensor(diagonal)
    return raw_ops.MatrixDiagV2(diagonal=diagonal, k=k, num_rows=num_rows, num_cols=num_cols,
                                padding_value=constant_op.constant(padding_value, diagonal.dtype), name=name)


def matrix_diag_part(input, name="diag_part", k=0, padding_value=0):
    """For each matrix of the last two axes, its diagonal (number `k`: above the main one if positive)."""
    if k == 0 and padding_value == 0:
        return raw_ops.MatrixDiagPart(input=input, name=name)
    input = ops.convert_to_tensor(input)
    return raw_ops.MatrixDiagPartV2(
        input=input, k=k, padding_value=constant_op.constant(padding_value, input.dtype), name=name
    )


def matrix_set_diag(input, diagonal, name="set_diag", k=0):
    """The matrices with another diagonal."""
    if k == 0:
        return raw_ops.MatrixSetDiag(input=input, diagonal=diagonal, name=name)
    return raw_ops.MatrixSetDiagV2(input=input, diagonal=diagonal, k=k, name=name)


matrix_band_part = gen_ops.function(
    "MatrixBandPart",
    "The matrices with zeros beyond `num_lower` diagonals below the main one and `num_upper` above; −1 keeps all.",
)


# --- scattered -------------------------------------------------------------------------------------------------------

scatter_nd = gen_ops.function("ScatterNd", "A tensor of zeros of `shape` to which the updates are added at `indices`.")
tensor_scatter_update = gen_ops.function("TensorScatterUpdate", "The tensor with `updates` at `indices`.")
tensor_scatter_add = gen_ops.function("TensorScatterAdd", "The tensor with `updates` added at `indices`.")
tensor_scatter_sub = gen_ops.function("TensorScatterSub", "The tensor with `updates` subtracted at `indices`.")
tensor_scatter_max = gen_ops.function(
    "TensorScatterMax", "The tensor with the greater of its own elements and `updates`."
)
tensor_scatter_min = gen_ops.function(
    "TensorScatterMin", "The tensor with the lesser of its own elements and `updates`."
)
invert_permutation = gen_ops.function("InvertPermutation", "The y for which `y[x[i]] = i`.")
quantize_and_dequantize = gen_ops.function("QuantizeAndDequantizeV2")


def scatter_nd_non_aliasing_add(input, indices, updates, name=None):
    """The tensor with `updates` added at `indices`."""
    return raw_ops.TensorScatterAdd(tensor=input, indices=indices, updates=updates, name=name)


def unravel_index(indices, dims, name=None):
    """The coordinates, one axis a row, of places in a flattened tensor of shape `dims`."""
    with ops.name_scope(name, "UnravelIndex", [indices, dims]):
        indices = ops.convert_to_tensor(indices, name="indices")
        dims = ops.convert_to_tensor(dims, dtype=indices.dtype, name="dims")
        steps = raw_ops.Cumprod(x=dims, axis=0, exclusive=True, reverse=True)
        if indices.shape.ndims:
            steps, dims = array_ops.expand_dims(steps, -1), array_ops.expand_dims(dims, -1)
        return raw_ops.FloorMod(x=raw_ops.FloorDiv(x=indices, y=steps), y=dims)


def guarantee_const(input, name=None):
    """The tensor as it is."""
    return array_ops.identity(input, name)
