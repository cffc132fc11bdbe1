"""Functions of matrices, and matrices of three diagonals."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def numbers(seed, *shape, dtype="float64"):
    random = np.random.RandomState(seed)
    values = random.uniform(-1.0, 1.0, shape)
    if "complex" in dtype:
        values = values + 1j * random.uniform(-1.0, 1.0, shape)
    return values.astype(dtype)


def record(family):
    for dtype in ("float32", "float64", "complex64", "complex128"):
        # Feeds of a case that is differentiated are real.
        real = "complex" not in dtype
        kind = "float32" if dtype == "complex64" else "float64" if dtype == "complex128" else dtype
        wide = 30.0 if kind == "float32" else 100.0

        def whole(x, y=None):
            return x if real else tf.complex(x, x * 0.25 if y is None else y)

        def parts(x):
            return [x] if real else [tf.math.real(x), tf.math.imag(x)]

        for size in (1, 2, 3, 6):
            x = numbers(size, 2, size, size, dtype=kind) + 2.0 * np.eye(size, dtype=kind)
            family.case(f"root_{dtype}_{size}", {"x": x}, lambda x: parts(raw.MatrixSquareRoot(input=whole(x))), wrt=["x"],
                        alone=True, tolerance=wide)
            if not real:
                y = numbers(size + 1, 2, size, size, dtype=kind)
                family.case(f"log_{dtype}_{size}", {"x": x, "y": y}, lambda x, y: parts(raw.MatrixLogarithm(input=whole(x, y))),
                            tolerance=wide)
                family.case(f"log_real_{dtype}_{size}", {"x": x}, lambda x: parts(raw.MatrixLogarithm(
                    input=tf.complex(x, tf.zeros_like(x)))), tolerance=wide)
            elif size > 1:
                family.case(f"expm_{dtype}_{size}", {"x": x}, lambda x: tf.linalg.expm(x), tolerance=wide)
        for label, x in [("negative", [[1, 2], [2, 1]]), ("zero", [[0, 0], [0, 0]]), ("turn", [[0, 1], [-1, 0]]),
                         ("empty", np.zeros([2, 0, 0])), ("none", np.zeros([0, 3, 3])), ("simple_zero", [[0, 1], [0, 4]])]:
            x = np.array(x, kind)
            family.case(f"root_{dtype}_{label}", {"x": x}, lambda x: parts(raw.MatrixSquareRoot(
                input=x if real else tf.complex(x, tf.zeros_like(x)))))
        for label, x in [("negative", [[-2, 1], [0, -3]]), ("empty", np.zeros([2, 0, 0])), ("large", [[1e5, 3], [2, 1e-3]])]:
            if not real:
                x = np.array(x, kind)
                family.case(f"log_{dtype}_{label}", {"x": x}, lambda x: parts(raw.MatrixLogarithm(
                    input=tf.complex(x, tf.zeros_like(x)))), tolerance=wide)

        for size in (1, 2, 3, 7):
            diagonals = numbers(10 + size, 2, 3, size, dtype=kind)
            diagonals[:, 1] *= 2.0
            right = numbers(20 + size, 2, size, 2, dtype=kind)
            for label, options in [("pivots", {}), ("plain", {"partial_pivoting": False}), ("changed", {"perturb_singular": True})]:
                family.case(f"solve_{label}_{dtype}_{size}", {"a": diagonals, "b": right}, lambda a, b: parts(raw.TridiagonalSolve(
                    diagonals=whole(a), rhs=whole(b), **options)), wrt=["a", "b"], alone=True, tolerance=wide)
            a, b, c = (numbers(30 + size + i, 2, 1, size, dtype=kind) for i in range(3))
            family.case(f"product_{dtype}_{size}", {"a": a, "b": b, "c": c, "x": right}, lambda a, b, c, x: parts(
                raw.TridiagonalMatMul(superdiag=whole(a), maindiag=whole(b), subdiag=whole(c), rhs=whole(x))),
                wrt=["a", "b", "c", "x"], second=real, alone=not real, tolerance=wide)
        for label, diagonals in [("zeros", np.zeros([3, 3])), ("singular", np.arange(1.0, 10.0).reshape(3, 3)),
                                 ("zero_first", [[1, 2, 3], [0, 5, 6], [7, 8, 9]])]:
            diagonals, right = np.array(diagonals, kind), np.arange(6.0).reshape(3, 2).astype(kind)
            for way, options in [("pivots", {}), ("plain", {"partial_pivoting": False}), ("changed", {"perturb_singular": True})]:
                family.case(f"solve_{label}_{way}_{dtype}", {"a": diagonals, "b": right}, lambda a, b: parts(raw.TridiagonalSolve(
                    diagonals=whole(a, tf.zeros_like(a)), rhs=whole(b, tf.zeros_like(b)), **options)), tolerance=wide)

    right = np.ones([3, 2], np.float32)
    family.case("solve_empty", {"a": np.zeros([2, 3, 0], np.float32), "b": np.zeros([2, 0, 4], np.float32)},
                lambda a, b: raw.TridiagonalSolve(diagonals=a, rhs=b))
    family.refused("solve_rows", {"a": np.ones([2, 3], np.float32), "b": right}, lambda a, b: raw.TridiagonalSolve(
        diagonals=a, rhs=b))
    family.refused("solve_lengths", {"a": np.ones([3, 4], np.float32), "b": right}, lambda a, b: raw.TridiagonalSolve(
        diagonals=a, rhs=b))
    family.refused("solve_changed_plain", {"a": np.ones([3, 3], np.float32), "b": right}, lambda a, b: raw.TridiagonalSolve(
        diagonals=a, rhs=b, partial_pivoting=False, perturb_singular=True))
    family.refused("product_lengths", {"a": np.ones([1, 4], np.float32), "b": right}, lambda a, b: raw.TridiagonalMatMul(
        superdiag=a, maindiag=a, subdiag=a, rhs=b))
    family.refused("root_flat", {"a": np.ones([2, 3], np.float32)}, lambda a: raw.MatrixSquareRoot(input=a))
