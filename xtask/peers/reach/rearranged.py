"""Rolled and conjugated tensors, shapes that are ensured, sets, and random numbers by keys."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    x = np.arange(24).reshape(2, 3, 4)
    for dtype in (np.float32, np.int64, np.bool_, np.complex64, np.uint8, np.float16):
        family.case(f"roll_{np.dtype(dtype).name}", {"x": x.astype(dtype)}, lambda x: [
            raw.Roll(input=x, shift=shift, axis=axis) for shift, axis in (
                (1, 0), (-2, -1), ([1, 2], [2, 1]), ([5, -7], [-1, -1]), (np.zeros([0], np.int32),) * 2)] if x.dtype != tf.complex64 else [
            part(raw.Roll(input=x, shift=[1], axis=[2])) for part in (tf.math.real, tf.math.imag)])
    family.case("roll_strings", {"x": np.array([["a", "b"], ["c", "d"]])}, lambda x: raw.Roll(input=x, shift=[1, 1], axis=[0, 1]))
    family.case("roll_gradient", {"x": x.astype(np.float64)}, lambda x: raw.Roll(input=x * x, shift=[1, -2], axis=[1, 2]),
                wrt=["x"], second=True)
    family.case("roll_nothing", {"x": np.zeros([2, 0, 3])}, lambda x: raw.Roll(input=x, shift=[1, 1], axis=[0, 1]))
    family.refused("roll_scalar", {"x": np.array(1.0)}, lambda x: raw.Roll(input=x, shift=1, axis=0))
    family.refused("roll_axis", {"x": np.array([1.0])}, lambda x: raw.Roll(input=x, shift=1, axis=1))
    family.case("ensured", {"x": x.astype(np.float64)}, lambda x: raw.EnsureShape(input=x, shape=[2, None, 4]) * x, wrt=["x"],
                second=True)
    family.refused("not_ensured", {"x": np.zeros([2, 3])}, lambda x: raw.EnsureShape(input=x, shape=[None, 4]))

    for dtype in (np.int32, np.int64, np.uint8, np.int8, np.int16, np.uint16):
        one = np.array([[[3, 1, 3], [9, 9, 9]], [[1, 2, 4], [8, 7, 6]]], dtype)
        two = np.array([[[1, 5], [9, 9]], [[4, 1], [2, 3]]], dtype)
        family.case(f"sets_{np.dtype(dtype).name}", {"a": one, "b": two}, lambda a, b: [part for operation in (
            "a-b", "b-a", "intersection", "union") for part in raw.DenseToDenseSetOperation(set1=a, set2=b, set_operation=operation)])
    words = np.array([["b", "a", "b"], ["c", "d", "e"]])
    family.case("sets_strings", {"a": words, "b": np.array([["a", "z"], ["e", "c"]])}, lambda a, b: [part for operation in (
        "a-b", "union") for part in raw.DenseToDenseSetOperation(set1=a, set2=b, set_operation=operation)])
    at = np.array([[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]], np.int64)
    family.case("sets_sparse", {"a": np.array([[1, 2], [3, 4], [5, 6]], np.int64), "v": np.array([2, 7, 6, 6, 8], np.int64)},
                lambda a, v: [part for operation in ("a-b", "b-a", "intersection", "union") for part in (
                    list(raw.DenseToSparseSetOperation(set1=a, set2_indices=at, set2_values=v, set2_shape=[3, 4],
                                                       set_operation=operation))
                    + list(raw.SparseToSparseSetOperation(
                        set1_indices=at[:3], set1_values=v[:3] + 1, set1_shape=[3, 2], set2_indices=at, set2_values=v,
                        set2_shape=[3, 4], set_operation=operation)))]
                + [raw.SetSize(set_indices=at, set_values=v, set_shape=[3, 4])])
    family.refused("sets_rows", {"a": np.zeros([2, 2], np.int32)}, lambda a: raw.DenseToDenseSetOperation(
        set1=a, set2=[[1]], set_operation="union"))

    for seed in ([3, 5], [-1, 2**40]):
        label = "_".join(str(abs(s)) for s in seed)
        family.case(f"by_key_{label}", {"seed": np.array(seed, np.int64)}, lambda seed: [
            *(tf.bitcast(part, tf.int64) for part in raw.StatelessRandomGetKeyCounter(seed=seed)),
            *(tf.random.stateless_uniform([3, 5], seed, dtype=dtype) for dtype in (tf.float16, tf.float32, tf.float64)),
            *(tf.random.stateless_uniform([7], seed, minval=-3, maxval=9, dtype=dtype) for dtype in (tf.int32, tf.int64)),
            tf.random.stateless_uniform([6], seed, minval=None, maxval=None, dtype=tf.int32)])
        family.case(f"normal_by_key_{label}", {"seed": np.array(seed, np.int64)}, lambda seed: [
            draw([4, 3], seed, dtype=dtype) for draw in (tf.random.stateless_normal, tf.random.stateless_truncated_normal)
            for dtype in (tf.float16, tf.float32, tf.float64)])
