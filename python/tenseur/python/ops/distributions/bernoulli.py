"""The Bernoulli distribution: 1 with probability p, else 0."""

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops, nn, random_ops
from tenseur.python.ops.distributions import distribution, kullback_leibler


def logits_and_probs(logits, probs, multidimensional=False, name="logits_and_probs"):
    """Each of the two from the other.

    Raises:
      ValueError: where both are given, or neither.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Must pass probs or logits, but not both.")
    with ops.name_scope(name, values=[probs, logits]):
        if probs is None:
            logits = ops.convert_to_tensor(logits, name="logits", preferred_dtype=dtypes.float32)
            return logits, nn.softmax(logits, name="probs") if multidimensional else math_ops.sigmoid(logits, name="probs")
        probs = ops.convert_to_tensor(probs, name="probs", preferred_dtype=dtypes.float32)
        logits = math_ops.log(probs)
        return (logits if multidimensional else logits - math_ops.log1p(-probs)), probs


class Bernoulli(distribution.BatchOf):
    """P[1] = probs = sigmoid(logits)."""

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True,
                 name="Bernoulli"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = logits_and_probs(logits, probs)
        self._broadcast = (self._probs,)
        super().__init__(dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    def _sample_n(self, n, seed=None):
        uniform = random_ops.random_uniform(self._samples_shape(n), seed=seed, dtype=self._probs.dtype.base_dtype)
        return math_ops.cast(math_ops.less(uniform, self._probs), self._dtype)

    def _log_prob(self, event):
        event = math_ops.cast(event, self._logits.dtype.base_dtype)
        logits = self._logits
        if event.shape.as_list() != logits.shape.as_list() if event.shape.ndims is not None and logits.shape.ndims is not None else True:
            logits = array_ops.ones_like(event) * logits
            event = array_ops.ones_like(logits) * event
        return -nn.sigmoid_cross_entropy_with_logits(labels=event, logits=logits)

    def _entropy(self):
        return -self._logits * (math_ops.sigmoid(self._logits) - 1.0) + nn.softplus(-self._logits)

    def _mean(self):
        return array_ops.identity(self._probs)

    def _variance(self):
        return self._mean() * (1.0 - self._probs)

    def _mode(self):
        return math_ops.cast(self._probs > 0.5, self._dtype)


class BernoulliWithSigmoidProbs(Bernoulli):
    """A Bernoulli distribution of sigmoid(p)."""

    def __init__(self, p=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True,
                 name="BernoulliWithSigmoidProbs"):
        super().__init__(probs=nn.sigmoid(p), dtype=dtype, validate_args=validate_args,
                         allow_nan_stats=allow_nan_stats, name=name)


@kullback_leibler.RegisterKL(Bernoulli, Bernoulli)
def _kl_bernoulli_bernoulli(a, b, name=None):
    with ops.name_scope(name, "kl_bernoulli_bernoulli", values=[a.logits, b.logits]):
        from_zero = nn.softplus(b.logits) - nn.softplus(a.logits)
        from_one = from_zero + a.logits - b.logits
        return a.probs * from_one + math_ops.sigmoid(-a.logits) * from_zero
