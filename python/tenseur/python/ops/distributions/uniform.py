"""The uniform distribution."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, random_ops
from tenseur.python.ops.distributions import distribution


class Uniform(distribution.BatchOf):
    """p(x) = 1 / (high − low) in [low, high), 0 elsewhere."""

    def __init__(self, low=0.0, high=1.0, validate_args=False, allow_nan_stats=True, name="Uniform"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[low, high]) as scope:
            low, high = distribution.together(low, high)
            self._low = array_ops.identity(low, name="low")
            self._high = array_ops.identity(high, name="high")
        self._broadcast = (self._low, self._high)
        super().__init__(self._low.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._low, self._high], scope)

    @property
    def low(self):
        return self._low

    @property
    def high(self):
        return self._high

    def range(self, name="range"):
        with self._name_scope(name):
            return self._high - self._low

    def _sample_n(self, n, seed=None):
        return self._low + self.range() * random_ops.random_uniform(self._samples_shape(n), dtype=self._dtype,
                                                                    seed=seed)

    def _prob(self, x):
        inside = math_ops.logical_and(math_ops.greater_equal(x, self._low), math_ops.less(x, self._high))
        ones = array_ops.ones_like(x) / self.range()
        return array_ops.where(math_ops.logical_or(math_ops.is_nan(x * array_ops.ones_like(ones)), inside),
                               array_ops.where(math_ops.is_nan(ones * x), ones * x, ones), array_ops.zeros_like(ones))

    def _log_prob(self, x):
        return math_ops.log(self._prob(x))

    def _cdf(self, x):
        part = (x - self._low) / self.range()
        return math_ops.minimum(math_ops.maximum(part, 0.0), 1.0)

    def _quantile(self, p):
        return self._low + self.range() * p

    def _entropy(self):
        return math_ops.log(self.range())

    def _mean(self):
        return (self._low + self._high) / 2.0

    def _variance(self):
        return math_ops.square(self.range()) / 12.0

    def _stddev(self):
        return self.range() / 12.0 ** 0.5
