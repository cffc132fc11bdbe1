"""Complex numbers and Fourier transforms."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def numbers(seed, *shape, dtype=np.float32):
    return np.random.RandomState(seed).uniform(-1.0, 1.0, shape).astype(dtype)


def apart(*tensors):
    return [part for z in tensors for part in ((tf.math.real(z), tf.math.imag(z)) if z.dtype.is_complex else (z,))]


def record(family):
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        whole = {np.float32: tf.complex64, np.float64: tf.complex128}[dtype]
        x, y = numbers(1, 3, 4, dtype=dtype), numbers(2, 3, 4, dtype=dtype)

        def functions(x, y):
            z, w = tf.complex(x, y), tf.complex(y * 2 + 3, x)
            return apart(z + w, z - w, z * w, z / w, -z, tf.square(z), tf.exp(z), tf.math.conj(z), tf.abs(z), tf.math.angle(z),
                         tf.add_n([z, w, z]), tf.math.reciprocal(z), tf.math.divide_no_nan(z, w), tf.reduce_sum(z * w, 1), tf.reduce_sum(z, [0, 1], keepdims=True), z * w[0],
                         tf.cast(z, tf.complex128), tf.cast(x, whole) * z, raw.Cast(x=z, DstT=x.dtype), raw.Div(x=z, y=w))
        family.case(f"functions_{name}", {"x": x, "y": y}, functions, wrt=["x", "y"], tolerance=20.0)
        family.case(f"product_twice_{name}", {"x": x, "y": y}, lambda x, y: apart(tf.complex(x, y) * tf.complex(y, x)),
                    wrt=["x", "y"], second=True, tolerance=20.0)
        for axes, shape in ((1, (2, 7)), (2, (2, 3, 6)), (3, (2, 3, 4, 6))):
            sfx = {1: "", 2: "2D", 3: "3D"}[axes]
            a, b = numbers(axes, *shape, dtype=dtype), numbers(axes + 10, *shape, dtype=dtype)
            for kind in ("FFT", "IFFT"):
                op = getattr(raw, kind + sfx)
                family.case(f"{kind.lower()}{sfx.lower()}_{name}", {"a": a, "b": b}, lambda a, b: apart(op(input=tf.complex(a, b))),
                            wrt=["a", "b"], tolerance=20.0)
            for even in (0, 1):
                length = [2, 3, 4][3 - axes:] if even else [2, 2, 5][3 - axes:]
                length = np.array(length, np.int32)
                forward, back = getattr(raw, "RFFT" + sfx), getattr(raw, "IRFFT" + sfx)
                family.case(f"rfft{sfx.lower()}_{length[-1]}_{name}", {"a": a}, lambda a: apart(forward(
                    input=a, fft_length=length, Tcomplex=whole)), tolerance=20.0)
                family.case(f"irfft{sfx.lower()}_{length[-1]}_{name}", {"a": a, "b": b}, lambda a, b: back(
                    input=tf.complex(a, b), fft_length=length, Treal=a.dtype), tolerance=20.0)
        for n in (7, 6):
            line = numbers(n, 2, n, dtype=dtype)
            family.case(f"rfft_slope_{n}_{name}", {"a": line}, lambda a: apart(raw.RFFT(
                input=a, fft_length=[n], Tcomplex=whole)), wrt=["a"], second=True, tolerance=20.0)
            half = [numbers(seed, 2, n // 2 + 1, dtype=dtype) for seed in (20, 21)]
            family.case(f"irfft_slope_{n}_{name}", {"a": half[0], "b": half[1]}, lambda a, b: raw.IRFFT(
                input=tf.complex(a, b), fft_length=[n], Treal=a.dtype), wrt=["a", "b"], tolerance=20.0)
    family.case("fft_nothing", {"a": np.zeros([2, 0], np.float32)}, lambda a: apart(raw.FFT(input=tf.complex(a, a))))
    family.case("rfft_nothing", {"a": np.zeros([0, 4], np.float32)}, lambda a: apart(raw.RFFT(input=a, fft_length=[4])))
    family.refused("rfft_too_long", {"a": numbers(1, 2, 4)}, lambda a: apart(raw.RFFT(input=a, fft_length=[5])))
    family.refused("irfft_too_long", {"a": numbers(1, 2, 4)}, lambda a: raw.IRFFT(input=tf.complex(a, a), fft_length=[8]))
    family.refused("fft_of_a_scalar", {"a": np.float32(1)}, lambda a: apart(raw.FFT(input=tf.complex(a, a))))
