"""Random numbers: `tf.random_normal`, `tf.random_uniform`, …. With seeds they are TensorFlow's numbers."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, random_seed
from tenseur.python.ops import array_ops, control_flow_ops, math_ops


def _seeds(seed):
    """The attributes of a random op."""
    first, second = random_seed.get_seed(seed)
    return {"seed": first or 0, "seed2": second or 0}


def _shape_tensor(shape):
    # Sizes that were computed from bytes, such as the greatest label and one more, are sizes too.
    numbers = isinstance(shape, (tuple, list)) and all(isinstance(size, (int, np.integer)) for size in shape)
    if numbers:
        return ops.convert_to_tensor(list(map(int, shape)), dtype=dtypes.int32, name="shape")
    return ops.convert_to_tensor(shape, name="shape")


def random_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of the normal distribution with this mean and standard deviation."""
    with ops.name_scope(name, "random_normal", [shape, mean, stddev]) as name:
        shape = _shape_tensor(shape)
        mean = ops.convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = ops.convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = raw_ops.RandomStandardNormal(shape=shape, dtype=dtype, **_seeds(seed))
        return math_ops.add(drawn * stddev, mean, name=name)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """As `random_normal`, of which those farther than two standard deviations from the mean are drawn again."""
    with ops.name_scope(name, "truncated_normal", [shape, mean, stddev]) as name:
        shape = _shape_tensor(shape)
        mean = ops.convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = ops.convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = raw_ops.TruncatedNormal(shape=shape, dtype=dtype, **_seeds(seed))
        return math_ops.add(drawn * stddev, mean, name=name)


def random_uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers that are equally likely anywhere in [minval, maxval); integers need a `maxval`."""
    dtype = dtypes.as_dtype(dtype)
    if dtype not in (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64):
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with ops.name_scope(name, "random_uniform", [shape, minval, maxval]) as name:
        shape = _shape_tensor(shape)
        minval = ops.convert_to_tensor(minval, dtype=dtype, name="min")
        maxval = ops.convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw_ops.RandomUniformInt(shape=shape, minval=minval, maxval=maxval, name=name, **_seeds(seed))
        drawn = raw_ops.RandomUniform(shape=shape, dtype=dtype, **_seeds(seed))
        return math_ops.add(drawn * (maxval - minval), minval, name=name)


def parameterized_truncated_normal(
    shape, means=0.0, stddevs=1.0, minvals=-2.0, maxvals=2.0, dtype=dtypes.float32, seed=None, name=None
):
    """Normal numbers between `minvals` and `maxvals`, through the inverse of the distribution function."""
    with ops.name_scope(name, "parameterized_truncated_normal", [shape, means, stddevs, minvals, maxvals]):
        from tenseur.python.ops import special_math_ops
        below = special_math_ops._normal_cdf((minvals - ops.convert_to_tensor(means, dtype)) / stddevs)
        above = special_math_ops._normal_cdf((maxvals - ops.convert_to_tensor(means, dtype)) / stddevs)
        drawn = below + (above - below) * random_uniform(shape, dtype=dtype, seed=seed)
        return means + stddevs * special_math_ops.ndtri(drawn)


def random_shuffle(value, seed=None, name=None):
    """The rows of a tensor in random order."""
    return raw_ops.RandomShuffle(value=value, name=name, **_seeds(seed))


def random_crop(value, size, seed=None, name=None):
    """A part of this size at a random place."""
    with ops.name_scope(name, "random_crop", [value, size]) as name:
        value = ops.convert_to_tensor(value, name="value")
        size = ops.convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = array_ops.shape(value)
        check = control_flow_ops.Assert(math_ops.reduce_all(shape >= size),
                                        ["Need value.shape >= size, got ", shape, size], summarize=1000)
        shape = control_flow_ops.with_dependencies([check], shape)
        limit = shape - size + 1
        offset = random_uniform(array_ops.shape(shape), dtype=size.dtype, maxval=size.dtype.max, seed=seed) % limit
        return array_ops.slice(value, offset, size, name=name)


def multinomial(logits, num_samples, seed=None, name=None, output_dtype=None):
    """`num_samples` classes for each row of logarithms of chances."""
    with ops.name_scope(name, "multinomial", [logits]):
        return multinomial_categorical_impl(logits, num_samples, output_dtype, seed)


def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """`num_samples` classes for each row of logarithms of chances."""
    with ops.name_scope(name, "categorical", [logits]):
        return multinomial_categorical_impl(logits, num_samples, dtype, seed)


def multinomial_categorical_impl(logits, num_samples, dtype, seed):
    logits = ops.convert_to_tensor(logits, name="logits")
    return raw_ops.Multinomial(
        logits=logits, num_samples=num_samples, output_dtype=dtype or dtypes.int64, **_seeds(seed)
    )


def random_gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of the gamma distribution, `shape` of them for each alpha (and rate beta)."""
    with ops.name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = ops.convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = ops.convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = ops.convert_to_tensor(beta if beta is not None else 1, name="beta", dtype=dtype)
        broadcast = alpha + array_ops.zeros_like(beta)
        drawn = raw_ops.RandomGamma(shape=shape, alpha=broadcast, **_seeds(seed)) / beta
        return math_ops.maximum(np.finfo(alpha.dtype.as_numpy_dtype).tiny, drawn)


def random_poisson(lam, shape, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of the Poisson distribution, `shape` of them for each rate."""
    return random_poisson_v2(shape, lam, dtype, seed, name)


def random_poisson_v2(shape, lam, dtype=dtypes.float32, seed=None, name=None):
    with ops.name_scope(name, "random_poisson", [lam, shape]):
        shape = ops.convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        return raw_ops.RandomPoissonV2(shape=shape, rate=lam, dtype=dtype, **_seeds(seed))
