"""Random numbers: gamma and Poisson, and those by seeds that are inputs."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    alphas = [[0.1, 0.5, 1.0], [1.5, 10.0, 1000.0]]
    for dtype in (np.float16, np.float32, np.float64):
        name = np.dtype(dtype).name
        family.case(f"gamma_{name}", {"a": np.array(alphas, dtype)}, lambda a: [
            raw.RandomGamma(shape=tf.constant(shape, tf.int32), alpha=a, seed=seed, seed2=seed2)
            for shape in ([], [7], [2, 3], [0]) for seed, seed2 in ((1, 2), (-5, 2**40))], runs=3, tolerance=1.0)
    for rate in (np.float32, np.float64, np.int32, np.int64):
        family.case(f"poisson_{np.dtype(rate).name}", {"r": np.array([[1, 4, 9], [12, 60, 2000]], rate)}, lambda r: [
            raw.RandomPoissonV2(shape=tf.constant(shape, tf.int64), rate=r, seed=1, seed2=9, dtype=dtype)
            for shape in ([], [15], [3, 2]) for dtype in (tf.float32, tf.float64, tf.int32, tf.int64)], runs=2, exact=True)
    for dtype in (np.float32, np.float64):
        drawn = np.random.RandomState(2)
        a = drawn.uniform(0.1, 20.0, [40]).astype(dtype)
        family.case(f"gamma_slope_{np.dtype(dtype).name}", {"a": a, "x": drawn.gamma(a).astype(dtype) + dtype(0.01)},
                    lambda a, x: [raw.RandomGammaGrad(alpha=a, sample=x), raw.RandomGammaGrad(alpha=a[:3], sample=x[:5, None])],
                    tolerance=20.0 if dtype == np.float32 else 1e4)
    family.case("gamma_gradient", {"a": np.array([0.3, 2.0, 9.0])}, lambda a: raw.RandomGamma(
        shape=[4], alpha=a, seed=6, seed2=7), wrt=["a"], tolerance=1e4)

    for kind in (np.int32, np.int64):
        for seed in ((0, 0), (1, 2), (-1, 2**31 - 1)) + (((2**40 + 3, -(2**50)),) if kind == np.int64 else ()):
            name = f"{np.dtype(kind).name}_{seed[0]}_{seed[1]}"
            shapes = ([], [5], [3, 7], [0], [1030])
            feeds = {"s": np.array(seed, kind)}
            for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64):
                family.case(f"stateless_uniform_{dtype.name}_{name}", dict(feeds), lambda s: [
                    raw.StatelessRandomUniform(shape=tf.constant(shape, tf.int32), seed=s, dtype=dtype) for shape in shapes],
                    exact=True)
                # bfloat16 is compared as float32.
                wide = 2000.0 if dtype == tf.bfloat16 else 1.0
                family.case(f"stateless_normal_{dtype.name}_{name}", dict(feeds), lambda s: [
                    op(shape=tf.constant(shape, tf.int32), seed=s, dtype=dtype) for shape in shapes
                    for op in (raw.StatelessRandomNormal, raw.StatelessTruncatedNormal)], tolerance=wide)
            family.case(f"stateless_integers_{name}", dict(feeds), lambda s: [
                raw.StatelessRandomUniformInt(shape=tf.constant(shape, tf.int32), seed=s, minval=np.array(low, dtype),
                                              maxval=np.array(high, dtype))
                for shape in shapes[:4] for dtype in (np.int32, np.int64) for low, high in ((0, 10), (-7, 2**30))])
            family.case(f"stateless_full_{name}", dict(feeds), lambda s: [
                tf.bitcast(raw.StatelessRandomUniformFullInt(shape=tf.constant(shape, tf.int32), seed=s, dtype=dtype), to)
                for shape in shapes[:4] for dtype, to in ((tf.int32, tf.int32), (tf.int64, tf.int64), (tf.uint32, tf.int32),
                                                          (tf.uint64, tf.int64))])
            family.case(f"stateless_classes_{name}", dict(feeds), lambda s: [
                raw.StatelessMultinomial(logits=logits, num_samples=9, seed=s, output_dtype=dtype)
                for logits in ([[0.1, 0.2, 0.7]], [[0.0, -1.0, 2.0, 0.5], [3.0, 3.0, -3.0, 0.0]]) for dtype in (tf.int32, tf.int64)])
    family.refused("stateless_seeds", {"s": np.array([1, 2, 3])}, lambda s: raw.StatelessRandomUniform(shape=[2], seed=s))
    family.refused("stateless_bounds", {"m": np.array(0, np.int32)}, lambda m: raw.StatelessRandomUniformInt(
        shape=[2], seed=[1, 2], minval=5, maxval=m))
