"""What `tf.linalg` has besides `tf`'s own names."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops
from tenseur.python.ops.linalg_ops import (  # noqa: F401
    cholesky, cholesky_solve, eye, log_matrix_determinant, matrix_determinant, matrix_exponential, matrix_inverse, matrix_solve,
    matrix_solve_ls, matrix_triangular_solve, norm, qr, self_adjoint_eig, self_adjoint_eigvals, svd,
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
        inverse = array_ops.where(small, array_ops.zeros_like(s), 1.0 / array_ops.where(small, array_ops.ones_like(s), s))
        return math_ops.matmul(v * array_ops.expand_dims(inverse, -2), u, adjoint_b=True)


def _precision(dtype):
    return float(np.finfo(dtype.as_numpy_dtype).eps)


def tridiagonal_solve(diagonals, rhs, diagonals_format="compact", transpose_rhs=False, conjugate_rhs=False, name=None,
                      partial_pivoting=True):
    """The x with A·x = rhs, where `diagonals` are the three diagonals of A: above, main and below ("compact": as rows of equal
    length), a tuple ("sequence") or the matrix itself ("matrix")."""
    del partial_pivoting
    with ops.name_scope(name, "tridiagonal_solve"):
        if diagonals_format == "matrix":
            matrix = ops.convert_to_tensor(diagonals)
        else:
            parts = diagonals if diagonals_format == "sequence" else array_ops.unstack(ops.convert_to_tensor(diagonals), axis=-2)
            above, main, below = map(ops.convert_to_tensor, parts)
            matrix = array_ops.matrix_diag(main)
            size = main.shape.as_list()[-1]
            if size > 1:
                first = array_ops.matrix_diag(above[..., :size - 1])
                second = array_ops.matrix_diag(below[..., 1:])
                batch = [[0, 0]] * (main.shape.ndims - 1)
                matrix += array_ops.pad(first, [*batch, [0, 1], [1, 0]]) + array_ops.pad(second, [*batch, [1, 0], [0, 1]])
        rhs = ops.convert_to_tensor(rhs, dtype=matrix.dtype)
        rhs = math_ops.conj(rhs) if conjugate_rhs else rhs
        rhs = array_ops.matrix_transpose(rhs) if transpose_rhs else rhs
        vector = rhs.shape.ndims == matrix.shape.ndims - 1
        solved = matrix_solve(matrix, array_ops.expand_dims(rhs, -1) if vector else rhs)
        return array_ops.squeeze(solved, -1) if vector else solved


def tensor_diag(diagonal, name=None):
    """A tensor of twice the rank with `diagonal` on its diagonal."""
    return raw_ops.Diag(diagonal=diagonal, name=name)
