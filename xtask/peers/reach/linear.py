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
