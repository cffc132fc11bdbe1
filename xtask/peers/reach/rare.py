"""Ops that few programs use: slices of variables that are set, orders of axes, the n-th smallest, places as indices, numbers of
few bits."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    draw = np.random.RandomState(1)
    x = draw.uniform(-2.0, 2.0, [3, 4]).astype(np.float32)
    slices = (("row", dict(begin=[1], end=[2], strides=[1], shrink_axis_mask=1), [4]),
              ("columns", dict(begin=[0, -1], end=[0, 0], strides=[1, -2], end_mask=1), [3, 2]),
              ("corner", dict(begin=[0, 0], end=[2, 3], strides=[1, 1], begin_mask=3), [2, 3]),
              ("last", dict(begin=[0, 0, 3], end=[0, 0, 4], strides=[1, 1, 1], ellipsis_mask=1, new_axis_mask=2), [3, 1, 1]))
    for name, index, shape in slices:
        index = {key: np.array(value, np.int32) if isinstance(value, list) else value for key, value in index.items()}
        value = draw.uniform(-2.0, 2.0, shape).astype(np.float32)
        family.case(f"updated_{name}", {"x": x.copy(), "v": value.copy()},
                    lambda x, v: raw.TensorStridedSliceUpdate(input=x, value=v, **index), wrt=["x", "v"], second=False)

        def of_reference(x, v):
            variable = raw.VariableV2(shape=[3, 4], dtype=tf.float32)
            with tf.control_dependencies([raw.Assign(ref=variable, value=x).op]):
                return tf.identity(raw.StridedSliceAssign(ref=variable, value=v, **index))

        def of_resource(x, v):
            variable = raw.VarHandleOp(shape=[3, 4], dtype=tf.float32, shared_name="w", name="w")
            with tf.control_dependencies([raw.AssignVariableOp(resource=variable, value=x)]):
                change = raw.ResourceStridedSliceAssign(ref=variable, value=v, **index)
            with tf.control_dependencies([change]):
                return raw.ReadVariableOp(resource=variable, dtype=tf.float32)

        family.case(f"assigned_{name}", {"x": x.copy(), "v": value.copy()}, of_reference)
        family.case(f"assigned_resource_{name}", {"x": x.copy(), "v": value.copy()}, of_resource)
    for source, target in (("NHWC", "NCHW"), ("NCHW", "NHWC"), ("NDHWC", "NCDHW")):
        rank = len(source)
        family.case(f"axes_{source}_{target}", {"x": np.arange(-rank, rank, dtype=np.int32).reshape(2, rank)},
                    lambda x: raw.DataFormatDimMap(x=x, src_format=source, dst_format=target))
        for shape in ([rank], [rank, 2], [rank - 2], [rank - 2, 2]):
            label = "x".join(map(str, shape))
            family.case(f"sizes_{source}_{target}_{label}", {"x": draw.randint(0, 99, shape)},
                        lambda x: raw.DataFormatVecPermute(x=x, src_format=source, dst_format=target))
    for dtype in (np.float32, np.float64, np.int32, np.uint8):
        values = draw.randint(0, 5, [2, 3, 6]).astype(dtype)
        for reverse in (False, True):
            family.case(f"nth_{reverse}_{np.dtype(dtype).name}", {"x": values.copy(), "n": np.int32(2)},
                        lambda x, n: raw.NthElement(input=x, n=n, reverse=reverse),
                        wrt=["x"] if dtype == np.float64 else [])
    family.refused("nth_outside", {"x": x.copy(), "n": np.int32(4)}, lambda x, n: raw.NthElement(input=x, n=n))
    family.case("indices", {"i": np.array([22, 0, 7], np.int64)}, lambda i: raw.UnravelIndex(indices=i, dims=np.array([2, 3, 4])))
    family.case("index", {"i": np.int32(22)}, lambda i: raw.UnravelIndex(indices=i, dims=np.array([2, 3, 4], np.int32)))
    family.refused("index_outside", {"i": np.int32(24)}, lambda i: raw.UnravelIndex(indices=i, dims=np.array([2, 3, 4], np.int32)))
    for dtype in (np.float32, np.float64):
        name, numbers = np.dtype(dtype).name, draw.uniform(-3.0, 3.0, [2, 3, 4]).astype(dtype)
        for signed in (True, False):
            for narrow in (True, False):
                for mode in ("HALF_TO_EVEN", "HALF_UP"):
                    family.case(f"few_bits_{signed}_{narrow}_{mode}_{name}", {"x": numbers.copy()}, lambda x: [
                        raw.QuantizeAndDequantizeV2(input=x, input_min=dtype(-2), input_max=dtype(1.5), signed_input=signed,
                                                    num_bits=4, range_given=given, round_mode=mode, narrow_range=narrow)
                        for given in (True, False)])
                family.case(f"few_bits_each_{signed}_{narrow}_{name}", {"x": numbers.copy(), "bits": np.int32(5)}, lambda x, bits: [
                    raw.QuantizeAndDequantizeV3(input=x, input_min=np.full(size, -1, dtype), input_max=np.full(size, 2, dtype),
                                                num_bits=bits, signed_input=signed, narrow_range=narrow, axis=axis)
                    for axis, size in ((0, 2), (1, 3), (2, 4))])
        family.case(f"few_bits_differentiated_{name}", {"x": numbers.copy()}, lambda x: raw.QuantizeAndDequantizeV2(
            input=x, input_min=dtype(-2), input_max=dtype(1.5), range_given=True, num_bits=3), wrt=["x"], alone=True)
        family.case(f"few_bits_clipped_{name}", {"x": numbers.copy()}, lambda x: raw.QuantizeAndDequantizeV4(
            input=x, input_min=dtype(-2), input_max=dtype(1.5), range_given=True, num_bits=3), wrt=["x"], alone=True)
