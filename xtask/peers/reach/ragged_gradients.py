"""Gradients of ops on ragged tensors."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    splits, outer = np.array([0, 2, 2, 5, 6]), np.array([0, 1, 3, 4])
    flat = np.array([0.5, -1.0, 2.0, 0.25, 3.0, -0.75])
    for dtype in ("float32", "float64"):
        for label, values in [("flat", flat), ("rows", np.stack([flat, flat * 2.0 + 1.0], 1))]:
            values = values.astype(dtype)
            for place, index in enumerate([[2, 0, 2], [[0, 3], [2, 2]], [1]]):
                family.case(f"gather_{dtype}_{label}_{place}", {"v": values}, lambda v: raw.RaggedGather(
                    params_nested_splits=[splits], params_dense_values=v, indices=index,
                    OUTPUT_RAGGED_RANK=np.ndim(index)).output_dense_values ** 2, wrt=["v"], second=True, alone=False)
            family.case(f"gather_two_{dtype}_{label}", {"v": values}, lambda v: raw.RaggedGather(
                params_nested_splits=[outer, splits], params_dense_values=v, indices=[2, 0, 2],
                OUTPUT_RAGGED_RANK=2).output_dense_values, wrt=["v"])
            family.case(f"sparse_{dtype}_{label}", {"v": values}, lambda v: raw.RaggedTensorToSparse(
                rt_nested_splits=[splits], rt_dense_values=v).sparse_values, wrt=["v"])
            for place, shape in enumerate([-1, [-1, -1], [5, 2], [3, 4]]):
                if label == "rows" and place:
                    shape = shape + [2]
                family.case(f"dense_{dtype}_{label}_{place}", {"v": values, "d": np.array(-9.0, dtype)}, lambda v, d: raw.RaggedTensorToTensor(
                    shape=np.array(shape), values=v, default_value=d, row_partition_tensors=[splits],
                    row_partition_types=["ROW_SPLITS"]), wrt=["v", "d"])
            family.case(f"dense_two_{dtype}_{label}", {"v": values, "d": np.array(-9.0, dtype)}, lambda v, d: raw.RaggedTensorToTensor(
                shape=-1, values=v, default_value=d, row_partition_tensors=[outer, splits],
                row_partition_types=["ROW_SPLITS", "ROW_SPLITS"]), wrt=["v", "d"])
        rows = np.stack([flat, flat * 2.0 + 1.0], 1).astype(dtype)
        family.case(f"dense_default_{dtype}", {"v": rows, "d": np.array([1.0, 2.0], dtype)}, lambda v, d: raw.RaggedTensorToTensor(
            shape=-1, values=v, default_value=d, row_partition_tensors=[splits], row_partition_types=["ROW_SPLITS"]), wrt=["v", "d"])
        family.case(f"dense_by_rows_{dtype}", {"v": rows, "d": np.array(0.5, dtype)}, lambda v, d: raw.RaggedTensorToTensor(
            shape=-1, values=v, default_value=d, row_partition_tensors=[np.int64(4), np.array([0, 0, 2, 2, 2, 3])],
            row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"]), wrt=["v", "d"])
