"""Beta and Dirichlet distributions, and what is drawn by them: counts."""

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, random_ops
from tenseur.python.ops.distributions import bernoulli, distribution, kullback_leibler, special_math


class Beta(distribution.BatchOf):
    """p(x) = x^(α−1) (1−x)^(β−1) Γ(α+β) / (Γ(α) Γ(β)) in (0, 1)."""

    def __init__(self, concentration1=None, concentration0=None, validate_args=False, allow_nan_stats=True,
                 name="Beta"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[concentration1, concentration0]) as scope:
            first, second = distribution.together(concentration1, concentration0)
            self._concentration1 = array_ops.identity(first, name="concentration1")
            self._concentration0 = array_ops.identity(second, name="concentration0")
            self._total_concentration = self._concentration1 + self._concentration0
        self._broadcast = (self._total_concentration,)
        super().__init__(self._total_concentration.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
                         parameters, [self._concentration1, self._concentration0], scope)

    @property
    def concentration1(self):
        return self._concentration1

    @property
    def concentration0(self):
        return self._concentration0

    @property
    def total_concentration(self):
        return self._total_concentration

    def _sample_n(self, n, seed=None):
        shape = [n]
        first = random_ops.random_gamma(shape, self._filled(self._concentration1), dtype=self._dtype, seed=seed)
        second = random_ops.random_gamma(shape, self._filled(self._concentration0), dtype=self._dtype,
                                         seed=distribution.another_seed(seed, "beta"))
        return first / (first + second)

    def _log_normalization(self):
        return (math_ops.lgamma(self._concentration1) + math_ops.lgamma(self._concentration0)
                - math_ops.lgamma(self._total_concentration))

    def _log_prob(self, x):
        return (math_ops.xlogy(self._concentration1 - 1.0, x) + (self._concentration0 - 1.0) * math_ops.log1p(-x)
                - self._log_normalization())

    def _cdf(self, x):
        ones = array_ops.ones_like(self._total_concentration + x)
        return math_ops.betainc(self._concentration1 * ones, self._concentration0 * ones, x * ones)

    def _entropy(self):
        return (self._log_normalization() - (self._concentration1 - 1.0) * math_ops.digamma(self._concentration1)
                - (self._concentration0 - 1.0) * math_ops.digamma(self._concentration0)
                + (self._total_concentration - 2.0) * math_ops.digamma(self._total_concentration))

    def _mean(self):
        return self._concentration1 / self._total_concentration

    def _variance(self):
        return self._mean() * (1.0 - self._mean()) / (1.0 + self._total_concentration)

    def _mode(self):
        mode = (self._concentration1 - 1.0) / (self._total_concentration - 2.0)
        inside = math_ops.logical_and(self._concentration1 > 1.0, self._concentration0 > 1.0)
        return array_ops.where(inside, mode, array_ops.zeros_like(mode) + float("nan"))


class BetaWithSoftplusConcentration(Beta):
    """A beta distribution of softplus of both concentrations."""

    def __init__(self, concentration1, concentration0, validate_args=False, allow_nan_stats=True,
                 name="BetaWithSoftplusConcentration"):
        from tenseur.python.ops import nn_ops
        super().__init__(nn_ops.softplus(concentration1), nn_ops.softplus(concentration0), validate_args,
                         allow_nan_stats, name)


class Dirichlet(distribution.Distribution):
    """p(x) = Πᵢ xᵢ^(αᵢ−1) / B(α) on the simplex."""

    def __init__(self, concentration, validate_args=False, allow_nan_stats=True, name="Dirichlet"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[concentration]) as scope:
            self._concentration = distribution.parameter(concentration, "concentration")
            self._total_concentration = math_ops.reduce_sum(self._concentration, -1)
        super().__init__(self._concentration.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats,
                         parameters, [self._concentration], scope)

    @property
    def concentration(self):
        return self._concentration

    @property
    def total_concentration(self):
        return self._total_concentration

    def _batch_shape(self):
        return self._concentration.shape[:-1]

    def _batch_shape_tensor(self):
        return array_ops.shape(self._concentration)[:-1]

    def _event_shape(self):
        return self._concentration.shape[-1:]

    def _event_shape_tensor(self):
        return array_ops.shape(self._concentration)[-1:]

    def _sample_n(self, n, seed=None):
        drawn = random_ops.random_gamma([n], self._concentration, dtype=self._dtype, seed=seed)
        return drawn / math_ops.reduce_sum(drawn, -1, keepdims=True)

    def _log_prob(self, x):
        return math_ops.reduce_sum(math_ops.xlogy(self._concentration - 1.0, x), -1) - special_math.lbeta(self._concentration)

    def _size(self):
        return math_ops.cast(array_ops.shape(self._concentration)[-1], self._dtype)

    def _entropy(self):
        return (special_math.lbeta(self._concentration)
                + (self._total_concentration - self._size()) * math_ops.digamma(self._total_concentration)
                - math_ops.reduce_sum((self._concentration - 1.0) * math_ops.digamma(self._concentration), -1))

    def _mean(self):
        return self._concentration / self._total_concentration[..., None]

    def _variance(self):
        total = self._total_concentration[..., None]
        mean = self._concentration / total
        return mean * (1.0 - mean) / (1.0 + total)

    def _mode(self):
        mode = (self._concentration - 1.0) / (self._total_concentration[..., None] - self._size())
        return array_ops.where(self._concentration > 1.0, mode, array_ops.zeros_like(mode) + float("nan"))


class Multinomial(distribution.Distribution):
    """How often each of K classes comes in `total_count` draws."""

    def __init__(self, total_count, logits=None, probs=None, validate_args=False, allow_nan_stats=True,
                 name="Multinomial"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[total_count, logits, probs]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs, multidimensional=True)
            self._total_count = ops.convert_to_tensor(total_count, dtype=self._probs.dtype, name="total_count")
        super().__init__(self._probs.dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._total_count, self._logits], scope)

    @property
    def total_count(self):
        return self._total_count

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
        if self._total_count.shape.ndims != 0:
            raise NotImplementedError("samples of a Multinomial whose total_count is not one number are not there in tenseur: "
                                      "make one distribution for each count")
        size = array_ops.shape(self._logits)[-1]
        count = math_ops.cast(self._total_count, "int32")
        flat = array_ops.reshape(self._logits, [-1, size])
        drawn = random_ops.multinomial(flat, n * count, seed=seed)
        counts = math_ops.reduce_sum(array_ops.one_hot(array_ops.reshape(drawn, [-1, n, count]), size, dtype=self._dtype), -2)
        shape = array_ops.concat([[n], self._batch_shape_tensor(), [size]], 0)
        return array_ops.reshape(array_ops.transpose(counts, [1, 0, 2]), shape)

    def _log_prob(self, counts):
        from tenseur.python.ops import nn
        counts = math_ops.cast(counts, self._dtype)
        combinations = math_ops.lgamma(self._total_count + 1.0) - math_ops.reduce_sum(math_ops.lgamma(counts + 1.0), -1)
        return math_ops.reduce_sum(counts * nn.log_softmax(self._logits), -1) + combinations

    def _mean(self):
        return array_ops.identity(self._probs) * self._total_count[..., None]

    def _variance(self):
        return self._mean() * (1.0 - self._probs)


class DirichletMultinomial(Dirichlet):
    """Counts of classes whose probabilities are Dirichlet distributed."""

    def __init__(self, total_count, concentration, validate_args=False, allow_nan_stats=True,
                 name="DirichletMultinomial"):
        super().__init__(concentration, validate_args, allow_nan_stats, name)
        self._total_count = ops.convert_to_tensor(total_count, dtype=self._dtype, name="total_count")
        self._parameters = {"total_count": total_count, "concentration": concentration, "name": name}

    @property
    def total_count(self):
        return self._total_count

    def _sample_n(self, n, seed=None):
        if self._total_count.shape.ndims != 0:
            raise NotImplementedError("samples of a DirichletMultinomial whose total_count is not one number are not there in "
                                      "tenseur: make one distribution for each count")
        size = array_ops.shape(self._concentration)[-1]
        drawn = random_ops.random_gamma([n], self._concentration, dtype=self._dtype, seed=seed)
        classes = random_ops.multinomial(array_ops.reshape(math_ops.log(drawn), [-1, size]), math_ops.cast(self._total_count, "int32"),
                                         seed=distribution.another_seed(seed, "dirichlet_multinomial"))
        counts = math_ops.reduce_sum(array_ops.one_hot(classes, size, dtype=self._dtype), -2)
        return array_ops.reshape(counts, array_ops.concat([[n], self._batch_shape_tensor(), [size]], 0))

    def _log_prob(self, counts):
        combinations = math_ops.lgamma(self._total_count + 1.0) - math_ops.reduce_sum(math_ops.lgamma(counts + 1.0), -1)
        return (special_math.lbeta(self._concentration + counts) - special_math.lbeta(self._concentration) + combinations)

    def _mean(self):
        return super()._mean() * self._total_count[..., None]

    def _variance(self):
        total = self._total_concentration[..., None]
        mean = self._concentration / total
        n = self._total_count[..., None]
        return n * mean * (1.0 - mean) * (n + total) / (1.0 + total)


@kullback_leibler.RegisterKL(Beta, Beta)
def _kl_beta_beta(d1, d2, name=None):
    with ops.name_scope(name, "kl_beta_beta", values=[d1.concentration1, d2.concentration1]):
        first = (d1.concentration1 - d2.concentration1) * math_ops.digamma(d1.concentration1)
        second = (d1.concentration0 - d2.concentration0) * math_ops.digamma(d1.concentration0)
        total = (d2.total_concentration - d1.total_concentration) * math_ops.digamma(d1.total_concentration)
        return d2._log_normalization() - d1._log_normalization() + first + second + total


@kullback_leibler.RegisterKL(Dirichlet, Dirichlet)
def _kl_dirichlet_dirichlet(d1, d2, name=None):
    with ops.name_scope(name, "kl_dirichlet_dirichlet", values=[d1.concentration, d2.concentration]):
        digammas = math_ops.digamma(d1.concentration) - math_ops.digamma(d1.total_concentration)[..., None]
        return (math_ops.reduce_sum((d1.concentration - d2.concentration) * digammas, -1)
                - special_math.lbeta(d1.concentration) + special_math.lbeta(d2.concentration))
