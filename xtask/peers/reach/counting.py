"""Counts, histograms, intervals, places in sorted rows, running logarithms of sums."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    whole = np.array([[1, 4, 1, 0], [7, 2, 2, 1]], np.int32)
    for dtype in (np.int32, np.int64, np.float32, np.float64):
        name = np.dtype(dtype).name
        weights = np.arange(8).reshape(2, 4).astype(dtype)
        family.case(f"bincount_{name}", {"x": whole, "w": weights}, lambda x, w: [
            raw.Bincount(arr=x, size=5, weights=w), raw.Bincount(arr=x, size=9, weights=tf.zeros([0], w.dtype))])
        for index in (np.int32, np.int64):
            for binary in (False, True):
                family.case(f"dense_bincount_{name}_{np.dtype(index).name}_{binary}",
                            {"x": whole.astype(index), "w": weights}, lambda x, w: [
                    raw.DenseBincount(input=x, size=np.array(5, index), weights=w, binary_output=binary),
                    raw.DenseBincount(input=x[0], size=np.array(3, index), weights=w[1], binary_output=binary),
                    raw.DenseBincount(input=x, size=np.array(4, index), weights=tf.zeros([0], w.dtype), binary_output=binary)])
        values = np.array([-3, 0, 1, 2, 2, 5, 7, 9, 10, 11]).astype(dtype)
        family.case(f"histogram_{name}", {"x": values}, lambda x: [
            raw.HistogramFixedWidth(values=x, value_range=np.array([0, 10], dtype), nbins=bins, dtype=out)
            for bins in (1, 3, 7, 10) for out in (tf.int32, tf.int64)])
        family.case(f"bucketize_{name}", {"x": values.reshape(2, 5)}, lambda x: [
            raw.Bucketize(input=x, boundaries=[0.0, 1.5, 2.0, 10.0]), raw.Bucketize(input=x, boundaries=[])])
    family.case("histogram_edges", {"x": (np.arange(101) / 100).astype(np.float32)}, lambda x: [
        raw.HistogramFixedWidth(values=x, value_range=np.array([0, 1], np.float32), nbins=bins) for bins in (3, 10, 50, 100)])
    family.case("histogram_infinite", {"x": np.array([np.inf, -np.inf, 0.5])}, lambda x: raw.HistogramFixedWidth(
        values=x, value_range=np.array([0.0, 1.0]), nbins=4))
    family.case("bucketize_nan", {"x": np.array([np.nan, np.inf, -np.inf])}, lambda x: raw.Bucketize(
        input=x, boundaries=[0.0, 1.0]))
    family.refused("bincount_negative", {"x": np.array([1, -1], np.int32)}, lambda x: raw.Bincount(
        arr=x, size=3, weights=tf.zeros([0])))
    family.refused("bincount_size", {"n": np.array(-1, np.int32)}, lambda n: raw.Bincount(
        arr=[1], size=n, weights=tf.zeros([0])))
    family.refused("bincount_weights", {"w": np.ones([3])}, lambda w: raw.Bincount(arr=[1, 2], size=3, weights=w))
    family.refused("dense_bincount_negative", {"x": np.array([1, -1], np.int32)}, lambda x: raw.DenseBincount(
        input=x, size=3, weights=tf.zeros([0])))
    family.refused("histogram_range", {"r": np.array([1.0, 1.0])}, lambda r: raw.HistogramFixedWidth(
        values=[1.0, 2.0], value_range=tf.cast(r, tf.float32), nbins=3))
    family.refused("histogram_bins", {"n": np.array(0, np.int32)}, lambda n: raw.HistogramFixedWidth(
        values=[1.0, 2.0], value_range=[0.0, 1.0], nbins=n))
    family.refused("histogram_nan", {"x": np.array([np.nan, 1.0], np.float32)}, lambda x: raw.HistogramFixedWidth(
        values=x, value_range=[0.0, 1.0], nbins=3))

    for dtype in (np.int32, np.int64, np.float32, np.float64, np.uint8, np.int16):
        rows = np.array([[0, 3, 3, 9], [1, 2, 3, 4]]).astype(dtype)
        values = np.array([[3, 9, 0, 10, 4], [4, 5, 1, 0, 2]]).astype(dtype)
        family.case(f"bounds_{np.dtype(dtype).name}", {"s": rows, "v": values}, lambda s, v: [
            op(sorted_inputs=s, values=v, out_type=out) for op in (raw.LowerBound, raw.UpperBound)
            for out in (tf.int32, tf.int64)])
    family.refused("bounds_rows", {"v": np.ones([3, 1])}, lambda v: raw.LowerBound(
        sorted_inputs=np.ones([2, 2]), values=v))

    for dtype in (np.float16, np.float32, np.float64):
        x = np.random.RandomState(3).uniform(-2.0, 2.0, [3, 4]).astype(dtype)
        for axis in (0, 1, -1):
            for exclusive in (False, True):
                for reverse in (False, True):
                    family.case(f"logsumexp_{np.dtype(dtype).name}_{axis}_{exclusive}_{reverse}", {"x": x.copy()},
                                lambda x: raw.CumulativeLogsumexp(x=x, axis=axis, exclusive=exclusive, reverse=reverse),
                                wrt=["x"] if dtype != np.float16 and not exclusive else [], tolerance=5.0)
    family.case("logsumexp_infinite", {"x": np.array([-np.inf, -np.inf, 1.0, np.inf, 2.0])},
                lambda x: raw.CumulativeLogsumexp(x=x, axis=0))
    family.case("inverted_permutation", {"x": np.array([3, 0, 2, 1], np.int32), "y": np.array([1, 0], np.int64)},
                lambda x, y: [raw.InvertPermutation(x=x), raw.InvertPermutation(x=y)])
    for label, wrong in (("twice", [0, 0]), ("outside", [0, 2]), ("negative", [-1, 0])):
        family.refused(f"inverted_{label}", {"x": np.array(wrong, np.int32)}, lambda x: raw.InvertPermutation(x=x))
    for dtype in (np.int32, np.int64, np.float32, np.float64):
        family.case(f"range_{np.dtype(dtype).name}", {"d": np.array(3, dtype)}, lambda d: [
            raw.Range(start=np.array(a, dtype), limit=np.array(b, dtype), delta=d) for a, b in ((0, 10), (0, 9), (5, 5), (-7, 2))])
    for label, (a, b, d) in {"zero": (0, 5, 0), "away": (5, 0, 1), "back": (0, 5, -1)}.items():
        family.refused(f"range_{label}", {"d": np.array(d, np.int32)}, lambda d: raw.Range(start=a, limit=b, delta=d))
    for dtype in (np.float32, np.float64):
        family.case(f"linspace_{np.dtype(dtype).name}", {"a": np.array(0.3, dtype), "b": np.array(1.7, dtype)}, lambda a, b: [
            raw.LinSpace(start=a, stop=b, num=n) for n in (1, 2, 3, 10, 64)])
    for dtype in (np.int32, np.float64, np.uint8):
        family.case(f"difference_{np.dtype(dtype).name}", {"x": np.array([5, 1, 5, 2, 9], dtype), "y": np.array([1, 9], dtype)},
                    lambda x, y: [*raw.ListDiff(x=x, y=y), *raw.ListDiff(x=x, y=y, out_idx=tf.int64)])
