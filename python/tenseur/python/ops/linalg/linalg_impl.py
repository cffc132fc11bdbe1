"""What `tf.linalg` has besides `tf`'s own names."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops
from tenseur.python.ops.linalg_ops import (  # noqa: F401
    cholesky,
    cholesky_solve,
    eye,
    log_matrix_determinant,
    matrix_determinant,
    matrix_exponential,
    matrix_inverse,
    matrix_solve,
    matrix_solve_ls,
    matrix_triangular_solve,
    norm,
    qr,
    self_adjoint_eig,
    self_adjoint_eigvals,
    svd,
)

slogdet = log_matrix_determinant


def logdet(matrix, name=None):
    """The logarithm of the determinant of each positive definite matrix, 2 Σ ln L[i, i]."""
    with ops.name_scope(name, "logdet", [matrix]):
        factor = cholesky(matrix)
        return 2.0 * math_ops.reduce_sum(math_ops.log(math_ops.real(array_ops.matrix_diag_part(factor))), axis=[-1])


def adjoint(matrix, name=None):
    """The conjugate transpose of each matrix."""
    with ops.name_scope(name, "adjoint", [matrix]):
        return array_ops.matrix_transpose(ops.convert_to_tensor(matrix, name="matrix"), conjugate=True)


def pinv(a, rcond=None, validate_args=False, name=None):
    """Moore and Penrose's inverse of each matrix; singular values below `rcond` times the greatest are taken for 0."""
    with ops.name_scope(name or "pinv"):
        a = ops.convert_to_tensor(a, name="a")
        sizes = a.shape.as_list()[-2:]
        rcond = 10.0 * max(sizes) * _precision(a.dtype) if rcond is None else rcond
        s, u, v = svd(a, full_matrices=False, compute_uv=True)
        cutoff = rcond * math_ops.reduce_max(s, axis=-1, keepdims=True)
        small = array_ops.broadcast_to(s <= cutoff, array_ops.shape(s))
        inverse = array_ops.where(
            small, array_ops.zeros_like(s), 1.0 / array_ops.where(small, array_ops.ones_like(s), s)
        )
        return math_ops.matmul(v * array_ops.expand_dims(inverse, -2), u, adjoint_b=True)


def _precision(dtype):
    return float(np.finfo(dtype.as_numpy_dtype).eps)


def tridiagonal_solve(diagonals, rhs, diagonals_format="compact", transpose_rhs=False, conjugate_rhs=False, name=None,
                      partial_pivoting=True):
    """The x with A·x = rhs, where `diagonals` are the three diagonals of A: above, main and below ("compact": as rows
    of equal length), a tuple ("sequence") or the matrix itself ("matrix").
    """
    del partial_pivoting
    with ops.name_scope(name, "tridiagonal_solve"):
        if diagonals_format == "matrix":
            matrix = ops.convert_to_tensor(diagonals)
        else:
            parts = (
                diagonals
                if diagonals_format == "sequence"
                else array_ops.unstack(ops.convert_to_tensor(diagonals), axis=-2)
            )
            above, main, below = map(ops.convert_to_tensor, parts)
            matrix = array_ops.matrix_diag(main)
            size = main.shape.as_list()[-1]
            if size > 1:
                first = array_ops.matrix_diag(above[..., :size - 1])
                second = array_ops.matrix_diag(below[..., 1:])
                batch = [[0, 0]] * (main.shape.ndims - 1)
                matrix += array_ops.pad(first, [*batch, [0, 1], [1, 0]]) + array_ops.pad(
                    second, [*batch, [1, 0], [0, 1]]
                )
        rhs = ops.convert_to_tensor(rhs, dtype=matrix.dtype)
        rhs = math_ops.conj(rhs) if conjugate_rhs else rhs
        rhs = array_ops.matrix_transpose(rhs) if transpose_rhs else rhs
        vector = rhs.shape.ndims == matrix.shape.ndims - 1
        solved = matrix_solve(matrix, array_ops.expand_dims(rhs, -1) if vector else rhs)
        return array_ops.squeeze(solved, -1) if vector else solved


def tensor_diag(diagonal, name=None):
    """A tensor of twice the rank with `diagonal` on its diagonal."""
    return raw_ops.Diag(diagonal=diagonal, name=name)


def sqrtm(input, name=None):
    """The B with B·B = A, by Denman and Beavers' iteration."""
    with ops.name_scope(name, "MatrixSquareRoot", [input]):
        y = ops.convert_to_tensor(input, name="input")
        z = eye(y.shape.as_list()[-1], dtype=y.dtype, batch_shape=array_ops.shape(y)[:-2])
        for _ in range(20):
            y, z = (y + matrix_inverse(z)) / 2.0, (z + matrix_inverse(y)) / 2.0
        return y


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """(The tensor divided by its norm, the norm)."""
    with ops.name_scope(name, "normalize", [tensor]):
        tensor = ops.convert_to_tensor(tensor)
        length = norm(tensor, ord, axis, keepdims=True)
        return tensor / length, length


def matrix_rank(a, tol=None, validate_args=False, name=None):
    """How many singular values of each matrix are above `tol`."""
    with ops.name_scope(name or "matrix_rank"):
        a = ops.convert_to_tensor(a, name="a")
        s = svd(a, compute_uv=False)
        if tol is None:
            tol = _precision(a.dtype) * max(a.shape.as_list()[-2:]) * math_ops.reduce_max(s, axis=-1, keepdims=True)
        return math_ops.reduce_sum(math_ops.cast(s > tol, "int32"), axis=-1)


def lu(input, output_idx_type="int32", name=None):
    """(L below the diagonal and U on and above it, the permutation p) with A[p] = L·U, for each matrix A."""
    from tenseur.python.framework import dtypes
    graph = ops.get_default_graph()
    input = ops.convert_to_tensor(input, name="input")
    kind, index_type = input.dtype.base_dtype, dtypes.as_dtype(output_idx_type)
    sizes = input.shape._dims
    attrs = {"T": ("type", kind.as_datatype_enum), "output_idx_type": ("type", index_type.as_datatype_enum)}
    facts = [
        (kind.as_datatype_enum, sizes),
        (index_type.as_datatype_enum, None if sizes is None else tuple(sizes[:-1])),
    ]

    def work(arrays):
        both, order = _lu_of(np.asarray(arrays[0]))
        return [both.astype(kind.as_numpy_dtype), order.astype(index_type.as_numpy_dtype)]

    return tuple(graph.create_op("Lu", [input], name=name or "Lu", attrs=attrs, host=(facts, work)).outputs)


def _lu_of(matrices):
    """Gauss's elimination, with the greatest element of each column as its pivot."""
    size = matrices.shape[-1]
    flat = matrices.reshape(-1, size, size).astype(np.result_type(matrices.dtype, np.float64))
    orders = np.tile(np.arange(size), (len(flat), 1))
    for a, order in zip(flat, orders):
        for k in range(size):
            pivot = k + int(np.argmax(np.abs(a[k:, k])))
            a[[k, pivot]], order[[k, pivot]] = a[[pivot, k]], order[[pivot, k]]
            if a[k, k] == 0:
                raise ValueError("Input is not invertible.")
            a[k + 1:, k] /= a[k, k]
            a[k + 1:, k + 1:] -= np.outer(a[k + 1:, k], a[k, k + 1:])
    return flat.reshape(matrices.shape), orders.reshape(matrices.shape[:-1])
