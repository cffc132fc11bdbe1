"""Initializers: functions from a shape to the tensor that a variable begins with."""

import math

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, math_ops, random_ops


class Initializer:
    """What initializers have in common."""

    def __call__(self, shape, dtype=None, partition_info=None):
        raise NotImplementedError

    def get_config(self):
        """The arguments with which it was made."""
        return {}

    @classmethod
    def from_config(cls, config):
        """An initializer with these arguments."""
        return cls(**config)

    def _config(self, *names):
        config = {name: getattr(self, name) for name in names}
        config["dtype"] = self.dtype.name
        return config

    def _type(self, dtype):
        return self.dtype if dtype is None else dtype


def _floating(dtype):
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    return dtype


def _sizes(shape):
    """A shape as a list of numbers, or the tensor that it is."""
    return shape if isinstance(shape, ops.Tensor) else tensor_shape.TensorShape(shape).as_list()


class Zeros(Initializer):
    """Zeros."""

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return array_ops.zeros(shape, self._type(dtype))

    def get_config(self):
        return self._config()


class Ones(Initializer):
    """Ones."""

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return array_ops.ones(shape, self._type(dtype))

    def get_config(self):
        return self._config()


class Constant(Initializer):
    """One number everywhere, or the values of a list; of too few, the last fills what is left."""

    def __init__(self, value=0, dtype=dtypes.float32, verify_shape=False):
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(self, shape, dtype=None, partition_info=None, verify_shape=None):
        verify_shape = self._verify_shape if verify_shape is None else verify_shape
        return constant_op.constant(self.value, dtype=self._type(dtype), shape=shape, verify_shape=verify_shape)

    def get_config(self):
        return self._config("value")


class RandomUniform(Initializer):
    """Numbers that are equally likely anywhere in [minval, maxval)."""

    def __init__(self, minval=0, maxval=None, seed=None, dtype=dtypes.float32):
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_ops.random_uniform(shape, self.minval, self.maxval, self._type(dtype), seed=self.seed)

    def get_config(self):
        return self._config("minval", "maxval", "seed")


class RandomNormal(Initializer):
    """Numbers of a normal distribution."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_ops.random_normal(shape, self.mean, self.stddev, self._type(dtype), seed=self.seed)

    def get_config(self):
        return self._config("mean", "stddev", "seed")


class TruncatedNormal(Initializer):
    """Numbers of a normal distribution, none farther than two standard deviations from its mean."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return random_ops.truncated_normal(shape, self.mean, self.stddev, self._type(dtype), seed=self.seed)

    def get_config(self):
        return self._config("mean", "stddev", "seed")


class UniformUnitScaling(Initializer):
    """Uniform numbers within ±factor·√(3 / inputs)."""

    def __init__(self, factor=1.0, seed=None, dtype=dtypes.float32):
        self.factor, self.seed = factor, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = max(math.prod(float(size) for size in _sizes(whole)[:-1]), 1.0)
        limit = math.sqrt(3 / inputs) * self.factor
        return random_ops.random_uniform(shape, -limit, limit, self._type(dtype), seed=self.seed)

    def get_config(self):
        return self._config("factor", "seed")


class VarianceScaling(Initializer):
    """Numbers of variance scale / n, where n counts a unit's inputs (`fan_in`), outputs (`fan_out`) or the mean of both
    (`fan_avg`); the distribution is truncated_normal (normal), untruncated_normal or uniform."""

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None,
                 dtype=dtypes.float32):
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in {"fan_in", "fan_out", "fan_avg"}:
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in {"normal", "uniform", "truncated_normal", "untruncated_normal"}:
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = self._type(dtype)
        fan_in, fan_out = _compute_fans(_sizes(shape if partition_info is None else partition_info.full_shape))
        units = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, units)
        if self.distribution in ("normal", "truncated_normal"):
            # The standard deviation of a normal distribution that is cut off at 2 is 0.8796….
            stddev = math.sqrt(variance) / 0.87962566103423978
            return random_ops.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random_ops.random_normal(shape, 0.0, math.sqrt(variance), dtype, seed=self.seed)
        limit = math.sqrt(3.0 * variance)
        return random_ops.random_uniform(shape, -limit, limit, dtype, seed=self.seed)

    def get_config(self):
        return self._config("scale", "mode", "distribution", "seed")


class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, from the QR decomposition of normal numbers."""

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        self.gain, self.seed = gain, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        sizes = _sizes(shape)
        if len(sizes) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(sizes[:-1]), sizes[-1]
        flat = random_ops.random_normal(
            (max(rows, columns), min(rows, columns)), dtype=self._type(dtype), seed=self.seed
        )
        q, r = raw_ops.Qr(input=flat, full_matrices=False)
        # So that the distribution is uniform.
        q *= math_ops.sign(array_ops.diag_part(r))
        if rows < columns:
            q = array_ops.matrix_transpose(q)
        return self.gain * array_ops.reshape(q, sizes)

    def get_config(self):
        return self._config("gain", "seed")


class ConvolutionDeltaOrthogonal(Initializer):
    """A filter that is an orthogonal matrix at its centre and 0 elsewhere."""

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        self.gain, self.seed = gain, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        sizes = _sizes(shape)
        if not 3 <= len(sizes) <= 5:
            raise ValueError("The tensor to initialize must be at least three-dimensional and at most five-dimensional")
        if sizes[-2] > sizes[-1]:
            raise ValueError("In_filters cannot be greater than out_filters.")
        square = random_ops.random_normal([sizes[-1], sizes[-1]], dtype=self._type(dtype), seed=self.seed)
        q, r = raw_ops.Qr(input=square, full_matrices=False)
        q *= math_ops.sign(array_ops.diag_part(r))
        q = self.gain * q[:sizes[-2], :]
        around = [[(size - 1) // 2, size - 1 - (size - 1) // 2] for size in sizes[:-2]] + [[0, 0], [0, 0]]
        return array_ops.pad(array_ops.reshape(q, [1] * (len(sizes) - 2) + [sizes[-2], sizes[-1]]), around)

    def get_config(self):
        return self._config("gain", "seed")


class Identity(Initializer):
    """The identity matrix times `gain`."""

    def __init__(self, gain=1.0, dtype=dtypes.float32):
        self.gain = gain
        self.dtype = _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        from tenseur.python.ops import linalg_ops
        whole = _sizes(shape if partition_info is None else partition_info.full_shape)
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        made = linalg_ops.eye(*whole, dtype=self._type(dtype))
        if partition_info is not None:
            made = array_ops.slice(made, partition_info.var_offset, shape)
        return self.gain * made

    def get_config(self):
        return self._config("gain")


class GlorotUniform(VarianceScaling):
    """Uniform numbers within ±√(6 / (inputs + outputs))."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(scale=1.0, mode="fan_avg", distribution="uniform", seed=seed, dtype=dtype)

    def get_config(self):
        return self._config("seed")


class GlorotNormal(VarianceScaling):
    """Truncated normal numbers of variance 2 / (inputs + outputs)."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(scale=1.0, mode="fan_avg", distribution="truncated_normal", seed=seed, dtype=dtype)

    def get_config(self):
        return self._config("seed")


zeros_initializer = Zeros
ones_initializer = Ones
constant_initializer = Constant
random_uniform_initializer = RandomUniform
random_normal_initializer = RandomNormal
truncated_normal_initializer = TruncatedNormal
uniform_unit_scaling_initializer = UniformUnitScaling
variance_scaling_initializer = VarianceScaling
glorot_uniform_initializer = GlorotUniform
glorot_normal_initializer = GlorotNormal
orthogonal_initializer = Orthogonal
identity_initializer = Identity
convolutional_delta_orthogonal = ConvolutionDeltaOrthogonal


def lecun_normal(seed=None):
    """Truncated normal numbers of variance 1 / inputs."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def lecun_uniform(seed=None):
    """Uniform numbers within ±√(3 / inputs)."""
    return VarianceScaling(scale=1.0, mode="fan_in", distribution="uniform", seed=seed)


def he_normal(seed=None):
    """Truncated normal numbers of variance 2 / inputs."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal", seed=seed)


def he_uniform(seed=None):
    """Uniform numbers within ±√(6 / inputs)."""
    return VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform", seed=seed)


def _compute_fans(shape):
    """How many inputs and outputs a unit has."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


# --- tf.contrib.layers -----------------------------------------------------------------------------------------------


def contrib_xavier_initializer(uniform=True, seed=None, dtype=dtypes.float32):
    """Numbers of variance 2 / (inputs + outputs)."""
    return contrib_variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


def contrib_variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None,
                                         dtype=dtypes.float32):
    """Numbers of variance factor / n, where n counts a unit's inputs, outputs (`FAN_OUT`) or the mean of both
    (`FAN_AVG`).
    """
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")

    def _initializer(shape, dtype=dtype, partition_info=None):
        if not dtypes.as_dtype(dtype).is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        sizes = _sizes(shape)
        field = math.prod(float(size) for size in sizes[:-2])
        fan_in = field * float(sizes[-2] if len(sizes) > 1 else sizes[-1] if sizes else 1)
        fan_out = field * float(sizes[-1] if sizes else 1)
        units = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / units)
            return random_ops.random_uniform(shape, -limit, limit, dtype, seed=seed)
        return random_ops.truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / units), dtype, seed=seed)

    return _initializer
