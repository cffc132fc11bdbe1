"""Linear algebra: systems of equations, determinants, eigenvalues."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def matrices(seed, *shape, dtype=np.float64):
    return np.random.RandomState(seed).uniform(-1.0, 1.0, shape).astype(dtype)


def square(seed, *batch, size=3, dtype=np.float64):
    return matrices(seed, *batch, size, size, dtype=dtype) + 2.0 * np.eye(size, dtype=dtype)


def record(family):
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        family.case(f"triangular_broadcast_{name}", {"a": square(1, 2, 1, dtype=dtype), "b": matrices(2, 4, 3, 2, dtype=dtype)},
                    lambda a, b: raw.MatrixTriangularSolve(matrix=a, rhs=b, lower=True, adjoint=False), wrt=["a", "b"],
                    second=True, tolerance=10.0)
        family.case(f"triangular_upper_adjoint_{name}", {"a": square(3, 2, dtype=dtype), "b": matrices(4, 2, 3, 1, dtype=dtype)},
                    lambda a, b: raw.MatrixTriangularSolve(matrix=a, rhs=b, lower=False, adjoint=True), wrt=["a", "b"],
                    second=True, tolerance=10.0)
        family.case(f"log_determinant_{name}", {"a": square(5, 4, dtype=dtype)},
                    lambda a: raw.LogMatrixDeterminant(input=a), wrt=["a"], second=True, tolerance=10.0)
    family.case("triangular_empty", {"a": np.zeros([0, 3, 3]), "b": np.zeros([0, 3, 2])},
                lambda a, b: raw.MatrixTriangularSolve(matrix=a, rhs=b))
    family.case("triangular_singular", {"a": np.array([[1.0, 0.0], [1.0, 0.0]]), "b": np.ones([2, 1])},
                   lambda a, b: raw.MatrixTriangularSolve(matrix=a, rhs=b))

    # Of columns whose sign is the factorization's own, functions that do not depend on it.
    def signless(x):
        return x * x + x ** 4

    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        wide = 1.0 if dtype == np.float64 else 20.0
        symmetric = square(6, 2, dtype=dtype)
        symmetric = symmetric + np.swapaxes(symmetric, -1, -2)

        def eigen(a):
            y = raw.SelfAdjointEigV2(input=a)
            return [y.e, signless(y.v)]

        def singular(a):
            y = raw.Svd(input=a)
            return [y.s, signless(y.u), signless(y.v)]

        def triangular(a):
            y = raw.Qr(input=a)
            return [signless(y.q), signless(y.r)]

        family.case(f"eigen_{name}", {"a": symmetric}, eigen, wrt=["a"], tolerance=wide)
        family.case(f"eigenvalues_{name}", {"a": symmetric.copy()}, lambda a: raw.SelfAdjointEigV2(input=a, compute_v=False).e,
                    wrt=["a"], tolerance=wide)
        family.case(f"singular_{name}", {"a": square(7, 2, dtype=dtype)}, singular, wrt=["a"], tolerance=wide)
        family.case(f"singular_tall_{name}", {"a": matrices(8, 3, 2, dtype=dtype)}, singular, wrt=["a"], tolerance=wide)
        family.case(f"singular_wide_{name}", {"a": matrices(8, 2, 3, dtype=dtype)}, singular, wrt=["a"], tolerance=wide)
        family.case(f"singular_values_{name}", {"a": matrices(9, 2, 3, 3, dtype=dtype)},
                    lambda a: raw.Svd(input=a, compute_uv=False).s, wrt=["a"], tolerance=wide)
        family.case(f"triangular_factor_{name}", {"a": matrices(10, 2, 4, 3, dtype=dtype)}, triangular, wrt=["a"], tolerance=wide)
        for label, rows, columns in (("tall", 4, 2), ("wide", 2, 4), ("square", 3, 3)):
            for fast in (True, False):
                for l2 in (0.0, 0.3):
                    family.case(f"least_squares_{label}_{fast}_{l2}_{name}",
                                {"a": matrices(11, 2, rows, columns, dtype=dtype), "b": matrices(12, 2, rows, 2, dtype=dtype)},
                                lambda a, b: raw.MatrixSolveLs(matrix=a, rhs=b, l2_regularizer=np.float64(l2), fast=fast),
                                wrt=["a", "b"] if fast else [], tolerance=10.0 * wide)
    family.refused("least_squares_rows", {"b": np.ones([2, 1])}, lambda b: raw.MatrixSolveLs(
        matrix=np.ones([3, 2]), rhs=b, l2_regularizer=np.float64(1)))
