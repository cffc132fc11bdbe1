"""Matrices known by what they do: `tf.linalg.LinearOperatorDiag` and its sisters."""

import numpy as np

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, linalg_ops, math_ops


class LinearOperator:
    """A (batch of) matrices; what is known of them makes products, solutions and determinants cheap."""

    def __init__(self, dtype, graph_parents=None, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None,
                 is_square=None, name=None):
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._graph_parents = list(graph_parents or [])
        self._is_non_singular = True if is_positive_definite else is_non_singular
        self._is_self_adjoint = is_self_adjoint
        self._is_positive_definite = is_positive_definite
        self._is_square = is_square
        self._name = name or type(self).__name__

    @property
    def dtype(self):
        return self._dtype

    @property
    def name(self):
        return self._name

    @property
    def graph_parents(self):
        return self._graph_parents

    @property
    def is_non_singular(self):
        return self._is_non_singular

    @property
    def is_self_adjoint(self):
        return self._is_self_adjoint

    @property
    def is_positive_definite(self):
        return self._is_positive_definite

    @property
    def is_square(self):
        if self._is_square is None and self.shape.ndims is not None:
            sizes = self.shape.as_list()[-2:]
            return None if None in sizes else sizes[0] == sizes[1]
        return self._is_square

    @property
    def shape(self):
        return self._dense().shape

    @property
    def batch_shape(self):
        return self.shape[:-2]

    @property
    def tensor_rank(self):
        return self.shape.ndims

    @property
    def domain_dimension(self):
        return self.shape.dims[-1]

    @property
    def range_dimension(self):
        return self.shape.dims[-2]

    def shape_tensor(self, name="shape_tensor"):
        """The shape as a tensor."""
        with ops.name_scope(f"{self._name}/{name}/"):
            return array_ops.shape(self._dense())

    def batch_shape_tensor(self, name="batch_shape_tensor"):
        return self.shape_tensor()[:-2]

    def domain_dimension_tensor(self, name="domain_dimension_tensor"):
        return self.shape_tensor()[-1]

    def range_dimension_tensor(self, name="range_dimension_tensor"):
        return self.shape_tensor()[-2]

    def _dense(self):
        raise NotImplementedError(f"{type(self).__name__} does not say what matrix it is")

    def to_dense(self, name="to_dense"):
        """The matrices written out."""
        return self._dense()

    def matmul(self, x, adjoint=False, adjoint_arg=False, name="matmul"):
        """The products with matrices (or with another operator)."""
        if isinstance(x, LinearOperator):
            return LinearOperatorComposition([self, x])
        with ops.name_scope(name):
            x = ops.convert_to_tensor(x, dtype=self._dtype, name="x")
            return self._matmul(x, adjoint, adjoint_arg)

    __matmul__ = matmul

    def _matmul(self, x, adjoint, adjoint_arg):
        return math_ops.matmul(self._dense(), x, adjoint_a=adjoint, adjoint_b=adjoint_arg)

    def matvec(self, x, adjoint=False, name="matvec"):
        """The products with vectors."""
        x = ops.convert_to_tensor(x, dtype=self._dtype, name="x")
        return array_ops.squeeze(self.matmul(array_ops.expand_dims(x, -1), adjoint=adjoint), -1)

    def solve(self, rhs, adjoint=False, adjoint_arg=False, name="solve"):
        """The x with A·x = rhs."""
        with ops.name_scope(name):
            rhs = ops.convert_to_tensor(rhs, dtype=self._dtype, name="rhs")
            return self._solve(_adjoint(rhs) if adjoint_arg else rhs, adjoint)

    def _solve(self, rhs, adjoint):
        return linalg_ops.matrix_solve(self._dense(), rhs, adjoint=adjoint)

    def solvevec(self, rhs, adjoint=False, name="solve"):
        """The vector x with A·x = rhs."""
        rhs = ops.convert_to_tensor(rhs, dtype=self._dtype, name="rhs")
        return array_ops.squeeze(self.solve(array_ops.expand_dims(rhs, -1), adjoint=adjoint), -1)

    def determinant(self, name="det"):
        """The determinants."""
        return linalg_ops.matrix_determinant(self._dense())

    def log_abs_determinant(self, name="log_abs_det"):
        """The logarithms of the determinants' absolute values."""
        return linalg_ops.log_matrix_determinant(self._dense())[1]

    def diag_part(self, name="diag_part"):
        """The diagonals."""
        return array_ops.matrix_diag_part(self._dense())

    def trace(self, name="trace"):
        """The sums of the diagonals."""
        return math_ops.reduce_sum(self.diag_part(), axis=-1)

    def add_to_tensor(self, x, name="add_to_tensor"):
        """The matrices plus a tensor."""
        return self._dense() + ops.convert_to_tensor(x, dtype=self._dtype)

    def inverse(self, name="inverse"):
        """The inverse, as an operator."""
        return LinearOperatorFullMatrix(linalg_ops.matrix_inverse(self._dense()))

    def adjoint(self, name="adjoint"):
        """The conjugate transpose, as an operator."""
        return LinearOperatorFullMatrix(_adjoint(self._dense()))

    H = property(adjoint)

    def cholesky(self, name="cholesky"):
        """The lower triangular L with L·Lᵀ = A, as an operator."""
        return LinearOperatorLowerTriangular(linalg_ops.cholesky(self._dense()))


def _adjoint(matrix):
    return array_ops.matrix_transpose(matrix, conjugate=True)


class LinearOperatorFullMatrix(LinearOperator):
    """Matrices of which nothing is known."""

    def __init__(self, matrix, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None,
                 name="LinearOperatorFullMatrix"):
        with ops.name_scope(name, values=[matrix]):
            self._matrix = ops.convert_to_tensor(matrix, name="matrix")
        super().__init__(
            self._matrix.dtype, [self._matrix], is_non_singular, is_self_adjoint, is_positive_definite, is_square, name
        )

    def _dense(self):
        return self._matrix

    def _solve(self, rhs, adjoint):
        if self.is_self_adjoint and self.is_positive_definite:
            return linalg_ops.cholesky_solve(linalg_ops.cholesky(self._matrix), rhs)
        return super()._solve(rhs, adjoint)


class LinearOperatorLowerTriangular(LinearOperator):
    """Lower triangular matrices; what is above the diagonal is not looked at."""

    def __init__(self, tril, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None,
                 name="LinearOperatorLowerTriangular"):
        if is_square is False:
            raise ValueError("Only square lower triangular operators supported at this time.")
        with ops.name_scope(name, values=[tril]):
            self._tril = array_ops.matrix_band_part(ops.convert_to_tensor(tril, name="tril"), -1, 0)
        super().__init__(
            self._tril.dtype, [self._tril], is_non_singular, is_self_adjoint, is_positive_definite, True, name
        )

    def _dense(self):
        return self._tril

    def _solve(self, rhs, adjoint):
        return linalg_ops.matrix_triangular_solve(self._tril, rhs, lower=True, adjoint=adjoint)

    def determinant(self, name="det"):
        return math_ops.reduce_prod(self.diag_part(), axis=-1)

    def log_abs_determinant(self, name="log_abs_det"):
        return math_ops.reduce_sum(math_ops.log(math_ops.abs(self.diag_part())), axis=-1)


class LinearOperatorDiag(LinearOperator):
    """Diagonal matrices."""

    def __init__(self, diag, is_non_singular=None, is_self_adjoint=None, is_positive_definite=None, is_square=None,
                 name="LinearOperatorDiag"):
        with ops.name_scope(name, values=[diag]):
            self._diag = ops.convert_to_tensor(diag, name="diag")
        if not self._diag.dtype.is_complex:
            if is_self_adjoint is False:
                raise ValueError("A real diagonal operator is always self adjoint.")
            is_self_adjoint = True
        super().__init__(
            self._diag.dtype, [self._diag], is_non_singular, is_self_adjoint, is_positive_definite, True, name
        )

    @property
    def diag(self):
        return self._diag

    @property
    def shape(self):
        return self._diag.shape.concatenate(self._diag.shape[-1:])

    def _own(self, adjoint):
        return array_ops.expand_dims(math_ops.conj(self._diag) if adjoint else self._diag, -1)

    def _dense(self):
        return array_ops.matrix_diag(self._diag)

    def _matmul(self, x, adjoint, adjoint_arg):
        return self._own(adjoint) * (_adjoint(x) if adjoint_arg else x)

    def _solve(self, rhs, adjoint):
        return rhs / self._own(adjoint)

    def determinant(self, name="det"):
        return math_ops.reduce_prod(self._diag, axis=-1)

    def log_abs_determinant(self, name="log_abs_det"):
        return math_ops.reduce_sum(math_ops.log(math_ops.abs(self._diag)), axis=-1)

    def diag_part(self, name="diag_part"):
        return self._diag

    def inverse(self, name="inverse"):
        return LinearOperatorDiag(1.0 / self._diag)

    def cholesky(self, name="cholesky"):
        return LinearOperatorDiag(math_ops.sqrt(self._diag))


class LinearOperatorScaledIdentity(LinearOperator):
    """Multiples of the identity matrix."""

    def __init__(
        self,
        num_rows,
        multiplier,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=True,
        assert_proper_shapes=False,
        name="LinearOperatorScaledIdentity",
    ):
        with ops.name_scope(name, values=[multiplier, num_rows]):
            self._multiplier = ops.convert_to_tensor(multiplier, name="multiplier")
        self._rows = num_rows
        super().__init__(
            self._multiplier.dtype,
            [self._multiplier],
            is_non_singular,
            is_self_adjoint,
            is_positive_definite,
            True,
            name,
        )

    @property
    def multiplier(self):
        return self._multiplier

    @property
    def shape(self):
        rows = None if isinstance(self._rows, ops.Tensor) else self._rows
        return self._multiplier.shape.concatenate([rows, rows])

    def _own(self, adjoint):
        multiplier = math_ops.conj(self._multiplier) if adjoint else self._multiplier
        return array_ops.expand_dims(array_ops.expand_dims(multiplier, -1), -1)

    def _dense(self):
        return self._own(False) * linalg_ops.eye(self._rows, dtype=self._dtype)

    def _matmul(self, x, adjoint, adjoint_arg):
        return self._own(adjoint) * (_adjoint(x) if adjoint_arg else x)

    def _solve(self, rhs, adjoint):
        return rhs / self._own(adjoint)

    def _count(self):
        return math_ops.cast(self._rows, self._dtype)

    def determinant(self, name="det"):
        return self._multiplier ** self._count()

    def log_abs_determinant(self, name="log_abs_det"):
        return self._count() * math_ops.log(math_ops.abs(self._multiplier))

    def trace(self, name="trace"):
        return self._count() * self._multiplier


class LinearOperatorIdentity(LinearOperatorScaledIdentity):
    """The identity matrix."""

    def __init__(
        self,
        num_rows,
        batch_shape=None,
        dtype=None,
        is_non_singular=True,
        is_self_adjoint=True,
        is_positive_definite=True,
        is_square=True,
        assert_proper_shapes=False,
        name="LinearOperatorIdentity",
    ):
        dtype = dtypes.float32 if dtype is None else dtype
        ones = array_ops.ones([] if batch_shape is None else batch_shape, dtype)
        super().__init__(num_rows, ones, is_non_singular, is_self_adjoint, is_positive_definite, is_square, name=name)


class LinearOperatorZeros(LinearOperator):
    """Matrices of zeros."""

    def __init__(self, num_rows, num_columns=None, batch_shape=None, dtype=None, name="LinearOperatorZeros",
                 **_):
        sizes = [*(batch_shape or []), num_rows, num_rows if num_columns is None else num_columns]
        self._sizes = tensor_shape.TensorShape(sizes)
        super().__init__(
            dtype or dtypes.float32, [], False, sizes[-1] == sizes[-2], False, sizes[-1] == sizes[-2], name
        )

    @property
    def shape(self):
        return self._sizes

    def _dense(self):
        return array_ops.zeros(self._sizes, self._dtype)

    def _solve(self, rhs, adjoint):
        raise NotImplementedError("matrices of zeros have no inverse")


class LinearOperatorComposition(LinearOperator):
    """The product of several operators."""

    def __init__(
        self,
        operators,
        is_non_singular=None,
        is_self_adjoint=None,
        is_positive_definite=None,
        is_square=None,
        name=None,
    ):
        if not operators:
            raise ValueError("Expected a non-empty list of operators.")
        self._operators = list(operators)
        name = name or "_o_".join(one.name for one in self._operators)
        parents = [parent for one in self._operators for parent in one.graph_parents]
        super().__init__(
            self._operators[0].dtype, parents, is_non_singular, is_self_adjoint, is_positive_definite, is_square, name
        )

    @property
    def operators(self):
        return self._operators

    def _dense(self):
        product = self._operators[-1].to_dense()
        for one in reversed(self._operators[:-1]):
            product = one.matmul(product)
        return product

    def _matmul(self, x, adjoint, adjoint_arg):
        x = _adjoint(x) if adjoint_arg else x
        for one in self._operators if adjoint else reversed(self._operators):
            x = one.matmul(x, adjoint=adjoint)
        return x

    def _solve(self, rhs, adjoint):
        for one in reversed(self._operators) if adjoint else self._operators:
            rhs = one.solve(rhs, adjoint=adjoint)
        return rhs

    def determinant(self, name="det"):
        return np.prod([one.determinant() for one in self._operators])

    def log_abs_determinant(self, name="log_abs_det"):
        return math_ops.add_n([one.log_abs_determinant() for one in self._operators])
