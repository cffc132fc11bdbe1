"""Complex numbers: what elementwise ops, reductions, scatters, products and factorizations make of them, and what flows back."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops

PARTS = {"complex64": np.float32, "complex128": np.float64}

UNARY = ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Exp", "Expm1", "Log", "Log1p", "Neg", "Reciprocal",
         "Rsqrt", "Sigmoid", "Sign", "Sin", "Sinh", "Sqrt", "Square", "Tan", "Tanh"]
BINARY = ["AddV2", "Div", "DivNoNan", "Mul", "MulNoNan", "Pow", "RealDiv", "SquaredDifference", "Sub", "Xdivy", "Xlog1py", "Xlogy"]
GRADIENTS = ["ReciprocalGrad", "RsqrtGrad", "SigmoidGrad", "SqrtGrad", "TanhGrad"]


def numbers(seed, *shape, dtype):
    return np.random.RandomState(seed).uniform(-1.0, 1.0, shape).astype(dtype)


def record(family):
    for name, dtype in PARTS.items():
        def case(label, shapes, function, wrt=True, tolerance=10.0, zeros=False, **options):
            """`function` gets a complex tensor for each of `shapes`; with `zeros`, the first has some."""
            feeds = {}
            for number, shape in enumerate(shapes):
                feeds[f"re{number}"] = numbers(2 * number + 1, *shape, dtype=dtype)
                feeds[f"im{number}"] = numbers(2 * number + 2, *shape, dtype=dtype)
            if zeros:
                feeds["re0"].flat[0] = feeds["im0"].flat[0] = 0.0

            def build(**x):
                z = [tf.complex(x[f"re{number}"], x[f"im{number}"]) for number in range(len(shapes))]
                outputs = function(*z)
                outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
                return [part for y in outputs for part in ((tf.math.real(y), tf.math.imag(y)) if y.dtype.is_complex else (y,))]

            family.case(f"{label}_{name}", feeds, build, wrt=list(feeds) if wrt else [], tolerance=tolerance, **options)

        for op in UNARY:
            case(op.lower(), [(2, 3)], lambda z, op=op: getattr(raw, op)(x=z))
        for op in BINARY:
            case(op.lower(), [(2, 3), (3,)], lambda z, w, op=op: getattr(raw, op)(x=z, y=w))
            case(f"{op.lower()}_of_zero", [(3,), (3,)], lambda z, w, op=op: getattr(raw, op)(x=z, y=w), wrt=False, zeros=True)
        for op in GRADIENTS:
            case(op.lower(), [(3,), (3,)], lambda z, w, op=op: getattr(raw, op)(y=z, dy=w))
        case("equal", [(2, 3)], lambda z: [raw.Equal(x=z, y=tf.reverse(z, [1])), raw.NotEqual(x=z, y=z[0])], wrt=False)
        case("select", [(2, 3), (3,)], lambda z, w: [
            raw.SelectV2(condition=[[True], [False]], t=z, e=w), raw.Select(condition=[True, False], x=z, y=z * w),
            raw.Select(condition=True, x=z, y=z * w)])
        for axis in ([0], [1, 0], [-1], []):
            for keep in (False, True):
                label = f"{'_'.join(str(a) for a in axis).replace('-', 'm') or 'none'}_{keep}"
                case(f"sum_{label}", [(2, 3)], lambda z: raw.Sum(input=z, axis=np.array(axis, np.int32), keep_dims=keep))
                case(f"mean_{label}", [(2, 3)], lambda z: raw.Mean(input=z, axis=np.array(axis, np.int32), keep_dims=keep))
                case(f"prod_{label}", [(2, 3)], lambda z: raw.Prod(input=z, axis=np.array(axis, np.int32), keep_dims=keep),
                     wrt=bool(axis))
                case(f"norm_{label}", [(2, 3)], lambda z: raw.EuclideanNorm(input=z, axis=np.array(axis, np.int32),
                                                                            keep_dims=keep))
        case("of_nothing", [(2, 0)], lambda z: [op(input=z, axis=[1]) for op in (raw.Sum, raw.Prod, raw.EuclideanNorm)], wrt=False)
        for exclusive in (False, True):
            for reverse in (False, True):
                for axis in (0, -1):
                    label = f"{exclusive}_{reverse}_{axis}".replace("-", "m")
                    case(f"cumsum_{label}", [(2, 3)], lambda z: raw.Cumsum(x=z, axis=axis, exclusive=exclusive, reverse=reverse))
                    case(f"cumprod_{label}", [(2, 3)], lambda z: raw.Cumprod(x=z, axis=axis, exclusive=exclusive, reverse=reverse))
        ids = np.array([0, 0, 2], np.int32)
        case("segments", [(3, 2)], lambda z: [
            raw.SegmentSum(data=z, segment_ids=ids), raw.SegmentMean(data=z, segment_ids=ids),
            raw.UnsortedSegmentSum(data=z, segment_ids=[2, 0, 2], num_segments=4)])
        case("segment_products", [(3, 2)], lambda z: [
            raw.SegmentProd(data=z, segment_ids=ids), raw.UnsortedSegmentProd(data=z, segment_ids=[2, 0, 2], num_segments=4)],
            wrt=False)
        at = np.array([[1], [0], [1]], np.int32)
        case("scatter", [(3, 2), (4, 2)], lambda z, w: [
            raw.ScatterNd(indices=at, updates=z, shape=[4, 2]), raw.TensorScatterAdd(tensor=w, indices=at, updates=z),
            raw.TensorScatterSub(tensor=w, indices=at, updates=z), raw.TensorScatterUpdate(tensor=w, indices=at[:2], updates=z[:2])])
        for flag in range(4):
            a, b = bool(flag & 1), bool(flag & 2)
            shapes = [(3, 2) if a else (2, 3), (4, 3) if b else (3, 4)]
            case(f"matmul_{a}_{b}", shapes, lambda z, w: raw.MatMul(a=z, b=w, transpose_a=a, transpose_b=b))
            case(f"batch_matmul_{a}_{b}", [(2, 1) + shapes[0], (3,) + shapes[1]],
                 lambda z, w: raw.BatchMatMulV2(x=z, y=w, adj_x=a, adj_y=b))
        case("transposed", [(2, 3)], lambda z: [raw.ConjugateTranspose(x=z, perm=[1, 0]), raw.Transpose(x=z, perm=[1, 0])])
        case("rolled", [(2, 3)], lambda z: raw.Roll(input=z, shift=[1, -1], axis=[1, 0]))

        def regular(z):
            return z + 3.0 * tf.eye(3, dtype=z.dtype)

        def definite(z):
            return tf.matmul(z, z, adjoint_b=True) + tf.eye(3, dtype=z.dtype)

        for adjoint in (False, True):
            case(f"inverse_{adjoint}", [(2, 3, 3)], lambda z: raw.MatrixInverse(input=regular(z), adjoint=adjoint), tolerance=50.0)
            case(f"solve_{adjoint}", [(2, 3, 3), (2, 3, 2)], lambda z, w: raw.MatrixSolve(matrix=regular(z), rhs=w, adjoint=adjoint),
                 tolerance=50.0)
            for lower in (False, True):
                case(f"triangular_{lower}_{adjoint}", [(2, 3, 3), (2, 3, 2)], lambda z, w: raw.MatrixTriangularSolve(
                    matrix=regular(z), rhs=w, lower=lower, adjoint=adjoint), tolerance=50.0)
        case("determinant", [(2, 3, 3)], lambda z: raw.MatrixDeterminant(input=regular(z)), tolerance=50.0)
        case("log_determinant", [(2, 3, 3)], lambda z: list(raw.LogMatrixDeterminant(input=regular(z))), wrt=False, tolerance=50.0)
        case("cholesky", [(2, 3, 3)], lambda z: raw.Cholesky(input=definite(z)), wrt=False, tolerance=50.0)

        case("bias", [(2, 3), (3,)], lambda z, w: raw.BiasAdd(value=z, bias=w))
        case("bias_of_channels_first", [(2, 3, 2, 2), (3,)], lambda z, w: raw.BiasAdd(value=z, bias=w, data_format="NCHW"))
        for label, equation, shapes in (
                ("product", "ab,bc->ac", [(2, 3), (3, 4)]), ("sum", "ab,ab->", [(2, 3), (2, 3)]), ("diagonal", "aab->b", [(3, 3, 2)]),
                ("batch", "...a,ab->...b", [(2, 1, 3), (3, 2)]), ("summed", "abc->b", [(2, 3, 2)]),
                ("outer", "a,b->ba", [(2,), (3,)])):
            case(f"einsum_{label}", shapes, lambda *z: raw.Einsum(inputs=list(z), equation=equation))
        case("mirrored", [(2, 3)], lambda z: raw.MirrorPad(input=z, paddings=[[1, 1], [2, 1]], mode="REFLECT"))
        case("text", [(2, 3)], lambda z: [raw.AsString(input=z), raw.AsString(input=z, precision=2),
                                          raw.AsString(input=z, scientific=True)], wrt=False)
        case("bytes", [(2, 3)], lambda z: raw.Bitcast(input=raw.Bitcast(input=z, type=dtype), type=z.dtype), wrt=False)

        def changed(op, **options):
            def function(z, w):
                v = raw.VariableV2(shape=z.shape, dtype=z.dtype)
                with tf.control_dependencies([raw.Assign(ref=v, value=z)]):
                    return tf.identity(op(ref=v, **{key: value(w) for key, value in options.items()}))
            return function

        rows = {"indices": lambda w: [1, 0, 1], "updates": lambda w: w}
        for op in ("ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv"):
            case(op.lower(), [(3, 2), (3, 2)], changed(getattr(raw, op), **rows), wrt=False)
        case("assign_add", [(3, 2), (3, 2)], changed(raw.AssignAdd, value=lambda w: w), wrt=False)
        case("assign_sub", [(3, 2), (3, 2)], changed(raw.AssignSub, value=lambda w: w), wrt=False)
