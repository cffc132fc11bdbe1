"""Distributions of whole numbers, and of one value."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops.distributions import bernoulli, distribution


class Binomial(distribution.BatchOf):
    """How often 1 comes in `total_count` draws of a Bernoulli distribution."""

    def __init__(self, total_count, logits=None, probs=None, validate_args=False, allow_nan_stats=True,
                 name="Binomial"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[total_count, logits, probs]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs)
            self._total_count = ops.convert_to_tensor(total_count, dtype=self._probs.dtype, name="total_count")
        self._broadcast = (self._total_count, self._probs)
        super().__init__(self._probs.dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._total_count, self._probs], scope)

    @property
    def total_count(self):
        return self._total_count

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    def _log_prob(self, counts):
        n, counts = self._total_count, math_ops.cast(counts, self._dtype)
        combinations = math_ops.lgamma(n + 1.0) - math_ops.lgamma(counts + 1.0) - math_ops.lgamma(n - counts + 1.0)
        return combinations + math_ops.xlogy(counts, self._probs) + (n - counts) * math_ops.log1p(-self._probs)

    def _mean(self):
        return self._total_count * self._probs

    def _variance(self):
        return self._mean() * (1.0 - self._probs)

    def _mode(self):
        return math_ops.floor((1.0 + self._total_count) * self._probs)


class Geometric(distribution.BatchOf):
    """How many failures come before the first success: P[k] = (1 − p)^k p."""

    def __init__(self, logits=None, probs=None, validate_args=False, allow_nan_stats=True, name="Geometric"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs)
        self._broadcast = (self._probs,)
        super().__init__(self._probs.dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    def _sample_n(self, n, seed=None):
        uniform = random_ops.random_uniform(self._samples_shape(n), minval=1.1754943508222875e-38, maxval=1.0, dtype=self._dtype,
                                            seed=seed)
        return math_ops.floor(math_ops.log(uniform) / math_ops.log1p(-self._probs))

    def _log_prob(self, counts):
        return counts * math_ops.log1p(-self._probs) + math_ops.log(self._probs)

    def _cdf(self, counts):
        return -math_ops.expm1((1.0 + math_ops.floor(counts)) * math_ops.log1p(-self._probs))

    def _entropy(self):
        probs, logits = self._probs, self._logits
        return (nn_ops.softplus(-logits) + (1.0 - probs) / probs * nn_ops.softplus(logits))

    def _mean(self):
        return math_ops.exp(-self._logits)

    def _variance(self):
        return self._mean() / self._probs

    def _mode(self):
        return array_ops.zeros_like(self._probs)


class Deterministic(distribution.BatchOf):
    """`loc`, always."""

    def __init__(self, loc, atol=None, rtol=None, validate_args=False, allow_nan_stats=True,
                 name="Deterministic"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[loc, atol, rtol]) as scope:
            self._loc = distribution.parameter(loc, "loc")
            self._atol = ops.convert_to_tensor(0 if atol is None else atol, dtype=self._loc.dtype)
            self._rtol = ops.convert_to_tensor(0 if rtol is None else rtol, dtype=self._loc.dtype)
        self._broadcast = (self._loc,)
        super().__init__(self._loc.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._loc], scope)

    @property
    def loc(self):
        return self._loc

    def _sample_n(self, n, seed=None):
        return self._loc + array_ops.zeros(self._samples_shape(n), dtype=self._dtype)

    def _slack(self):
        return self._atol + self._rtol * math_ops.abs(self._loc)

    def _prob(self, x):
        return math_ops.cast(math_ops.abs(x - self._loc) <= self._slack(), self._dtype)

    def _cdf(self, x):
        return math_ops.cast(x >= self._loc - self._slack(), self._dtype)

    def _entropy(self):
        return array_ops.zeros_like(self._loc)

    def _mean(self):
        return array_ops.identity(self._loc)

    def _variance(self):
        return array_ops.zeros_like(self._loc)

    _mode = _mean


class RelaxedBernoulli(distribution.BatchOf):
    """A Bernoulli distribution made differentiable: sigmoid((logits + logistic noise) / temperature)."""

    def __init__(self, temperature, logits=None, probs=None, validate_args=False, allow_nan_stats=True,
                 name="RelaxedBernoulli"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[logits, probs, temperature]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs)
            self._temperature = ops.convert_to_tensor(temperature, dtype=self._logits.dtype, name="temperature")
        self._broadcast = (self._logits, self._temperature)
        super().__init__(self._logits.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._temperature], scope)

    @property
    def temperature(self):
        return self._temperature

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    def _sample_n(self, n, seed=None):
        uniform = random_ops.random_uniform(self._samples_shape(n), minval=1.1754943508222875e-38, maxval=1.0, dtype=self._dtype,
                                            seed=seed)
        noise = math_ops.log(uniform) - math_ops.log1p(-uniform)
        return math_ops.sigmoid((self._logits + noise) / self._temperature)

    def _log_prob(self, y):
        x = math_ops.log(y) - math_ops.log1p(-y)
        z = x * self._temperature - self._logits
        return math_ops.log(self._temperature) - z - 2.0 * nn_ops.softplus(-z) - math_ops.log(y) - math_ops.log1p(-y)


class ExpRelaxedOneHotCategorical(distribution.Distribution):
    """The logarithms of a `RelaxedOneHotCategorical`."""

    def __init__(self, temperature, logits=None, probs=None, dtype=None, validate_args=False, allow_nan_stats=True,
                 name="ExpRelaxedOneHotCategorical"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[logits, probs, temperature]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs, multidimensional=True)
            self._temperature = ops.convert_to_tensor(temperature, dtype=self._logits.dtype, name="temperature")
        super().__init__(self._logits.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._temperature], scope)

    @property
    def temperature(self):
        return self._temperature

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    def _batch_shape(self):
        return self._logits.shape[:-1]

    def _batch_shape_tensor(self):
        return array_ops.shape(self._logits)[:-1]

    def _event_shape(self):
        return self._logits.shape[-1:]

    def _event_shape_tensor(self):
        return array_ops.shape(self._logits)[-1:]

    def _sample_n(self, n, seed=None):
        shape = array_ops.concat([[n], array_ops.shape(self._logits)], 0)
        uniform = random_ops.random_uniform(shape, minval=1.1754943508222875e-38, maxval=1.0, dtype=self._dtype,
                                            seed=seed)
        noisy = (self._logits - math_ops.log(-math_ops.log(uniform))) / self._temperature
        return nn_ops.log_softmax(noisy)

    def _log_prob(self, x):
        size = math_ops.cast(array_ops.shape(self._logits)[-1], self._dtype)
        normalization = math_ops.lgamma(size) + (size - 1.0) * math_ops.log(self._temperature)
        softmax = nn_ops.log_softmax(self._logits - x * self._temperature)
        return math_ops.reduce_sum(softmax, -1) + normalization


class RelaxedOneHotCategorical(ExpRelaxedOneHotCategorical):
    """A one-hot vector made differentiable: softmax((logits + Gumbel noise) / temperature)."""

    def __init__(self, temperature, logits=None, probs=None, dtype=None, validate_args=False, allow_nan_stats=True,
                 name="RelaxedOneHotCategorical"):
        super().__init__(temperature, logits, probs, dtype, validate_args, allow_nan_stats, name)

    def _sample_n(self, n, seed=None):
        return math_ops.exp(super()._sample_n(n, seed))

    def _log_prob(self, y):
        x = math_ops.log(y)
        return super()._log_prob(x) - math_ops.reduce_sum(x, -1)
