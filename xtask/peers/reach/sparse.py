"""Sparse tensors: to and from dense ones, cut, joined, added, multiplied, reduced."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops

LONG = np.int64
INDICES = np.array([[0, 1], [0, 3], [1, 0], [2, 2], [2, 3]], LONG)
SHAPE = np.array([3, 4], LONG)
NUMBERS = [np.float32, np.float64, np.float16, np.int32, np.int64, np.uint8]


def numbers(seed, *shape, dtype=np.float64):
    drawn = np.random.RandomState(seed).uniform(-3.0, 3.0, shape)
    return np.abs(drawn).astype(dtype) if np.dtype(dtype).kind == "u" else drawn.astype(dtype)


def whole(dtype=np.float64):
    return {"i": INDICES, "v": numbers(1, 5, dtype=dtype), "s": SHAPE}


def record(family):
    for dtype in NUMBERS:
        name = np.dtype(dtype).name
        wrt = ["v"] if dtype in (np.float32, np.float64) else []
        family.case(f"to_dense_{name}", whole(dtype) | {"d": np.array(7, dtype)}, lambda i, v, s, d: raw.SparseToDense(
            sparse_indices=i, output_shape=s, sparse_values=v, default_value=d), wrt=[*wrt, "d"] if wrt else [])
        family.case(f"dense_add_{name}", whole(dtype) | {"b": numbers(2, 3, 4, dtype=dtype)},
                    lambda i, v, s, b: raw.SparseTensorDenseAdd(a_indices=i, a_values=v, a_shape=s, b=b),
                    wrt=[*wrt, "b"] if wrt else [])
        for op in ("Add", "Mul", "Div"):
            dense = np.abs(numbers(3, 4, dtype=dtype)) + dtype(1)
            family.case(f"cwise_{op}_row_{name}", whole(dtype) | {"d": dense}, lambda i, v, s, d: getattr(
                raw, f"SparseDenseCwise{op}")(sp_indices=i, sp_values=v, sp_shape=s, dense=d),
                wrt=["v", "d"] if wrt and op != "Add" else [])
        for op in ("SparseReduceSum", "SparseReduceMax"):
            for axes in (0, [1], [-1, 0], []):
                for keep in (False, True):
                    label = f"{op}_{axes}_{keep}_{name}".replace(", ", "_").replace("[", "of").replace("]", "")
                    family.case(label, whole(dtype), lambda i, v, s: getattr(raw, op)(
                        input_indices=i, input_values=v, input_shape=s, reduction_axes=tf.constant(axes, tf.int32),
                        keep_dims=keep), wrt=wrt if op == "SparseReduceSum" else [])
        family.case(f"reduce_sparse_{name}", whole(dtype), lambda i, v, s: [
            *raw.SparseReduceSumSparse(input_indices=i, input_values=v, input_shape=s, reduction_axes=[1]),
            *raw.SparseReduceMaxSparse(input_indices=i, input_values=v, input_shape=s, reduction_axes=[0], keep_dims=True)])
        other = {"j": np.array([[0, 0], [0, 3], [2, 2]], LONG), "w": numbers(4, 3, dtype=dtype)}
        if dtype not in (np.float16, np.uint8):
            family.case(f"add_{name}", whole(dtype) | other | {"t": np.array(1, dtype)}, lambda i, v, s, j, w, t: raw.SparseAdd(
                a_indices=i, a_values=v, a_shape=s, b_indices=j, b_values=w, b_shape=s, thresh=t), wrt=["v", "w"] if wrt else [])
        if dtype != np.float16:
            family.case(f"extremes_{name}", whole(dtype) | other, lambda i, v, s, j, w: [
                *raw.SparseSparseMaximum(a_indices=i, a_values=v, a_shape=s, b_indices=j, b_values=w, b_shape=s),
                *raw.SparseSparseMinimum(a_indices=i, a_values=v, a_shape=s, b_indices=j, b_values=w, b_shape=s)])

    for dtype in (np.float32, np.float64, np.int32):
        name = np.dtype(dtype).name
        for a, b in ((False, False), (True, False), (False, True), (True, True)):
            inner, columns = (3, 2) if a else (4, 2)
            dense = numbers(5, columns, inner, dtype=dtype) if b else numbers(5, inner, columns, dtype=dtype)
            family.case(f"matmul_{a}_{b}_{name}", whole(dtype) | {"b": dense}, lambda i, v, s, **dense:
                        raw.SparseTensorDenseMatMul(a_indices=i, a_values=v, a_shape=s, b=dense["b"], adjoint_a=a, adjoint_b=b),
                        wrt=["v", "b"] if dtype != np.int32 else [], second=dtype != np.int32)
    family.case("matmul_dense", {"a": numbers(6, 3, 2, dtype=np.float32), "b": numbers(7, 4, 3, dtype=np.float32)},
                lambda a, b: raw.SparseMatMul(a=a, b=b, transpose_a=True, transpose_b=True, a_is_sparse=True),
                wrt=["a", "b"])
    family.case("matmul_dense_bfloat16", {"a": numbers(6, 3, 2, dtype=np.float32), "b": numbers(7, 2, 4, dtype=np.float32)},
                lambda a, b: raw.SparseMatMul(a=tf.cast(a, tf.bfloat16), b=b, b_is_sparse=True))

    # Scalars, vectors and repeated indices.
    family.case("to_dense_vector", {"i": np.array([1, 3], np.int32), "v": np.array([2.0, 3.0])}, lambda i, v:
                raw.SparseToDense(sparse_indices=i, output_shape=[5], sparse_values=v, default_value=np.float64(-1)))
    family.case("to_dense_scalar", {"i": np.array(2, LONG), "v": np.array(2.0)}, lambda i, v: raw.SparseToDense(
        sparse_indices=i, output_shape=np.array([4], LONG), sparse_values=v, default_value=0.0))
    family.case("to_dense_last_stays", {"i": np.array([3, 1, 3], LONG), "v": np.array([1, 2, 3])}, lambda i, v:
                raw.SparseToDense(sparse_indices=i, output_shape=np.array([4], LONG), sparse_values=v,
                                  default_value=np.int64(0), validate_indices=False))
    family.case("to_dense_strings", {"i": INDICES, "v": np.array(["a", "b", "c", "d", "é"])}, lambda i, v:
                raw.SparseToDense(sparse_indices=i, output_shape=SHAPE, sparse_values=v, default_value="-"))
    for label, indices in (("unordered", [[1, 0], [0, 1]]), ("repeated", [[0, 1], [0, 1]]), ("outside", [[0, 1], [3, 0]]),
                           ("negative", [[0, -1], [1, 0]])):
        family.refused(f"to_dense_{label}", {"i": np.array(indices, LONG)}, lambda i: raw.SparseToDense(
            sparse_indices=i, output_shape=SHAPE, sparse_values=[1.0, 2.0], default_value=0.0))

    mixed = {"i": np.array([[2, 1], [0, 3], [0, 0], [2, 0]], LONG), "v": np.array([1.0, 2.0, 3.0, 4.0])}
    family.case("reorder", dict(mixed), lambda i, v: raw.SparseReorder(input_indices=i, input_values=v, input_shape=SHAPE),
                wrt=["v"], second=False)
    family.case("reorder_empty", {"i": np.zeros([0, 2], LONG), "v": np.zeros([0])}, lambda i, v:
                raw.SparseReorder(input_indices=i, input_values=v, input_shape=SHAPE))
    for label, shape in (("turned", [4, 3]), ("flat", [-1]), ("three", [2, -1, 2]), ("ones", [1, 12, 1])):
        family.case(f"reshape_{label}", {"i": INDICES}, lambda i: raw.SparseReshape(
            input_indices=i, input_shape=SHAPE, new_shape=np.array(shape, LONG)))
    for label, shape in (("wrong", [5, 3]), ("two_open", [-1, -1]), ("not_divided", [5, -1])):
        family.refused(f"reshape_{label}", {"n": np.array(shape, LONG)}, lambda n: raw.SparseReshape(
            input_indices=INDICES, input_shape=SHAPE, new_shape=n))
    for label, start, size in (("box", [0, 1], [2, 2]), ("over", [1, 2], [5, 5]), ("none", [0, 2], [1, 1]), ("beyond", [7, 0], [2, 2])):
        family.case(f"slice_{label}", whole(), lambda i, v, s: raw.SparseSlice(
            indices=i, values=v, shape=s, start=np.array(start, LONG), size=np.array(size, LONG)), wrt=["v"])
    family.case("slice_strings", {"v": np.array(["a", "b", "c", "d", "e"])}, lambda v: raw.SparseSlice(
        indices=INDICES, values=v, shape=SHAPE, start=np.array([0, 1], LONG), size=np.array([3, 2], LONG)))

    def split(i, v, s, axis, parts):
        got = raw.SparseSplit(split_dim=np.int64(axis), indices=i, values=v, shape=s, num_split=parts)
        return [*got.output_indices, *got.output_values, *got.output_shape]

    for axis, parts in ((0, 2), (1, 3), (1, 4), (1, 1)):
        family.case(f"split_{axis}_{parts}", whole(), lambda i, v, s: split(i, v, s, axis, parts))
    other = {"j": np.array([[0, 0], [2, 1]], LONG), "w": np.array([8.0, 9.0])}
    for axis in (0, 1, -1, -2):
        family.case(f"concat_{axis}", whole() | other, lambda i, v, s, j, w: raw.SparseConcat(
            indices=[i, j, i], values=[v, w, v], shapes=[s, np.array([3, 4], LONG), s], concat_dim=axis))
    family.refused("concat_shapes", whole() | other, lambda i, v, s, j, w: raw.SparseConcat(
        indices=[i, j], values=[v, w], shapes=[s, np.array([3, 5], LONG)], concat_dim=0))
    for dtype in (np.float32, np.float64, np.float16):
        family.case(f"softmax_{np.dtype(dtype).name}", whole(dtype), lambda i, v, s: raw.SparseSoftmax(
            sp_indices=i, sp_values=v, sp_shape=s), wrt=["v"] if dtype == np.float64 else [])
    gaps = {"i": np.array([[1, 0], [3, 2], [3, 0]], LONG), "v": np.array([1.0, 2.0, 3.0]), "d": np.array(9.0)}
    family.case("fill_empty_rows", gaps, lambda i, v, d: raw.SparseFillEmptyRows(
        indices=i, values=v, dense_shape=np.array([5, 3], LONG), default_value=d), wrt=["v", "d"])
    family.case("fill_no_rows", {"i": np.zeros([0, 2], LONG), "v": np.zeros([0])}, lambda i, v: raw.SparseFillEmptyRows(
        indices=i, values=v, dense_shape=np.array([2, 3], LONG), default_value=np.float64(1)))
    family.refused("fill_outside", {"i": np.array([[5, 0]], LONG)}, lambda i: raw.SparseFillEmptyRows(
        indices=i, values=[1.0], dense_shape=SHAPE, default_value=0.0))
    family.refused("matmul_outside", {"i": np.array([[3, 0]], LONG)}, lambda i: raw.SparseTensorDenseMatMul(
        a_indices=i, a_values=[1.0], a_shape=SHAPE, b=np.ones([4, 2], np.float32)))
    family.refused("matmul_sizes", {"b": np.ones([3, 2], np.float32)}, lambda b: raw.SparseTensorDenseMatMul(
        a_indices=INDICES, a_values=np.ones([5], np.float32), a_shape=SHAPE, b=b))
    family.refused("add_shapes", {"s": np.array([3, 5], LONG)}, lambda s: raw.SparseAdd(
        a_indices=INDICES, a_values=np.ones(5), a_shape=SHAPE, b_indices=INDICES, b_values=np.ones(5), b_shape=s,
        thresh=np.float64(0)))
    family.refused("cwise_shape", {"d": np.ones([3])}, lambda d: raw.SparseDenseCwiseMul(
        sp_indices=INDICES, sp_values=np.ones(5), sp_shape=SHAPE, dense=d))

    texts = {"i": np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 1], [1, 0, 2]], LONG),
             "v": np.array(["a", "b", "a", "x", "y", "z"]),
             "j": np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0]], LONG),
             "w": np.array(["b", "a", "b", "x", "z", "q"])}
    for normalize in (False, True):
        for values in (None, np.int64, np.float32):
            feeds = dict(texts)
            if values:
                feeds["v"], feeds["w"] = (np.array([ord(c) for c in feeds[key]], values) for key in ("v", "w"))
            family.case(f"edit_distance_{normalize}_{np.dtype(values).name if values else 'text'}", feeds, lambda i, v, j, w:
                        raw.EditDistance(hypothesis_indices=i, hypothesis_values=v, hypothesis_shape=np.array([2, 2, 3], LONG),
                                         truth_indices=j, truth_values=w, truth_shape=np.array([2, 3, 2], LONG),
                                         normalize=normalize))
