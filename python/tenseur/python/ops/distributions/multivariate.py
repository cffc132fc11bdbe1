"""Normal distributions of vectors, and distributions made of others: independent, mixed."""

import math

from tenseur import raw_ops
from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops.distributions import distribution, kullback_leibler


class MultivariateNormalTriL(distribution.Distribution):
    """The normal distribution of mean `loc` and covariance scale_tril · scale_trilᵀ."""

    def __init__(self, loc=None, scale_tril=None, validate_args=False, allow_nan_stats=True,
                 name="MultivariateNormalTriL"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[loc, scale_tril]) as scope:
            self._scale_tril = raw_ops.MatrixBandPart(input=distribution.parameter(scale_tril, "scale_tril"), num_lower=-1,
                                                      num_upper=0)
            self._loc = (array_ops.zeros_like(self._scale_tril[..., 0]) if loc is None
                         else distribution.parameter(loc, "loc", self._scale_tril.dtype))
        super().__init__(self._scale_tril.dtype, distribution.FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._loc, self._scale_tril], scope)

    @property
    def loc(self):
        return self._loc

    def _batch_shape(self):
        return array_ops.broadcast_static_shape(self._loc.shape[:-1], self._scale_tril.shape[:-2])

    def _batch_shape_tensor(self):
        return array_ops.broadcast_dynamic_shape(array_ops.shape(self._loc)[:-1],
                                                 array_ops.shape(self._scale_tril)[:-2])

    def _event_shape(self):
        return self._scale_tril.shape[-1:]

    def _event_shape_tensor(self):
        return array_ops.shape(self._scale_tril)[-1:]

    def _size(self):
        return math_ops.cast(array_ops.shape(self._scale_tril)[-1], self._dtype)

    def _log_determinant(self):
        return math_ops.reduce_sum(math_ops.log(math_ops.abs(array_ops.matrix_diag_part(self._scale_tril))), -1)

    def _scaled(self, z):
        return math_ops.matmul(self._scale_tril + array_ops.zeros_like(z[..., None]), z[..., None])[..., 0]

    def _unscaled(self, x):
        scale = self._scale_tril + array_ops.zeros_like(x[..., None])
        return raw_ops.MatrixTriangularSolve(matrix=scale, rhs=x[..., None], lower=True, adjoint=False)[..., 0]

    def _sample_n(self, n, seed=None):
        batch = self._known_or(self.batch_shape, self._batch_shape_tensor)
        event = self._known_or(self.event_shape, self._event_shape_tensor)
        z = random_ops.random_normal(array_ops.concat([[n], batch, event], 0), dtype=self._dtype, seed=seed)
        return self._loc + self._scaled(z)

    def _log_prob(self, x):
        z = self._unscaled(x - self._loc)
        return (-0.5 * math_ops.reduce_sum(math_ops.square(z), -1) - 0.5 * math.log(2.0 * math.pi) * self._size()
                - self._log_determinant())

    def _entropy(self):
        return 0.5 * self._size() * (1.0 + math.log(2.0 * math.pi)) + self._log_determinant()

    def _mean(self):
        return self._loc + array_ops.zeros_like(self._scale_tril[..., 0])

    _mode = _mean

    def _covariance(self):
        return math_ops.matmul(self._scale_tril, self._scale_tril, transpose_b=True)

    def _variance(self):
        return math_ops.reduce_sum(math_ops.square(self._scale_tril), -1) + array_ops.zeros_like(self._loc)


class MultivariateNormalFullCovariance(MultivariateNormalTriL):
    """The normal distribution of mean `loc` and covariance `covariance_matrix`."""

    def __init__(self, loc=None, covariance_matrix=None, validate_args=False, allow_nan_stats=True,
                 name="MultivariateNormalFullCovariance"):
        with ops.name_scope(name, values=[loc, covariance_matrix]):
            covariance = distribution.parameter(covariance_matrix, "covariance_matrix")
            scale = raw_ops.Cholesky(input=covariance)
        super().__init__(loc, scale, validate_args, allow_nan_stats, name)


class MultivariateNormalDiag(MultivariateNormalTriL):
    """Coordinates that are normal and independent: mean `loc`, standard deviations `scale_diag`."""

    def __init__(self, loc=None, scale_diag=None, scale_identity_multiplier=None, validate_args=False, allow_nan_stats=True,
                 name="MultivariateNormalDiag"):
        parameters = dict(locals())
        with ops.name_scope(name, values=[loc, scale_diag, scale_identity_multiplier]) as scope:
            loc = None if loc is None else distribution.parameter(loc, "loc")
            if scale_diag is not None:
                diagonal = distribution.parameter(scale_diag, "scale_diag", None if loc is None else loc.dtype)
            elif loc is None:
                raise ValueError("loc or scale_diag must be given")
            else:
                diagonal = array_ops.ones_like(loc)
                if scale_identity_multiplier is not None:
                    diagonal = diagonal * ops.convert_to_tensor(scale_identity_multiplier, dtype=loc.dtype)[..., None]
            self._diagonal = diagonal
            self._loc = array_ops.zeros_like(diagonal) if loc is None else loc
        distribution.Distribution.__init__(self, self._diagonal.dtype, distribution.FULLY_REPARAMETERIZED, validate_args,
                                           allow_nan_stats, parameters, [self._loc, self._diagonal], scope)

    def _batch_shape(self):
        return array_ops.broadcast_static_shape(self._loc.shape, self._diagonal.shape)[:-1]

    def _batch_shape_tensor(self):
        return array_ops.broadcast_dynamic_shape(array_ops.shape(self._loc), array_ops.shape(self._diagonal))[:-1]

    def _event_shape(self):
        return array_ops.broadcast_static_shape(self._loc.shape, self._diagonal.shape)[-1:]

    def _event_shape_tensor(self):
        return array_ops.broadcast_dynamic_shape(array_ops.shape(self._loc), array_ops.shape(self._diagonal))[-1:]

    def _size(self):
        return math_ops.cast(self.event_shape_tensor()[0], self._dtype)

    def _log_determinant(self):
        return math_ops.reduce_sum(math_ops.log(math_ops.abs(self._diagonal + array_ops.zeros_like(self._loc))), -1)

    def _scaled(self, z):
        return self._diagonal * z

    def _unscaled(self, x):
        return x / self._diagonal

    def _mean(self):
        return self._loc + array_ops.zeros_like(self._diagonal)

    _mode = _mean

    def _covariance(self):
        return array_ops.matrix_diag(self._variance())

    def _variance(self):
        return math_ops.square(self._diagonal) + array_ops.zeros_like(self._loc)

    def _stddev(self):
        return math_ops.abs(self._diagonal) + array_ops.zeros_like(self._loc)


class MultivariateNormalDiagWithSoftplusScale(MultivariateNormalDiag):
    """As `MultivariateNormalDiag`, with standard deviations softplus(scale_diag)."""

    def __init__(self, loc, scale_diag, validate_args=False, allow_nan_stats=True,
                 name="MultivariateNormalDiagWithSoftplusScale"):
        super().__init__(loc, nn_ops.softplus(scale_diag), validate_args=validate_args,
                         allow_nan_stats=allow_nan_stats, name=name)


class Independent(distribution.Distribution):
    """A distribution whose last batch axes become axes of the event."""

    def __init__(self, distribution_, reinterpreted_batch_ndims=None, validate_args=False, name=None):
        inner = distribution_
        if reinterpreted_batch_ndims is None:
            reinterpreted_batch_ndims = max(0, (inner.batch_shape.ndims or 0) - 1)
        self._inner, self._count = inner, int(reinterpreted_batch_ndims)
        super().__init__(inner.dtype, inner.reparameterization_type, validate_args, inner.allow_nan_stats,
                         {"distribution_": inner, "reinterpreted_batch_ndims": self._count}, [],
                         name or "Independent" + inner.name.rstrip("/").rpartition("/")[2])

    @property
    def distribution(self):
        return self._inner

    @property
    def reinterpreted_batch_ndims(self):
        return self._count

    def _split(self):
        return self._inner.batch_shape.ndims - self._count

    def _batch_shape(self):
        return self._inner.batch_shape[: self._split()]

    def _batch_shape_tensor(self):
        return self._inner.batch_shape_tensor()[: self._split()]

    def _event_shape(self):
        return self._inner.batch_shape[self._split():].concatenate(self._inner.event_shape)

    def _event_shape_tensor(self):
        return array_ops.concat([self._inner.batch_shape_tensor()[self._split():], self._inner.event_shape_tensor()], 0)

    def _summed(self, values):
        return math_ops.reduce_sum(values, axis=list(range(-self._count, 0))) if self._count else values

    def _sample_n(self, n, seed=None):
        return self._inner.sample([n], seed)

    def _log_prob(self, x):
        return self._summed(self._inner.log_prob(x))

    def _entropy(self):
        return self._summed(self._inner.entropy())

    def _mean(self):
        return self._inner.mean()

    def _variance(self):
        return self._inner.variance()

    def _mode(self):
        return self._inner.mode()


class Mixture(distribution.Distribution):
    """p(x) = Σₖ cat.probs[…, k] · components[k].p(x)."""

    def __init__(self, cat, components, validate_args=False, allow_nan_stats=True, use_static_graph=False,
                 name="Mixture"):
        parameters = dict(locals())
        if not components:
            raise ValueError("components must be a list or tuple")
        self._cat, self._components = cat, list(components)
        super().__init__(self._components[0].dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [], name)

    @property
    def cat(self):
        return self._cat

    @property
    def components(self):
        return self._components

    @property
    def num_components(self):
        return len(self._components)

    def _batch_shape(self):
        return self._cat.batch_shape

    def _batch_shape_tensor(self):
        return self._cat.batch_shape_tensor()

    def _event_shape(self):
        return self._components[0].event_shape

    def _event_shape_tensor(self):
        return self._components[0].event_shape_tensor()

    def _weights(self, log=False):
        """The categories' probabilities, one tensor for each component, with the event's axes of size 1 behind."""
        values = nn_ops.log_softmax(self._cat.logits) if log else self._cat.probs
        return array_ops.unstack(values, num=len(self._components), axis=-1)

    def _over_event(self, value):
        for _ in range(self.event_shape.ndims or 0):
            value = value[..., None]
        return value

    def _sample_n(self, n, seed=None):
        chosen = self._cat.sample([n], seed)
        found = None
        for number, component in enumerate(self._components):
            sample = component.sample([n], None if seed is None else seed + number + 1)
            mask = self._over_event(math_ops.cast(math_ops.equal(chosen, number), self._dtype))
            found = sample * mask if found is None else found + sample * mask
        return found

    def _log_prob(self, x):
        terms = [weight + component.log_prob(x) for weight, component in zip(self._weights(True), self._components)]
        return math_ops.reduce_logsumexp(array_ops.stack(terms, 0), axis=0)

    def _mean(self):
        return math_ops.add_n([self._over_event(weight) * component.mean()
                               for weight, component in zip(self._weights(), self._components)])

    def _variance(self):
        mean = self._mean()
        return math_ops.add_n([self._over_event(weight) * (component.variance() + math_ops.square(component.mean() - mean))
                               for weight, component in zip(self._weights(), self._components)])

    def entropy_lower_bound(self, name="entropy_lower_bound"):
        """Σₖ probs[k] H[components[k]], which is not more than the entropy."""
        with self._name_scope(name):
            return math_ops.add_n([weight * component.entropy() for weight, component in zip(self._weights(), self._components)])


class MixtureSameFamily(distribution.Distribution):
    """A mixture of the members of the components' last batch axis."""

    def __init__(self, mixture_distribution, components_distribution, validate_args=False, allow_nan_stats=True,
                 name="MixtureSameFamily"):
        parameters = dict(locals())
        self._mixture, self._inner = mixture_distribution, components_distribution
        super().__init__(self._inner.dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats,
                         parameters, [], name)

    @property
    def mixture_distribution(self):
        return self._mixture

    @property
    def components_distribution(self):
        return self._inner

    def _batch_shape(self):
        return self._inner.batch_shape[:-1]

    def _batch_shape_tensor(self):
        return self._inner.batch_shape_tensor()[:-1]

    def _event_shape(self):
        return self._inner.event_shape

    def _event_shape_tensor(self):
        return self._inner.event_shape_tensor()

    def _weights(self):
        weights = self._mixture.probs
        for _ in range(self.event_shape.ndims):
            weights = weights[..., None]
        return weights

    def _axis(self):
        return -1 - self.event_shape.ndims

    def _sample_n(self, n, seed=None):
        samples = self._inner.sample([n], seed)
        size = self._inner.batch_shape[-1].value
        chosen = self._mixture.sample([n], None if seed is None else seed + 1)
        mask = array_ops.one_hot(chosen, size, dtype=self._dtype)
        for _ in range(self.event_shape.ndims):
            mask = mask[..., None]
        if self._mixture.batch_shape.ndims == 0:
            for _ in range(self.batch_shape.ndims):
                mask = array_ops.expand_dims(mask, 1)
        return math_ops.reduce_sum(samples * mask, self._axis())

    def _log_prob(self, x):
        x = array_ops.expand_dims(x, self._axis()) if self.event_shape.ndims else x[..., None]
        return math_ops.reduce_logsumexp(self._inner.log_prob(x) + nn_ops.log_softmax(self._mixture.logits), axis=-1)

    def _mean(self):
        return math_ops.reduce_sum(self._weights() * self._inner.mean(), self._axis())

    def _variance(self):
        mean = array_ops.expand_dims(self._mean(), self._axis())
        spread = self._inner.variance() + math_ops.square(self._inner.mean() - mean)
        return math_ops.reduce_sum(self._weights() * spread, self._axis())


@kullback_leibler.RegisterKL(MultivariateNormalTriL, MultivariateNormalTriL)
def _kl_brute_force(a, b, name=None):
    """½ (tr(Σ_b⁻¹ Σ_a) + (μ_b − μ_a)ᵀ Σ_b⁻¹ (μ_b − μ_a) − k) + log det σ_b − log det σ_a."""
    with ops.name_scope(name, "kl_mvn", values=[a.loc, b.loc]):
        mahalanobis = math_ops.reduce_sum(math_ops.square(b._unscaled(b.mean() - a.mean())), -1)
        if isinstance(a, MultivariateNormalDiag) and isinstance(b, MultivariateNormalDiag):
            trace = math_ops.reduce_sum(math_ops.square(a.stddev() / b.stddev()), -1)
        else:
            scale_a, scale_b = _scale_of(a), _scale_of(b)
            ratio = raw_ops.MatrixTriangularSolve(matrix=scale_b, rhs=scale_a, lower=True, adjoint=False)
            trace = math_ops.reduce_sum(math_ops.square(ratio), [-2, -1])
        return b._log_determinant() - a._log_determinant() + 0.5 * (trace + mahalanobis - a._size())


def _scale_of(one):
    return array_ops.matrix_diag(one._diagonal) if isinstance(one, MultivariateNormalDiag) else one._scale_tril


@kullback_leibler.RegisterKL(Independent, Independent)
def _kl_independent(a, b, name=None):
    return a._summed(kullback_leibler.kl_divergence(a.distribution, b.distribution))
