"""Random numbers that depend on their seed alone: `tf.random.stateless_normal`, …."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import math_ops, random_ops


def stateless_random_uniform(shape, seed, minval=0, maxval=None, dtype=dtypes.float32, name=None):
    """Numbers that are equally likely anywhere in [minval, maxval); `seed` is two integers."""
    dtype = dtypes.as_dtype(dtype)
    if dtype.is_integer and maxval is None:
        raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
    with ops.name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as name:
        shape = random_ops._shape_tensor(shape)
        minval = ops.convert_to_tensor(minval, dtype=dtype, name="min")
        maxval = ops.convert_to_tensor(1 if maxval is None else maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw_ops.StatelessRandomUniformInt(shape=shape, seed=seed, minval=minval, maxval=maxval, name=name)
        drawn = raw_ops.StatelessRandomUniform(shape=shape, seed=seed, dtype=dtype)
        return math_ops.add(drawn * (maxval - minval), minval, name=name)


def stateless_random_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """Numbers of the normal distribution."""
    with ops.name_scope(name, "stateless_random_normal", [shape, seed, mean, stddev]) as name:
        shape = random_ops._shape_tensor(shape)
        mean = ops.convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = ops.convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = raw_ops.StatelessRandomNormal(shape=shape, seed=seed, dtype=dtype)
        return math_ops.add(drawn * stddev, mean, name=name)


def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """Numbers of the normal distribution, none farther than two standard deviations from its mean."""
    with ops.name_scope(name, "stateless_truncated_normal", [shape, seed, mean, stddev]) as name:
        shape = random_ops._shape_tensor(shape)
        mean = ops.convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = ops.convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = raw_ops.StatelessTruncatedNormal(shape=shape, seed=seed, dtype=dtype)
        return math_ops.add(drawn * stddev, mean, name=name)


def stateless_multinomial(logits, num_samples, seed, output_dtype=dtypes.int64, name=None):
    """Classes drawn for each row of logarithms of chances."""
    with ops.name_scope(name, "stateless_multinomial", [logits, seed]):
        logits = ops.convert_to_tensor(logits, name="logits")
        return raw_ops.StatelessMultinomial(
            logits=logits, num_samples=num_samples, seed=seed, output_dtype=output_dtype
        )


def stateless_categorical(logits, num_samples, seed, dtype=dtypes.int64, name=None):
    """As `stateless_multinomial`."""
    return stateless_multinomial(logits, num_samples, seed, dtype, name or "stateless_categorical")
