"""Systems of equations, decompositions, norms: `tf.matrix_solve`, `tf.cholesky`, `tf.svd`, `tf.norm`, `tf.eye`."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops
from tenseur.python.ops import array_ops, gen_ops, math_ops
from tenseur.python.util import deprecation

cholesky = gen_ops.function("Cholesky", "The lower triangular L with L·Lᵀ = A, for each positive definite matrix A.")
matrix_determinant = gen_ops.function("MatrixDeterminant", "The determinant of each matrix.")
matrix_inverse = gen_ops.function("MatrixInverse", "The inverse of each matrix.")
matrix_solve = gen_ops.function("MatrixSolve", "The x with A·x = rhs, for each matrix A.")
matrix_triangular_solve = gen_ops.function("MatrixTriangularSolve", "The x with A·x = rhs, for triangular matrices A.")
log_matrix_determinant = gen_ops.function(
    "LogMatrixDeterminant", "(Sign, logarithm of the absolute value) of each determinant."
)
qr = gen_ops.function("Qr", "(q, r) with A = q·r, q orthonormal and r upper triangular, for each matrix A.")


def cholesky_solve(chol, rhs, name=None):
    """The x with A·x = rhs, where `chol` is what `cholesky(A)` gives."""
    with ops.name_scope(name, "cholesky_solve", [chol, rhs]):
        y = matrix_triangular_solve(chol, rhs, adjoint=False, lower=True)
        return matrix_triangular_solve(chol, y, adjoint=True, lower=True)


def self_adjoint_eig(tensor, name=None):
    """(Eigenvalues in rising order, eigenvectors as columns) of each symmetric matrix."""
    return tuple(raw_ops.SelfAdjointEigV2(input=tensor, compute_v=True, name=name))


def self_adjoint_eigvals(tensor, name=None):
    """The eigenvalues, in rising order, of each symmetric matrix."""
    return raw_ops.SelfAdjointEigV2(input=tensor, compute_v=False, name=name)[0]


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """(s, u, v) with A = u·diag(s)·vᵀ for each matrix A; only s without `compute_uv`."""
    s, u, v = raw_ops.Svd(input=tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (math_ops.real(s), u, v) if compute_uv else math_ops.real(s)


def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """The identity matrix, for each index of `batch_shape`."""
    with ops.name_scope(name, default_name="eye", values=[num_rows, num_columns, batch_shape]):
        batch = batch_shape if batch_shape is not None else []
        square = num_columns is None
        columns = num_rows if square else num_columns
        symbolic = isinstance(num_rows, ops.Tensor) or isinstance(columns, ops.Tensor)
        size = (
            math_ops.minimum(num_rows, columns)
            if symbolic and not square
            else num_rows
            if square
            else min(num_rows, columns)
        )
        square = square or (not symbolic and num_rows == columns)
        if isinstance(batch, ops.Tensor) or isinstance(size, ops.Tensor):
            batch = ops.convert_to_tensor(batch, name="shape", dtype=dtypes.int32)
            diagonal = array_ops.concat((batch, [size]), axis=0)
        else:
            diagonal = list(batch) + [size]
        ones = array_ops.ones(diagonal, dtype=dtype)
        if square:
            return array_ops.matrix_diag(ones)
        if symbolic or isinstance(batch, ops.Tensor):
            whole = array_ops.concat((batch, [num_rows, columns]), axis=0)
        else:
            whole = list(batch) + [num_rows, columns]
        return array_ops.matrix_set_diag(array_ops.zeros(whole, dtype=dtype), ones)


def matrix_solve_ls(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """The x that makes ‖A·x − rhs‖² + l2_regularizer·‖x‖² least; where there are many (and no regularizer), the least
    one.
    """
    matrix, rhs = ops.convert_to_tensor(matrix, name="matrix"), ops.convert_to_tensor(rhs, name="rhs")
    sizes = matrix.shape.as_list()[-2:] if matrix.shape.ndims is not None else [None, None]
    if not fast or None in sizes:
        return raw_ops.MatrixSolveLs(matrix=matrix, rhs=rhs, l2_regularizer=l2_regularizer, fast=fast, name=name)
    with ops.name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        # The normal equations, which have gradients.
        tall = sizes[0] >= sizes[1]
        gram = math_ops.matmul(matrix, matrix, adjoint_a=tall, adjoint_b=not tall)
        if not (isinstance(l2_regularizer, (int, float)) and l2_regularizer == 0):
            gram += ops.convert_to_tensor(l2_regularizer, matrix.dtype.base_dtype) * eye(
                min(sizes), batch_shape=array_ops.shape(matrix)[:-2], dtype=matrix.dtype)
        factor = cholesky(gram)
        if tall:
            return cholesky_solve(factor, math_ops.matmul(matrix, rhs, adjoint_a=True))
        return math_ops.matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None, keep_dims=None):
    """The norm of vectors (one axis, or all elements) or of matrices (two axes).

    Args:
      ord: 'euclidean' ('fro'), 1, 2, np.inf or any p > 0 of vectors; 'euclidean', 1, 2, np.inf of matrices.
    """
    keepdims = bool(deprecation.deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    of_matrix = isinstance(axis, (tuple, list)) and len(axis) == 2
    if isinstance(axis, (tuple, list)):
        axis = tuple(axis)
        if len(axis) not in (1, 2) or (of_matrix and axis[0] == axis[1]):
            raise ValueError(f"'axis' must be None, an integer, or a tuple of 1 or 2 unique integers, got {axis}")
        axis = axis[0] if len(axis) == 1 else axis
    supported = ["euclidean", "fro", 1, 2, np.inf] if of_matrix else ["euclidean", 1, 2, np.inf]
    if ord not in supported and (of_matrix or not (isinstance(ord, (int, float)) and np.isreal(ord) and ord > 0)):
        raise ValueError(
            f"'ord' must be a supported {'matrix' if of_matrix else 'vector'} norm in {supported}, got {ord}"
        )
    with ops.name_scope(name, "norm", [tensor]):
        tensor = ops.convert_to_tensor(tensor)
        if of_matrix and ord in (2, 2.0):
            return _greatest_singular_value(tensor, axis, keepdims)
        if ord in ("fro", "euclidean", 2, 2.0):
            squares = math_ops.reduce_sum(tensor * math_ops.conj(tensor), axis, keepdims=True)
            result = math_ops.sqrt(squares)
            return result if keepdims else array_ops.squeeze(result, axis)
        sizes = math_ops.abs(tensor)
        if ord == 1:
            sum_axis = None if axis is None else axis[0] if of_matrix else axis
            result = math_ops.reduce_sum(sizes, sum_axis, keepdims=True)
            result = math_ops.reduce_max(result, axis[-1], keepdims=True) if of_matrix else result
        elif ord == np.inf:
            if of_matrix:
                sizes = math_ops.reduce_sum(sizes, axis[1], keepdims=True)
            result = math_ops.reduce_max(sizes, axis[0] if of_matrix else axis, keepdims=True)
        else:
            result = math_ops.pow(math_ops.reduce_sum(math_ops.pow(sizes, ord), axis, keepdims=True), 1.0 / ord)
        return result if keepdims else array_ops.squeeze(result, axis)


def _greatest_singular_value(tensor, axis, keepdims):
    ndims = tensor.shape.ndims
    if ndims is None:
        raise ValueError("the norm of order 2 of matrices needs a tensor whose rank is known")
    places = [one + ndims if one < 0 else one for one in axis]
    order = [one for one in range(ndims) if one not in places] + places
    result = math_ops.reduce_max(svd(array_ops.transpose(tensor, order), compute_uv=False), axis=-1)
    for place in sorted(places) if keepdims else []:
        result = array_ops.expand_dims(result, place)
    return result


matrix_square_root = gen_ops.function("MatrixSquareRoot", "The B with B·B = A.")


def matrix_exponential(input, name=None):
    """e^A for each matrix A, by Padé's approximation of order 7 and squaring."""
    with ops.name_scope(name, "matrix_exponential", [input]):
        matrix = ops.convert_to_tensor(input, name="input")
        if matrix.shape.ndims is None or matrix.shape.as_list()[-1] is None:
            raise ValueError("matrix_exponential needs matrices whose size is known")
        size = matrix.shape.as_list()[-1]
        kind = matrix.dtype.real_dtype
        norm1 = math_ops.reduce_max(math_ops.reduce_sum(math_ops.abs(matrix), axis=-2), axis=-1)
        log2 = math_ops.log(math_ops.maximum(norm1, constant_op.constant(1e-30, kind))) / np.log(2.0)
        halvings = math_ops.maximum(math_ops.ceil(log2) + 1, constant_op.constant(0, kind))
        steps = 12
        halvings = math_ops.minimum(halvings, constant_op.constant(steps, kind))
        scale = math_ops.cast(math_ops.pow(constant_op.constant(2.0, kind), -halvings), matrix.dtype)
        a = matrix * scale[..., None, None]
        one = eye(size, dtype=matrix.dtype, batch_shape=array_ops.shape(matrix)[:-2])
        coefficients = [1.0, 1 / 2, 3 / 26, 5 / 312, 5 / 3432, 1 / 11440, 1 / 308880, 1 / 17297280]
        power, even, odd = one, one * coefficients[0], None
        for number, coefficient in enumerate(coefficients[1:], 1):
            power = math_ops.matmul(power, a)
            term = power * coefficient
            if number % 2:
                odd = term if odd is None else odd + term
            else:
                even = even + term
        result = matrix_solve(even - odd, even + odd)
        for step in range(steps):
            more = array_ops.broadcast_to((halvings > step)[..., None, None], array_ops.shape(result))
            result = array_ops.where(more, math_ops.matmul(result, result), result)
        return result
