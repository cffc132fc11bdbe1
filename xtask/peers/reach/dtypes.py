"""Types that are rarer: complex numbers in optimizers, sparse tensors and factorizations; narrow indices; strings; bytes."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def numbers(seed, *shape, dtype=np.complex128):
    draw = np.random.RandomState(seed)
    z = draw.uniform(-1.0, 1.0, shape) + 1j * draw.uniform(-1.0, 1.0, shape)
    return z.astype(dtype) if np.dtype(dtype).kind == "c" else z.real.astype(dtype)


def parts(z):
    return [tf.math.real(z), tf.math.imag(z)]


def record(family):
    narrow_indices(family)
    strings(family)
    for dtype in (np.complex64, np.complex128):
        optimizers(family, dtype)
        sparse(family, dtype)
        factors(family, dtype)
    family.case("half_inverse", {"x": np.array([[2.0, 1.0], [0.5, -1.0]], np.float16)}, lambda x: raw.MatrixInverse(input=x))
    family.case("half_triangular_factor", {"x": np.array([[2.0, 1.0], [0.5, -1.0], [1.0, 3.0]], np.float16)},
                lambda x: list(raw.Qr(input=x)), tolerance=5.0)
    family.case("half_range", {"limit": np.float16(3.1)}, lambda limit: [
        raw.Range(start=np.float16(-1.5), limit=limit, delta=np.float16(0.7)),
        raw.Range(start=tf.cast(1.0, tf.bfloat16), limit=tf.cast(limit, tf.bfloat16), delta=tf.cast(0.25, tf.bfloat16))])
    integers = np.random.RandomState(3)
    for a, b, out in ((np.int8, np.uint8, tf.int32), (np.uint8, np.int8, tf.int32), (np.int8, np.int8, tf.int32),
                      (np.float32, np.float32, tf.float32)):
        family.case(f"product_{np.dtype(a).name}_{np.dtype(b).name}",
                    {"x": integers.randint(0, 100, [2, 3, 4]).astype(a), "y": integers.randint(0, 100, [4, 2]).astype(b)},
                    lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=out))
    family.case("product_transposed", {"x": numbers(1, 2, 4, 3, dtype=np.float64), "y": numbers(2, 2, 2, 4, dtype=np.float64)},
                lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=tf.float64, adj_x=True, adj_y=True), wrt=["x", "y"])
    family.case("added_truth", {"x": np.array([True, False, False]), "y": np.array([False, True])},
                lambda x, y: raw.ScatterNdNonAliasingAdd(input=x, indices=np.array([[0], [2]]), updates=y))
    logits = np.random.RandomState(5).uniform(-2.0, 2.0, [5, 2, 4])
    family.case("ctc_float64", {"x": logits}, lambda x: list(raw.CTCLoss(
        inputs=x, labels_indices=np.array([[0, 0], [0, 1], [1, 0]], np.int64), labels_values=np.array([1, 2, 0], np.int32),
        sequence_length=np.array([5, 4], np.int32))))


def narrow_indices(family):
    short, byte = np.int16, np.int8
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    family.case("gather_int16", {"x": x, "i": np.array([2, 0, 2], short)}, lambda x, i: raw.GatherV2(params=x, indices=i, axis=0))
    family.case("gather_columns_int16", {"x": x, "i": np.array([[2], [0]], short)},
                lambda x, i: raw.GatherV2(params=x, indices=i, axis=np.int64(1)))
    family.case("gather_nd_int16", {"x": x, "i": np.array([[2, 1], [0, 2]], short)}, lambda x, i: raw.GatherNd(params=x, indices=i))
    family.case("segment_sum_int16", {"x": x, "i": np.array([1, 0, 1, 3], short)},
                lambda x, i: raw.UnsortedSegmentSum(data=x, segment_ids=i, num_segments=4))
    family.case("strided_slice_int16", {"x": x}, lambda x: raw.StridedSlice(
        input=x, begin=np.array([1, -1], short), end=np.array([4, -4], short), strides=np.array([2, -1], short)))
    # TensorFlow ends where it knows such lengths before the run.
    family.case("split_int8", {"x": x, "sizes": np.array([1, -1], byte)},
                lambda x, sizes: list(raw.SplitV(value=x, size_splits=sizes, axis=0, num_split=2)))
    family.case("one_hot_int8", {"i": np.array([[1, -1], [3, 0]], byte)},
                lambda i: raw.OneHot(indices=i, depth=4, on_value=2.0, off_value=-1.0))


def strings(family):
    x, y = np.array([["a"], ["b"]], object), np.array(["", "c", "de"], object)
    family.case("strings_added", {"x": x, "y": y}, lambda x, y: raw.Add(x=x, y=y))
    family.case("strings_one_hot", {"i": np.array([2, 0, 5], np.int32)},
                lambda i: raw.OneHot(indices=i, depth=3, on_value=b"on", off_value=b"off", axis=0))
    family.case("strings_scattered", {"u": np.array(["a", "b", "c"], object)}, lambda u: raw.ScatterNd(
        indices=np.array([[1], [0], [1]], np.int32), updates=u, shape=np.array([3], np.int32)))
    family.case("strings_sliced_back", {"dy": np.array(["a", "b"], object)}, lambda dy: raw.StridedSliceGrad(
        shape=np.array([4]), begin=np.array([3]), end=np.array([0]), strides=np.array([-2]), dy=dy))
    family.case("strings_as_they_are", {"x": y}, lambda x: raw.AsString(input=x))


def optimizers(family, dtype):
    name = np.dtype(dtype).name

    def case(label, op, slots, rows=False, **options):
        def build(g):
            handles, setting = [], []
            for i in range(1 + len(slots)):
                handles.append(raw.VarHandleOp(dtype=g.dtype, shape=[3, 2], shared_name=f"v{i}", name=f"v{i}"))
                setting.append(raw.AssignVariableOp(resource=handles[-1], value=numbers(i, 3, 2, dtype=dtype)))
            for _ in range(2):
                with tf.control_dependencies(setting):
                    given = {key: value if isinstance(value, bool) else np.array(value, dtype) for key, value in options.items()}
                    if rows:
                        given["indices"] = np.array([2, 0, 2], np.int32)
                    setting = [op(var=handles[0], grad=g, **dict(zip(slots, handles[1:])), **given)]
            with tf.control_dependencies(setting):
                return [part for handle in handles for part in parts(raw.ReadVariableOp(resource=handle, dtype=g.dtype))]

        family.case(f"{label}_{name}", {"g": numbers(7, 3, 2, dtype=dtype)}, build, tolerance=10.0)

    rms = dict(lr=0.1, rho=0.9, momentum=0.5, epsilon=0.1)
    for nesterov in (False, True):
        momentum = dict(lr=0.1, momentum=0.9, use_nesterov=nesterov)
        case(f"momentum_{nesterov}", raw.ResourceApplyMomentum, ["accum"], **momentum)
        case(f"keras_momentum_{nesterov}", raw.ResourceApplyKerasMomentum, ["accum"], **momentum)
        case(f"momentum_rows_{nesterov}", raw.ResourceSparseApplyMomentum, ["accum"], rows=True, **momentum)
        case(f"keras_momentum_rows_{nesterov}", raw.ResourceSparseApplyKerasMomentum, ["accum"], rows=True, **momentum)
    def descent(var, grad, alpha):
        return raw.ResourceApplyGradientDescent(var=var, alpha=alpha, delta=grad)

    case("gradient_descent", descent, [], alpha=0.1)
    case("adagrad", raw.ResourceApplyAdagrad, ["accum"], lr=0.1)
    case("adagrad_rows", raw.ResourceSparseApplyAdagrad, ["accum"], rows=True, lr=0.1)
    case("adagrad_v2", raw.ResourceApplyAdagradV2, ["accum"], lr=0.1, epsilon=0.1)
    case("adadelta", raw.ResourceApplyAdadelta, ["accum", "accum_update"], lr=0.1, rho=0.9, epsilon=0.1)
    case("adadelta_rows", raw.ResourceSparseApplyAdadelta, ["accum", "accum_update"], rows=True, lr=0.1, rho=0.9, epsilon=0.1)
    case("rms", raw.ResourceApplyRMSProp, ["ms", "mom"], **rms)
    case("rms_rows", raw.ResourceSparseApplyRMSProp, ["ms", "mom"], rows=True, **rms)
    case("centered_rms", raw.ResourceApplyCenteredRMSProp, ["mg", "ms", "mom"], **rms)
    case("adam", raw.ResourceApplyAdam, ["m", "v"], beta1_power=0.9, beta2_power=0.99, lr=0.01, beta1=0.9, beta2=0.99, epsilon=0.1)


def sparse(family, dtype):
    name = np.dtype(dtype).name
    indices, shape = np.array([[0, 1], [1, 0], [1, 2]], np.int64), np.array([2, 3], np.int64)
    v = numbers(1, 3, dtype=dtype)
    family.case(f"sparse_sum_{name}", {"v": v}, lambda v: parts(raw.SparseReduceSum(
        input_indices=indices, input_values=v, input_shape=shape, reduction_axes=[1], keep_dims=True)))
    family.case(f"sparse_sum_sparse_{name}", {"v": v.copy()}, lambda v: parts(raw.SparseReduceSumSparse(
        input_indices=indices, input_values=v, input_shape=shape, reduction_axes=[0]).output_values))
    for adjoint_a in (False, True):
        for adjoint_b in (False, True):
            b = numbers(2, *((2, 2) if adjoint_a else (3, 2)), dtype=dtype)
            family.case(f"sparse_product_{adjoint_a}_{adjoint_b}_{name}", {"v": v.copy(), "b": b.T.copy() if adjoint_b else b},
                        lambda v, b: parts(raw.SparseTensorDenseMatMul(a_indices=indices, a_values=v, a_shape=shape, b=b,
                                                                       adjoint_a=adjoint_a, adjoint_b=adjoint_b)))
    real = np.float32 if dtype == np.complex64 else np.float64
    family.case(f"sparse_and_sparse_{name}", {"v": v.copy()}, lambda v: parts(raw.SparseAdd(
        a_indices=indices, a_values=v, a_shape=shape, b_indices=indices, b_values=-v * [1.0, 0.5, 1.0], b_shape=shape,
        thresh=real(0.1)).sum_values))
    family.case(f"sparse_and_dense_{name}", {"v": v.copy(), "b": numbers(3, 2, 3, dtype=dtype)}, lambda v, b: parts(
        raw.SparseTensorDenseAdd(a_indices=indices, a_values=v, a_shape=shape, b=b)))
    family.case(f"filled_rows_back_{name}", {"v": v.copy()}, lambda v: [part for y in raw.SparseFillEmptyRowsGrad(
        reverse_index_map=np.array([0, 2], np.int64), grad_values=v) for part in parts(y)])


def factors(family, dtype):
    name, wide = np.dtype(dtype).name, 30.0
    x = numbers(4, 2, 4, 3, dtype=dtype)
    for full in (False, True):
        family.case(f"triangular_factor_{full}_{name}", {"x": x.copy()},
                    lambda x: [part for y in raw.Qr(input=x, full_matrices=full) for part in parts(y)], tolerance=wide)
    # Columns may be turned by any angle; what they are multiplied to is one thing.
    family.case(f"singular_{name}", {"x": x.copy()}, lambda x: parts(raw.Svd(input=x).s) + parts(
        raw.BatchMatMulV2(x=raw.Svd(input=x).u, y=raw.Svd(input=x).v, adj_y=True)), tolerance=wide)
    hermitian = numbers(5, 2, 3, 3, dtype=dtype)
    hermitian = (hermitian + np.conj(np.swapaxes(hermitian, -1, -2))).astype(dtype)

    def eigen(x):
        y = raw.SelfAdjointEigV2(input=x)
        return parts(y.e) + parts(raw.BatchMatMulV2(x=y.v * tf.expand_dims(y.e, -2) ** 3, y=y.v, adj_y=True))

    family.case(f"eigen_{name}", {"x": hermitian}, eigen, tolerance=wide)
    family.case(f"eigenvalues_{name}", {"x": hermitian.copy()}, lambda x: parts(raw.SelfAdjointEigV2(input=x, compute_v=False).e),
                tolerance=wide)
    for fast in (False, True):
        family.case(f"least_squares_{fast}_{name}", {"a": x.copy(), "b": numbers(6, 2, 4, 2, dtype=dtype)}, lambda a, b: parts(
            raw.MatrixSolveLs(matrix=a, rhs=b, l2_regularizer=np.float64(0.3), fast=fast)), tolerance=wide)
    square = numbers(8, 2, 3, 3, dtype=dtype)
    for index in (tf.int32, tf.int64):
        family.case(f"lower_upper_{index.name}_{name}", {"x": square.copy()}, lambda x: parts(
            raw.Lu(input=x, output_idx_type=index).lu) + [raw.Lu(input=x, output_idx_type=index).p], tolerance=wide)
