"""The normal distribution."""

import math

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops.distributions import distribution, kullback_leibler, special_math


class Normal(distribution.BatchOf):
    """p(x) = exp(−½ ((x − loc) / scale)²) / √(2π scale²)."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Normal"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[loc, scale]) as scope:
            loc, scale = distribution.together(loc, scale)
            self._loc = array_ops.identity(loc, name="loc")
            self._scale = array_ops.identity(scale, name="scale")
        self._broadcast = (self._loc, self._scale)
        super().__init__(self._scale.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._loc, self._scale], scope)

    @staticmethod
    def _param_shapes(sample_shape):
        return {name: ops.convert_to_tensor(sample_shape, dtype=dtypes.int32) for name in ("loc", "scale")}

    @property
    def loc(self):
        return self._loc

    @property
    def scale(self):
        return self._scale

    def _sample_n(self, n, seed=None):
        sampled = random_ops.random_normal(self._samples_shape(n), 0.0, 1.0, self._loc.dtype.base_dtype, seed)
        return sampled * self._scale + self._loc

    def _z(self, x):
        with ops.name_scope("standardize", values=[x]):
            return (x - self._loc) / self._scale

    def _log_prob(self, x):
        return -0.5 * math_ops.square(self._z(x)) - (0.5 * math.log(2.0 * math.pi) + math_ops.log(self._scale))

    def _log_cdf(self, x):
        return special_math.log_ndtr(self._z(x))

    def _cdf(self, x):
        return special_math.ndtr(self._z(x))

    def _log_survival_function(self, x):
        return special_math.log_ndtr(-self._z(x))

    def _survival_function(self, x):
        return special_math.ndtr(-self._z(x))

    def _quantile(self, p):
        return special_math.ndtri(p) * self._scale + self._loc

    def _entropy(self):
        return self._filled(0.5 * math.log(2.0 * math.pi) + 0.5 + math_ops.log(self._scale))

    def _mean(self):
        return self._filled(self._loc)

    def _stddev(self):
        return self._filled(self._scale)

    _mode = _mean


class NormalWithSoftplusScale(Normal):
    """A normal distribution of scale log(1 + exp(scale))."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="NormalWithSoftplusScale"):
        with ops.name_scope(name, values=[scale]):
            scale = nn_ops.softplus(ops.convert_to_tensor(scale, preferred_dtype=dtypes.float32), name="softplus_scale")
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)


@kullback_leibler.RegisterKL(Normal, Normal)
def _kl_normal_normal(a, b, name=None):
    with ops.name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        ratio = math_ops.square(a.scale / b.scale)
        return math_ops.square(a.loc - b.loc) / (2.0 * math_ops.square(b.scale)) + 0.5 * (ratio - 1.0 - math_ops.log(ratio))
