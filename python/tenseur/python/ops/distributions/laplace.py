"""The Laplace distribution, and others of a location and a scale: Student's t, logistic, Gumbel, Cauchy, half normal."""

import math

import numpy as np

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops.distributions import distribution, kullback_leibler, special_math


class LocationScale(distribution.BatchOf):
    """A distribution of z = (x − loc) / scale; subclasses say `_log_prob_of(z)` and `_samples_of(shape, seed)`."""

    def __init__(self, loc, scale, validate_args, allow_nan_stats, parameters, name):
        with ops.name_scope(name, values=[loc, scale]) as scope:
            loc, scale = distribution.together(loc, scale)
            self._loc = array_ops.identity(loc, name="loc")
            self._scale = array_ops.identity(scale, name="scale")
        self._broadcast = (self._loc, self._scale)
        super().__init__(self._loc.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._loc, self._scale], scope)

    @property
    def loc(self):
        return self._loc

    @property
    def scale(self):
        return self._scale

    def _z(self, x):
        return (x - self._loc) / self._scale

    def _uniform(self, shape, seed, low=None, high=1.0):
        low = np.finfo(self._dtype.as_numpy_dtype).tiny if low is None else low
        return random_ops.random_uniform(shape, minval=low, maxval=high, dtype=self._dtype, seed=seed)

    def _sample_n(self, n, seed=None):
        return self._samples_of(self._samples_shape(n), seed) * self._scale + self._loc

    def _log_prob(self, x):
        return self._log_prob_of(self._z(x)) - math_ops.log(self._scale)

    def _mean(self):
        return self._filled(self._loc)

    _mode = _mean


class Laplace(LocationScale):
    """p(x) = exp(−|x − loc| / scale) / (2 scale)."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Laplace"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _samples_of(self, shape, seed):
        uniform = self._uniform(shape, seed,
                                np.nextafter(self._dtype.as_numpy_dtype(-1.0), self._dtype.as_numpy_dtype(0.0)))
        return -math_ops.sign(uniform) * math_ops.log1p(-math_ops.abs(uniform))

    def _log_prob_of(self, z):
        return -math_ops.abs(z) - math.log(2.0)

    def _log_cdf(self, x):
        return special_math.log_cdf_laplace(self._z(x))

    def _cdf(self, x):
        z = self._z(x)
        return 0.5 + 0.5 * math_ops.sign(z) * (1.0 - math_ops.exp(-math_ops.abs(z)))

    def _log_survival_function(self, x):
        return special_math.log_cdf_laplace(-self._z(x))

    def _entropy(self):
        return self._filled(math.log(2.0) + 1.0 + math_ops.log(self._scale))

    def _stddev(self):
        return self._filled(math.sqrt(2.0) * self._scale)

    def _variance(self):
        return math_ops.square(self._stddev())


class LaplaceWithSoftplusScale(Laplace):
    """A Laplace distribution of scale softplus(scale)."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True,
                 name="LaplaceWithSoftplusScale"):
        super().__init__(loc, nn_ops.softplus(scale), validate_args, allow_nan_stats, name)


class StudentT(LocationScale):
    """p(x) ∝ (1 + z²/df)^(−(df+1)/2)."""

    def __init__(self, df, loc, scale, validate_args=False, allow_nan_stats=True, name="StudentT"):
        parameters = dict(locals())
        df, loc, scale = distribution.together(df, loc, scale)
        super().__init__(loc, scale, validate_args, allow_nan_stats, parameters, name)
        self._df = array_ops.identity(df, name="df")
        self._broadcast = (self._df, self._loc, self._scale)

    @property
    def df(self):
        return self._df

    def _sample_n(self, n, seed=None):
        normal = random_ops.random_normal(self._samples_shape(n), dtype=self._dtype, seed=seed)
        df = self._filled(self._df)
        gamma = random_ops.random_gamma([n], 0.5 * df, beta=0.5, dtype=self._dtype,
                                        seed=distribution.another_seed(seed, "student_t"))
        return normal * math_ops.rsqrt(gamma / df) * self._scale + self._loc

    def _log_prob_of(self, z):
        normalization = (0.5 * math_ops.log(self._df) + 0.5 * math.log(math.pi) + math_ops.lgamma(0.5 * self._df)
                         - math_ops.lgamma(0.5 * (self._df + 1.0)))
        return -0.5 * (self._df + 1.0) * math_ops.log1p(math_ops.square(z) / self._df) - normalization

    def _cdf(self, x):
        z = self._z(x)
        ones = array_ops.ones_like(z)
        tail = 0.5 * math_ops.betainc(0.5 * self._df * ones, 0.5 * ones, self._df / (math_ops.square(z) + self._df))
        return array_ops.where(math_ops.less(z, 0.0), tail, 1.0 - tail)

    def _mode(self):
        return array_ops.identity(self._loc)

    def _variance(self):
        df = self._filled(self._df)
        finite = self._filled(self._df / math_ops.maximum(self._df - 2.0, 1e-30) * math_ops.square(self._scale))
        otherwise = array_ops.where(df > 1.0, array_ops.zeros_like(df) + float("inf"),
                                    array_ops.zeros_like(df) + float("nan"))
        return array_ops.where(df > 2.0, finite, otherwise)

    def _entropy(self):
        half = 0.5 * self._df
        lbeta = math_ops.lgamma(half) + math.lgamma(0.5) - math_ops.lgamma(half + 0.5)
        digammas = math_ops.digamma(half + 0.5) - math_ops.digamma(half)
        return self._filled(math_ops.log(self._scale) + 0.5 * math_ops.log(self._df) + lbeta + 0.5 * (self._df + 1.0) * digammas)


class Logistic(LocationScale):
    """p(x) = exp(−z) / (scale (1 + exp(−z))²)."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Logistic"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _samples_of(self, shape, seed):
        uniform = self._uniform(shape, seed)
        return math_ops.log(uniform) - math_ops.log1p(-uniform)

    def _log_prob_of(self, z):
        return -z - 2.0 * nn_ops.softplus(-z)

    def _cdf(self, x):
        return math_ops.sigmoid(self._z(x))

    def _log_cdf(self, x):
        return -nn_ops.softplus(-self._z(x))

    def _entropy(self):
        return self._filled(2.0 + math_ops.log(self._scale))

    def _stddev(self):
        return self._filled(self._scale * (math.pi / math.sqrt(3.0)))


class Gumbel(LocationScale):
    """p(x) = exp(−z − exp(−z)) / scale."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Gumbel"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _samples_of(self, shape, seed):
        return -math_ops.log(-math_ops.log(self._uniform(shape, seed)))

    def _log_prob_of(self, z):
        return -z - math_ops.exp(-z)

    def _log_cdf(self, x):
        return -math_ops.exp(-self._z(x))

    def _entropy(self):
        return self._filled(1.0 + math_ops.log(self._scale) + float(np.euler_gamma))

    def _mean(self):
        return self._loc + self._scale * float(np.euler_gamma)

    def _mode(self):
        return self._filled(self._loc)

    def _stddev(self):
        return self._filled(self._scale * (math.pi / math.sqrt(6.0)))


class Cauchy(LocationScale):
    """p(x) = 1 / (π scale (1 + z²))."""

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Cauchy"):
        super().__init__(loc, scale, validate_args, allow_nan_stats, dict(locals()), name)

    def _samples_of(self, shape, seed):
        return math_ops.tan(math.pi * (self._uniform(shape, seed, 0.0) - 0.5))

    def _log_prob_of(self, z):
        return -math.log(math.pi) - math_ops.log1p(math_ops.square(z))

    def _cdf(self, x):
        return math_ops.atan(self._z(x)) / math.pi + 0.5

    def _entropy(self):
        return self._filled(math.log(4.0 * math.pi) + math_ops.log(self._scale))

    def _mean(self):
        return self._filled(self._loc) * float("nan")

    def _mode(self):
        return self._filled(self._loc)

    def _stddev(self):
        return self._filled(self._loc) * float("nan")


class HalfNormal(distribution.BatchOf):
    """The distribution of |X|, where X is normal of mean 0."""

    def __init__(self, scale, validate_args=False, allow_nan_stats=True, name="HalfNormal"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[scale]) as scope:
            self._scale = distribution.parameter(scale, "scale")
        self._broadcast = (self._scale,)
        super().__init__(self._scale.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._scale], scope)

    @property
    def scale(self):
        return self._scale

    def _sample_n(self, n, seed=None):
        return math_ops.abs(random_ops.random_normal(self._samples_shape(n), dtype=self._dtype, seed=seed) * self._scale)

    def _prob(self, x):
        positive = math.sqrt(2.0 / math.pi) / self._scale * math_ops.exp(-0.5 * math_ops.square(x / self._scale))
        return positive * math_ops.cast(x >= 0.0, self._dtype)

    def _cdf(self, x):
        return math_ops.erf(math_ops.maximum(x, 0.0) / self._scale / math.sqrt(2.0))

    def _quantile(self, p):
        from tenseur import raw_ops
        return math.sqrt(2.0) * self._scale * raw_ops.Erfinv(x=p)

    def _entropy(self):
        return 0.5 * math_ops.log(math.pi * math_ops.square(self._scale) / 2.0) + 0.5

    def _mean(self):
        return self._scale * math.sqrt(2.0) / math.sqrt(math.pi)

    def _variance(self):
        return math_ops.square(self._scale) * (1.0 - 2.0 / math.pi)

    def _mode(self):
        return array_ops.zeros_like(self._scale)


@kullback_leibler.RegisterKL(Gumbel, Gumbel)
def _kl_gumbel_gumbel(a, b, name=None):
    ratio = a.scale / b.scale
    gamma = float(np.euler_gamma)
    return (math_ops.log(b.scale) - math_ops.log(a.scale) + gamma * (ratio - 1.0)
            + math_ops.expm1((b.loc - a.loc) / b.scale + math_ops.lgamma(ratio + 1.0)) + (a.loc - b.loc) / b.scale)
