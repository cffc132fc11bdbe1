"""Poolings whose windows are of two sizes, and rounding to few bits in its rarer forms."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    random = np.random.RandomState(4)
    for dtype in ("float32", "float64", "int32", "int64"):
        x = (random.uniform(-50.0, 50.0, [2, 13, 10, 3])).astype(dtype)
        for mean in (False, True):
            pool = raw.FractionalAvgPool if mean else raw.FractionalMaxPool
            for pseudo in (False, True):
                for overlapping in (False, True):
                    label = f"{'avg' if mean else 'max'}_{dtype}_{pseudo}_{overlapping}"
                    floating = dtype.startswith("float")
                    family.case(label, {"x": x}, lambda x: list(pool(
                        value=x, pooling_ratio=[1.0, 1.44, 1.73, 1.0], pseudo_random=pseudo, overlapping=overlapping, deterministic=True, seed=3, seed2=8)),
                        runs=1 if floating else 3, wrt=["x"] if floating else ())
    x = random.uniform(-1.0, 1.0, [1, 20, 31, 2]).astype(np.float32)
    for number, ratio in enumerate([1.0, 1.2, 2.0, 2.3, 3.7, 10.0]):
        for pseudo in (False, True):
            family.case(f"ratio_{number}_{pseudo}", {"x": x}, lambda x: list(raw.FractionalMaxPool(
                value=x, pooling_ratio=[1.0, ratio, ratio, 1.0], pseudo_random=pseudo, deterministic=True, seed=-7, seed2=1)), runs=2)
            family.case(f"deterministic_{number}_{pseudo}", {"x": x}, lambda x: list(raw.FractionalAvgPool(
                value=x, pooling_ratio=[1.0, ratio, ratio, 1.0], pseudo_random=pseudo, deterministic=True, seed=2, seed2=5)), runs=3)
    family.refused("refused_seed", {"x": x}, lambda x: raw.FractionalMaxPool(value=x, pooling_ratio=[1.0, 1.5, 1.5, 1.0], seed=1)[0])
    begins = {"rows": np.array([0, 2, 5, 7]), "columns": np.array([0, 3, 4])}
    x = random.randint(-9, 9, [2, 7, 4, 2])
    y = random.randint(-9, 9, [2, 3, 2, 2])
    for dtype in ("float32", "float64", "int32", "int64"):
        for overlapping in (False, True):
            more = int(overlapping)
            pooled = np.stack([np.stack([x[:, a:b + more, c:d + more].max((1, 2)) for c, d in zip([0, 3], [3, 4])], 1)
                               for a, b in zip([0, 2, 5], [2, 5, 7])], 1)
            family.case(f"max_grad_{dtype}_{overlapping}", {"x": x.astype(dtype), "y": pooled.astype(dtype), "dy": y.astype(dtype), **begins},
                        lambda x, y, dy, rows, columns: raw.FractionalMaxPoolGrad(
                            orig_input=x, orig_output=y, out_backprop=dy, row_pooling_sequence=rows, col_pooling_sequence=columns,
                            overlapping=overlapping))
            # Means of integers are rounded by TensorFlow in ways of its own.
            if dtype.startswith("float"):
                family.case(f"avg_grad_{dtype}_{overlapping}", {"dy": y.astype(dtype), **begins},
                            lambda dy, rows, columns: raw.FractionalAvgPoolGrad(
                                orig_input_tensor_shape=np.array([2, 7, 4, 2]), out_backprop=dy, row_pooling_sequence=rows,
                                col_pooling_sequence=columns, overlapping=overlapping))
    family.refused("refused_other_output", {"x": x.astype(np.float32), "dy": y.astype(np.float32) + 0.5, **begins},
                   lambda x, dy, rows, columns: raw.FractionalMaxPoolGrad(orig_input=x, orig_output=dy, out_backprop=dy,
                                                                          row_pooling_sequence=rows, col_pooling_sequence=columns))
    x = np.array([[-2.0, -0.5, 0.0, 0.3], [0.9, 1.0, 1.01, 5.0]], np.float32)
    dy = np.arange(8.0, dtype=np.float32).reshape(2, 4) + 1.0
    family.case("v4_grad", {"dy": dy, "x": x}, lambda dy, x: list(raw.QuantizeAndDequantizeV4Grad(
        gradients=dy, input=x, input_min=-0.5, input_max=1.0, axis=-1)))
    family.case("v4", {"x": x}, lambda x: raw.QuantizeAndDequantizeV4(input=x, input_min=-1.0, input_max=2.0, range_given=True), wrt=["x"])
    for dtype in ("complex64", "complex128"):
        kind = "float32" if dtype == "complex64" else "float64"
        z = random.uniform(-1.0, 1.0, [2, 9]).astype(kind)
        for one in (True, False):
            def clipped(x, y):
                z = tf.complex(x, y)
                low = tf.constant(-0.3 - 0.4j, dtype) if one else z - 0.25
                high = tf.constant(0.5 + 0.2j, dtype) if one else tf.complex(y, x)
                clipped = raw.ClipByValue(t=z, clip_value_min=low, clip_value_max=high)
                return [tf.math.real(clipped), tf.math.imag(clipped)]
            family.case(f"clip_{dtype}_{one}", {"x": z, "y": z[::-1].copy()}, clipped)
    for dtype in ("uint8", "uint16", "uint32", "uint64", "int8", "int16"):
        z = random.permutation(72).reshape(2, 6, 6, 1).astype(dtype)
        greatest = z.reshape(2, 3, 2, 3, 2, 1).max((2, 4))
        family.case(f"max_grad_grad_{dtype}", {"x": z, "y": greatest, "dy": z[::-1].copy()}, lambda x, y, dy: raw.MaxPoolGradGrad(
            orig_input=x, orig_output=y, grad=dy, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1],
            padding="VALID"))
    for label, shape in [("rank", [3, 4, 2])]:
        family.refused(f"refused_{label}", {"x": np.zeros(shape, np.float32)}, lambda x: raw.FractionalMaxPool(
            value=x, pooling_ratio=[1.0, 1.5, 1.5, 1.0])[0])
    family.refused("refused_small", {"x": np.zeros([1, 1, 1, 1], np.float32)}, lambda x: raw.FractionalMaxPool(
        value=x, pooling_ratio=[1.0, 1.5, 1.5, 1.0])[0])
