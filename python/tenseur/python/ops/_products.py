"""Products of matrices and tensors: a part of `math_ops`."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, gen_ops, math_ops


def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False,
           b_is_sparse=False, name=None):
    """The product of matrices, for each index of the leading axes; either may be transposed or conjugated and
    transposed.
    """
    with ops.name_scope(name, "MatMul", [a, b]) as name:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = ops.convert_to_tensor(a, name="a")
        b = ops.convert_to_tensor(b, dtype_hint=a.dtype.base_dtype, name="b")
        if a.dtype.is_complex:
            return _complex_matmul(a, b, transpose_a or adjoint_a, transpose_b or adjoint_b, adjoint_a, adjoint_b, name)
        batch = any(one.shape.ndims is None or one.shape.ndims > 2 for one in (a, b))
        if batch and not a_is_sparse and not b_is_sparse:
            a, adjoint_a = (math_ops.conj(a), True) if transpose_a else (a, adjoint_a)
            b, adjoint_b = (math_ops.conj(b), True) if transpose_b else (b, adjoint_b)
            return raw_ops.BatchMatMulV2(x=a, y=b, adj_x=adjoint_a, adj_y=adjoint_b, name=name)
        a, transpose_a = (math_ops.conj(a), True) if adjoint_a else (a, transpose_a)
        b, transpose_b = (math_ops.conj(b), True) if adjoint_b else (b, transpose_b)
        if a_is_sparse or b_is_sparse:
            return raw_ops.SparseMatMul(
                a=a,
                b=b,
                transpose_a=transpose_a,
                transpose_b=transpose_b,
                a_is_sparse=a_is_sparse,
                b_is_sparse=b_is_sparse,
                name=name,
            )
        return raw_ops.MatMul(a=a, b=b, transpose_a=transpose_a, transpose_b=transpose_b, name=name)


def _complex_matmul(a, b, turn_a, turn_b, conj_a, conj_b, name):
    """Products of complex matrices, by those of their parts."""
    def parts(x, conjugate):
        return math_ops.real(x), -math_ops.imag(x) if conjugate else math_ops.imag(x)

    (a_real, a_imag), (b_real, b_imag) = parts(a, conj_a), parts(b, conj_b)

    def product(x, y):
        return matmul(x, y, transpose_a=turn_a, transpose_b=turn_b)

    return math_ops.complex(
        product(a_real, b_real) - product(a_imag, b_imag), product(a_real, b_imag) + product(a_imag, b_real), name=name
    )


batch_matmul = gen_ops.function("BatchMatMul", "The products of the matrices of two batches.")
sparse_matmul = gen_ops.function("SparseMatMul", "The product of two matrices of which many elements are 0.")


def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """The product of matrices with vectors."""
    with ops.name_scope(name, "MatVec", [a, b]):
        product = matmul(a, array_ops.expand_dims(b, axis=-1), transpose_a=transpose_a, adjoint_a=adjoint_a,
                         a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse)
        return array_ops.squeeze(product, axis=-1)


def tensordot(a, b, axes, name=None):
    """The sum of products over the given axes of a and of b; `axes=n` is the last n of a with the first n of b."""
    with ops.name_scope(name, "Tensordot", [a, b, axes]) as name:
        a, b = ops.convert_to_tensor(a, name="a"), ops.convert_to_tensor(b, name="b")
        first, second = _tensordot_axes(a, axes)
        a, a_free, a_static = _tensordot_matrix(a, first, False)
        b, b_free, b_static = _tensordot_matrix(b, second, True)
        product = matmul(a, b)
        if isinstance(a_free, list) and isinstance(b_free, list):
            return array_ops.reshape(product, a_free + b_free, name=name)
        a_free = ops.convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = ops.convert_to_tensor(b_free, dtype=dtypes.int32)
        product = array_ops.reshape(product, array_ops.concat([a_free, b_free], 0), name=name)
        if a_static is not None and b_static is not None:
            product.set_shape(a_static + b_static)
        return product


def _tensordot_axes(a, axes):
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError("'axes' must be at least 0.")
        ndims = a.shape.ndims
        if ndims is not None:
            if axes > ndims:
                raise ValueError(f"'axes' must not be larger than the number of dimensions of tensor {a}.")
            return list(range(ndims - axes, ndims)), list(range(axes))
        rank = array_ops.rank(a)
        return math_ops.range(rank - axes, rank, dtype=dtypes.int32), math_ops.range(axes, dtype=dtypes.int32)
    if isinstance(axes, (list, tuple, np.ndarray)):
        if len(axes) != 2:
            raise ValueError("'axes' must be an integer or have length 2.")
        first, second = ([int(one)] if isinstance(one, (int, np.integer)) else one for one in axes)
        if not isinstance(first, ops.Tensor) and not isinstance(second, ops.Tensor):
            first, second = list(map(int, first)), list(map(int, second))
            if len(first) != len(second):
                raise ValueError(f"Different number of contraction axes 'a' and 'b', {len(first)} != {len(second)}.")
        return first, second
    axes = ops.convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
    return axes[0], axes[1]


def _tensordot_matrix(tensor, axes, flipped):
    """The tensor as a matrix whose rows (columns, if `flipped`) are the axes that stay; those axes' sizes; the known
    ones.
    """
    sizes = tensor.shape
    if sizes.is_fully_defined() and isinstance(axes, list):
        own = sizes.as_list()
        axes = [axis + len(own) if axis < 0 else axis for axis in axes]
        free = [axis for axis in range(len(own)) if axis not in axes]
        kept = [own[axis] for axis in free]
        inner, outer = int(np.prod([own[axis] for axis in axes])), int(np.prod(kept))
        perm = axes + free if flipped else free + axes
        new = [inner, outer] if flipped else [outer, inner]
        return array_ops.reshape(array_ops.transpose(tensor, perm), new), kept, kept
    static = None
    if sizes.ndims is not None and isinstance(axes, list):
        own = sizes.as_list()
        axes = [axis + len(own) if axis < 0 else axis for axis in axes]
        free = [axis for axis in range(len(own)) if axis not in axes]
        static = [own[axis] for axis in free]
        axes = ops.convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        free = ops.convert_to_tensor(free, dtype=dtypes.int32, name="free")
        whole = array_ops.shape(tensor)
    else:
        whole = array_ops.shape(tensor)
        rank = array_ops.rank(tensor)
        axes = ops.convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = array_ops.where(axes >= 0, axes, axes + rank)
        free, _ = array_ops.setdiff1d(math_ops.range(rank), axes)
    kept, summed = array_ops.gather(whole, free), array_ops.gather(whole, axes)
    outer, inner = math_ops.reduce_prod(kept), math_ops.reduce_prod(summed)
    perm = array_ops.concat([axes, free] if flipped else [free, axes], 0)
    new = array_ops.stack([inner, outer] if flipped else [outer, inner])
    return array_ops.reshape(array_ops.transpose(tensor, perm), new), kept, static
