"""Ops by what they were called in graphs of early versions of TensorFlow."""

import numpy as np
import tensorflow as tf

v1, raw = tf.compat.v1, tf.raw_ops

# The version of graphs that still had them.
EARLY = 8


def record(family):
    draw = np.random.RandomState(3)
    x = draw.uniform(-1.0, 1.0, [2, 3, 3])
    positive, right = x @ x.transpose(0, 2, 1) + 2.0 * np.eye(3), draw.uniform(-1.0, 1.0, [2, 3, 2])
    ops = {
        "Cholesky": ({"x": positive}, lambda x: raw.BatchCholesky(input=x)),
        "CholeskyGrad": ({"x": np.linalg.cholesky(positive), "y": x}, lambda x, y: raw.BatchCholeskyGrad(l=x, grad=y)),
        "MatrixBandPart": ({"x": x}, lambda x: raw.BatchMatrixBandPart(input=x, num_lower=np.int64(0), num_upper=np.int64(1))),
        "MatrixDeterminant": ({"x": positive}, lambda x: raw.BatchMatrixDeterminant(input=x)),
        "MatrixDiag": ({"x": x[0]}, lambda x: raw.BatchMatrixDiag(diagonal=x)),
        "MatrixDiagPart": ({"x": x}, lambda x: raw.BatchMatrixDiagPart(input=x)),
        "MatrixInverse": ({"x": positive}, lambda x: raw.BatchMatrixInverse(input=x)),
        "MatrixSetDiag": ({"x": x, "y": x[:, 0]}, lambda x, y: raw.BatchMatrixSetDiag(input=x, diagonal=y)),
        "MatrixSolve": ({"x": positive, "y": right}, lambda x, y: raw.BatchMatrixSolve(matrix=x, rhs=y, adjoint=True)),
        "MatrixSolveLs": ({"x": positive, "y": right}, lambda x, y: raw.BatchMatrixSolveLs(matrix=x, rhs=y, l2_regularizer=np.float64(0.5))),
        "MatrixTriangularSolve": ({"x": positive, "y": right}, lambda x, y: raw.BatchMatrixTriangularSolve(matrix=x, rhs=y, lower=False)),
        "SelfAdjointEigV2": ({"x": positive}, lambda x: raw.BatchSelfAdjointEigV2(input=x).e),
        "Svd": ({"x": right}, lambda x: raw.BatchSvd(input=x).s),
    }

    def early(build):
        def built(**given):
            graph = v1.GraphDef()
            graph.versions.producer = EARLY
            tf.import_graph_def(graph, name="")
            return build(**given)
        return built

    for name, (feeds, build) in ops.items():
        for dtype in (np.float32, np.float64):
            family.case(f"batch_{name.lower()}_{np.dtype(dtype).name}", {key: value.astype(dtype) for key, value in feeds.items()},
                        early(build), tolerance=20.0)
