"""The gamma distribution and its relatives: exponential, inverse gamma, chi squared, Poisson."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops.distributions import distribution, kullback_leibler


class Gamma(distribution.BatchOf):
    """p(x) = x^(α−1) exp(−βx) β^α / Γ(α), α the concentration and β the rate."""

    def __init__(self, concentration, rate, validate_args=False, allow_nan_stats=True, name="Gamma"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[concentration, rate]) as scope:
            concentration, rate = distribution.together(concentration, rate)
            self._concentration = array_ops.identity(concentration, name="concentration")
            self._rate = array_ops.identity(rate, name="rate")
        self._broadcast = (self._concentration, self._rate)
        super().__init__(self._concentration.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
                         parameters, [self._concentration, self._rate], scope)

    @property
    def concentration(self):
        return self._concentration

    @property
    def rate(self):
        return self._rate

    def _sample_n(self, n, seed=None):
        return random_ops.random_gamma(shape=[n], alpha=self._filled(self._concentration),
                                       beta=self._rate, dtype=self._dtype, seed=seed)

    def _log_prob(self, x):
        normalization = math_ops.lgamma(self._concentration) - self._concentration * math_ops.log(self._rate)
        return math_ops.xlogy(self._concentration - 1.0, x) - self._rate * x - normalization

    def _cdf(self, x):
        return math_ops.igamma(self._filled(self._concentration), self._rate * x)

    def _entropy(self):
        return (self._concentration - math_ops.log(self._rate) + math_ops.lgamma(self._concentration)
                + (1.0 - self._concentration) * math_ops.digamma(self._concentration))

    def _mean(self):
        return self._concentration / self._rate

    def _variance(self):
        return self._concentration / math_ops.square(self._rate)

    def _stddev(self):
        return math_ops.sqrt(self._concentration) / self._rate

    def _mode(self):
        mode = (self._concentration - 1.0) / self._rate
        return array_ops.where(self._concentration > 1.0, mode, array_ops.zeros_like(mode) + float("nan"))


class GammaWithSoftplusConcentrationRate(Gamma):
    """A gamma distribution of softplus(concentration) and softplus(rate)."""

    def __init__(self, concentration, rate, validate_args=False, allow_nan_stats=True,
                 name="GammaWithSoftplusConcentrationRate"):
        super().__init__(nn_ops.softplus(concentration), nn_ops.softplus(rate), validate_args, allow_nan_stats, name)


class Exponential(Gamma):
    """p(x) = rate exp(−rate x)."""

    def __init__(self, rate, validate_args=False, allow_nan_stats=True, name="Exponential"):
        rate = ops.convert_to_tensor(rate, name="rate", preferred_dtype="float32")
        super().__init__(array_ops.ones_like(rate), rate, validate_args, allow_nan_stats, name)
        self._parameters = {"rate": rate, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        self._broadcast = (self._rate,)

    def _sample_n(self, n, seed=None):
        # Never 0, of which there is no logarithm.
        smallest = 1.1754943508222875e-38 if self._dtype.size == 4 else 2.2250738585072014e-308
        uniform = random_ops.random_uniform(self._samples_shape(n), minval=smallest, maxval=1.0,
                                            dtype=self._dtype, seed=seed)
        return -math_ops.log(uniform) / self._rate

    def _cdf(self, x):
        return -math_ops.expm1(-self._rate * x)

    def _quantile(self, p):
        return -math_ops.log1p(-p) / self._rate


class Chi2(Gamma):
    """A gamma distribution of concentration df/2 and rate ½."""

    def __init__(self, df, validate_args=False, allow_nan_stats=True, name="Chi2"):
        self._df = ops.convert_to_tensor(df, name="df", preferred_dtype="float32")
        super().__init__(0.5 * self._df, 0.5 * array_ops.ones_like(self._df), validate_args, allow_nan_stats, name)
        self._parameters = {"df": df, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}

    @property
    def df(self):
        return self._df


class InverseGamma(Gamma):
    """The distribution of 1/X, where X is gamma distributed."""

    def __init__(self, concentration, rate, validate_args=False, allow_nan_stats=True, name="InverseGamma"):
        super().__init__(concentration, rate, validate_args, allow_nan_stats, name)

    def _sample_n(self, n, seed=None):
        return 1.0 / super()._sample_n(n, seed)

    def _log_prob(self, x):
        normalization = math_ops.lgamma(self._concentration) - self._concentration * math_ops.log(self._rate)
        return -(1.0 + self._concentration) * math_ops.log(x) - self._rate / x - normalization

    def _cdf(self, x):
        return math_ops.igammac(self._filled(self._concentration), self._rate / x)

    def _entropy(self):
        return (self._concentration + math_ops.log(self._rate) + math_ops.lgamma(self._concentration)
                - (1.0 + self._concentration) * math_ops.digamma(self._concentration))

    def _mean(self):
        mean = self._rate / (self._concentration - 1.0)
        return array_ops.where(self._concentration > 1.0, mean, array_ops.zeros_like(mean) + float("nan"))

    def _variance(self):
        variance = math_ops.square(self._rate / (self._concentration - 1.0)) / (self._concentration - 2.0)
        return array_ops.where(self._concentration > 2.0, variance, array_ops.zeros_like(variance) + float("nan"))

    def _stddev(self):
        return math_ops.sqrt(self._variance())

    def _mode(self):
        return self._rate / (1.0 + self._concentration)


class Poisson(distribution.BatchOf):
    """P[k] = exp(−λ) λ^k / k!, λ the rate."""

    def __init__(self, rate=None, log_rate=None, interpolate_nondiscrete=True, validate_args=False, allow_nan_stats=True,
                 name="Poisson"):
        parameters = dict(locals())
        if (rate is None) == (log_rate is None):
            raise ValueError("Must specify exactly one of `rate` and `log_rate`.")
        with ops.name_scope(name, values=[rate]) as scope:
            if rate is None:
                self._log_rate = distribution.parameter(log_rate, "log_rate")
                self._rate = math_ops.exp(self._log_rate)
            else:
                self._rate = distribution.parameter(rate, "rate")
                self._log_rate = math_ops.log(self._rate)
        self._broadcast = (self._rate,)
        super().__init__(self._rate.dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._rate], scope)

    @property
    def rate(self):
        return self._rate

    @property
    def log_rate(self):
        return self._log_rate

    def _sample_n(self, n, seed=None):
        return random_ops.random_poisson(self._rate, [n], dtype=self._dtype, seed=seed)

    def _log_prob(self, x):
        return math_ops.xlogy(x, self._rate) - math_ops.lgamma(1.0 + x) - self._rate

    def _cdf(self, x):
        return math_ops.igammac(1.0 + math_ops.floor(x), self._rate + array_ops.zeros_like(x))

    def _mean(self):
        return array_ops.identity(self._rate)

    def _variance(self):
        return array_ops.identity(self._rate)

    def _mode(self):
        return math_ops.floor(self._rate)


@kullback_leibler.RegisterKL(Gamma, Gamma)
def _kl_gamma_gamma(g0, g1, name=None):
    with ops.name_scope(name, "kl_gamma_gamma", values=[g0.concentration, g1.concentration]):
        return ((g0.concentration - g1.concentration) * math_ops.digamma(g0.concentration)
                + math_ops.lgamma(g1.concentration) - math_ops.lgamma(g0.concentration)
                + g1.concentration * math_ops.log(g0.rate) - g1.concentration * math_ops.log(g1.rate)
                + g0.concentration * (g1.rate / g0.rate - 1.0))
