"""Ragged tensors: ranges, rows, and as other tensors."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    for dtype in (np.int32, np.int64, np.float32, np.float64):
        for splits in (tf.int32, tf.int64):
            name = f"{np.dtype(dtype).name}_{splits.name}"
            starts, limits, deltas = np.array([0, 5, 3, 9], dtype), np.array([3, 9, 3, 1], dtype), np.array([1, 2, 1, -3], dtype)
            family.case(f"range_{name}", {"a": starts, "b": limits, "c": deltas}, lambda a, b, c: list(raw.RaggedRange(
                starts=a, limits=b, deltas=c, Tsplits=splits)))
        name = np.dtype(dtype).name
        one = dtype(1)
        family.case(f"range_one_limit_{name}", {"a": starts, "b": dtype(10)}, lambda a, b: list(raw.RaggedRange(
            starts=a, limits=b, deltas=one)))
        family.case(f"range_scalars_{name}", {"a": dtype(2), "b": dtype(7)}, lambda a, b: list(raw.RaggedRange(
            starts=a, limits=b, deltas=one + one)))
        family.case(f"range_of_nothing_{name}", {"a": np.zeros([0], dtype)}, lambda a: list(raw.RaggedRange(
            starts=a, limits=dtype(7), deltas=one)))
        family.refused(f"range_step_{name}", {"d": np.array(0, dtype)}, lambda d: raw.RaggedRange(
            starts=dtype(2), limits=dtype(7), deltas=d)[1])
    family.case("range_fractions", {"a": np.array([0.1, 1.0], np.float32)}, lambda a: list(raw.RaggedRange(
        starts=a, limits=np.float32(2.0), deltas=np.float32(0.3))))
    family.refused("range_lengths", {"a": np.array([1, 2, 3])}, lambda a: raw.RaggedRange(
        starts=a, limits=np.array([1, 2]), deltas=np.int64(1))[1])

    outer, inner = np.array([0, 2, 2, 3]), np.array([0, 1, 4, 6])
    for kind in (np.float32, np.int32, object):
        values = np.array([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]]).astype(kind)
        flat = values[:, 0]
        if kind is object:
            values, flat = values.astype(str).astype(object), flat.astype(str).astype(object)
        label = np.dtype(kind).name
        for dtype in (np.int32, np.int64):
            splits = inner.astype(dtype)
            name = f"{label}_{np.dtype(dtype).name}"
            for place, index in enumerate(([2, 0, 1], [[0, 2], [1, 1]], 1, [[[0]], [[2]]])):
                index = np.array(index, dtype)
                rank = index.ndim
                family.case(f"gather_{name}_{place}", {"s": splits, "v": values, "i": index}, lambda s, v, i: (
                    lambda y: [*y.output_nested_splits, y.output_dense_values])(raw.RaggedGather(
                        params_nested_splits=[s], params_dense_values=v, indices=i, OUTPUT_RAGGED_RANK=rank)))
            family.case(f"gather_two_{name}", {"o": outer.astype(dtype), "s": splits, "v": flat}, lambda o, s, v: (
                lambda y: [*y.output_nested_splits, y.output_dense_values])(raw.RaggedGather(
                    params_nested_splits=[o, s], params_dense_values=v, indices=[2, 0, 0], OUTPUT_RAGGED_RANK=2)))
            family.case(f"sparse_{name}", {"s": splits, "v": values}, lambda s, v: list(raw.RaggedTensorToSparse(
                rt_nested_splits=[s], rt_dense_values=v)))
            family.case(f"sparse_two_{name}", {"o": outer.astype(dtype), "s": splits, "v": flat}, lambda o, s, v: list(
                raw.RaggedTensorToSparse(rt_nested_splits=[o, s], rt_dense_values=v)))
            filler = "-" if kind is object else np.array(-1, kind)
            for place, shape in enumerate((-1, [-1, -1, -1], [2, -1, -1], [4, 2, 2], [5, 5, -1])):
                shape = np.array(shape, dtype)
                family.case(f"dense_{name}_{place}", {"s": splits, "v": values}, lambda s, v: raw.RaggedTensorToTensor(
                    shape=shape, values=v, default_value=filler, row_partition_tensors=[s], row_partition_types=["ROW_SPLITS"]))
            family.case(f"dense_two_{name}", {"o": outer.astype(dtype), "s": splits, "v": flat},
                        lambda o, s, v: raw.RaggedTensorToTensor(shape=np.array(-1, dtype), values=v, default_value=filler,
                                                                 row_partition_tensors=[o, s],
                                                                 row_partition_types=["ROW_SPLITS", "ROW_SPLITS"]))
            rows = np.array([0, 0, 0, 2, 3, 3], dtype)
            family.case(f"dense_rows_{name}", {"r": rows, "v": values}, lambda r, v: raw.RaggedTensorToTensor(
                shape=np.array([-1, -1, -1], dtype), values=v, default_value=filler,
                row_partition_tensors=[np.array(5, dtype), r], row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"]))
            family.case(f"dense_rows_two_{name}", {"o": np.array([0, 0, 1, 3], dtype), "r": np.array([0, 0, 1, 3, 3, 3], dtype), "v": flat},
                        lambda o, r, v: raw.RaggedTensorToTensor(
                            shape=np.array(-1, dtype), values=v, default_value=filler,
                            row_partition_tensors=[np.array(4, dtype), o, r],
                            row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS", "VALUE_ROWIDS"]))
    family.case("dense_row_as_default", {"s": inner, "v": np.arange(12.0).reshape(6, 2), "d": np.array([-1.0, -2.0])},
                lambda s, v, d: raw.RaggedTensorToTensor(shape=np.array(-1), values=v, default_value=d, row_partition_tensors=[s],
                                                         row_partition_types=["ROW_SPLITS"]))
    family.case("dense_of_nothing", {"s": np.array([0]), "v": np.zeros([0])}, lambda s, v: raw.RaggedTensorToTensor(
        shape=np.array(-1), values=v, default_value=np.float64(0), row_partition_tensors=[s], row_partition_types=["ROW_SPLITS"]))
    family.refused("gather_index", {"i": np.array([3])}, lambda i: raw.RaggedGather(
        params_nested_splits=[inner], params_dense_values=np.arange(6), indices=i, OUTPUT_RAGGED_RANK=1)[1])
    family.refused("sparse_splits", {"s": np.array([0, 3, 2, 6])}, lambda s: raw.RaggedTensorToSparse(
        rt_nested_splits=[s], rt_dense_values=np.arange(6))[0])
    family.refused("sparse_end", {"s": np.array([0, 3, 5])}, lambda s: raw.RaggedTensorToSparse(
        rt_nested_splits=[s], rt_dense_values=np.arange(6))[0])
