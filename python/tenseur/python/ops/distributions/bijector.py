"""Invertible maps, and distributions of what they give: `tf.contrib.distributions.bijectors`, `TransformedDistribution`."""

import math

from tenseur.python.framework import ops
from tenseur.python.ops import array_ops, math_ops, nn_ops
from tenseur.python.ops.distributions import distribution


class Bijector:
    """A map y = g(x) with its inverse and log |det ∂y/∂x|.

    Subclasses have `_forward(x)`, `_inverse(y)` and one of `_forward_log_det_jacobian(x)`,
    `_inverse_log_det_jacobian(y)`, for events of `forward_min_event_ndims` axes.
    """

    forward_min_event_ndims = 0

    def __init__(self, graph_parents=None, is_constant_jacobian=False, validate_args=False, dtype=None,
                 forward_min_event_ndims=None, inverse_min_event_ndims=None, name=None):
        if forward_min_event_ndims is not None:
            self.forward_min_event_ndims = forward_min_event_ndims
        self._name = name or type(self).__name__.lower()
        self.is_constant_jacobian = is_constant_jacobian
        self.validate_args = validate_args

    @property
    def name(self):
        return self._name

    @property
    def inverse_min_event_ndims(self):
        return self.forward_min_event_ndims

    def _summed(self, value, event_ndims):
        extra = (self.forward_min_event_ndims if event_ndims is None else int(event_ndims)) - self.forward_min_event_ndims
        return math_ops.reduce_sum(value, axis=list(range(-extra, 0))) if extra > 0 else value

    def forward(self, x, name="forward"):
        with ops.name_scope(self._name), ops.name_scope(name):
            return self._forward(ops.convert_to_tensor(x, name="x"))

    def inverse(self, y, name="inverse"):
        with ops.name_scope(self._name), ops.name_scope(name):
            return self._inverse(ops.convert_to_tensor(y, name="y"))

    def forward_log_det_jacobian(self, x, event_ndims=None, name="forward_log_det_jacobian"):
        with ops.name_scope(self._name), ops.name_scope(name):
            x = ops.convert_to_tensor(x, name="x")
            if hasattr(self, "_forward_log_det_jacobian"):
                return self._summed(self._forward_log_det_jacobian(x), event_ndims)
            return self._summed(-self._inverse_log_det_jacobian(self._forward(x)), event_ndims)

    def inverse_log_det_jacobian(self, y, event_ndims=None, name="inverse_log_det_jacobian"):
        with ops.name_scope(self._name), ops.name_scope(name):
            y = ops.convert_to_tensor(y, name="y")
            if hasattr(self, "_inverse_log_det_jacobian"):
                return self._summed(self._inverse_log_det_jacobian(y), event_ndims)
            return self._summed(-self._forward_log_det_jacobian(self._inverse(y)), event_ndims)


class Identity(Bijector):
    """y = x."""

    def _forward(self, x):
        return x

    _inverse = _forward

    def _forward_log_det_jacobian(self, x):
        return array_ops.zeros_like(x)


class Exp(Bijector):
    """y = exp(x)."""

    def _forward(self, x):
        return math_ops.exp(x)

    def _inverse(self, y):
        return math_ops.log(y)

    def _forward_log_det_jacobian(self, x):
        return x


class AffineScalar(Bijector):
    """y = scale · x + shift."""

    def __init__(self, shift=None, scale=None, validate_args=False, name="affine_scalar"):
        super().__init__(validate_args=validate_args, name=name)
        self.shift = None if shift is None else ops.convert_to_tensor(shift, preferred_dtype="float32")
        self.scale = None if scale is None else ops.convert_to_tensor(scale, preferred_dtype="float32")

    def _forward(self, x):
        y = x if self.scale is None else x * self.scale
        return y if self.shift is None else y + self.shift

    def _inverse(self, y):
        x = y if self.shift is None else y - self.shift
        return x if self.scale is None else x / self.scale

    def _forward_log_det_jacobian(self, x):
        zeros = array_ops.zeros_like(x)
        return zeros if self.scale is None else zeros + math_ops.log(math_ops.abs(self.scale))


class Affine(AffineScalar):
    """y = scale · x + shift, the scale a diagonal or a multiple of the identity."""

    forward_min_event_ndims = 1

    def __init__(self, shift=None, scale_identity_multiplier=None, scale_diag=None, scale_tril=None, scale_perturb_factor=None,
                 scale_perturb_diag=None, validate_args=False, name="affine"):
        if scale_tril is not None or scale_perturb_factor is not None or scale_perturb_diag is not None:
            raise NotImplementedError("Affine with scale_tril or scale_perturb_* is not there in tenseur: "
                                      "MultivariateNormalTriL has such scales")
        super().__init__(shift, scale_diag if scale_diag is not None else scale_identity_multiplier,
                         validate_args, name)

    def _forward_log_det_jacobian(self, x):
        return math_ops.reduce_sum(super()._forward_log_det_jacobian(x), -1)


class Softplus(Bijector):
    """y = log(1 + exp(x))."""

    def _forward(self, x):
        return nn_ops.softplus(x)

    def _inverse(self, y):
        return y + math_ops.log(-math_ops.expm1(-y))

    def _forward_log_det_jacobian(self, x):
        return -nn_ops.softplus(-x)


class Sigmoid(Bijector):
    """y = 1 / (1 + exp(−x))."""

    def _forward(self, x):
        return math_ops.sigmoid(x)

    def _inverse(self, y):
        return math_ops.log(y) - math_ops.log1p(-y)

    def _forward_log_det_jacobian(self, x):
        return -nn_ops.softplus(-x) - nn_ops.softplus(x)


class Tanh(Bijector):
    """y = tanh(x)."""

    def _forward(self, x):
        return math_ops.tanh(x)

    def _inverse(self, y):
        return math_ops.atanh(y)

    def _forward_log_det_jacobian(self, x):
        return 2.0 * (math.log(2.0) - x - nn_ops.softplus(-2.0 * x))


class PowerTransform(Bijector):
    """y = (1 + c x)^(1/c)."""

    def __init__(self, power=0.0, validate_args=False, name="power_transform"):
        super().__init__(validate_args=validate_args, name=name)
        self.power = float(power)

    def _forward(self, x):
        return math_ops.exp(x) if self.power == 0 else math_ops.exp(math_ops.log1p(x * self.power) / self.power)

    def _inverse(self, y):
        return math_ops.log(y) if self.power == 0 else math_ops.expm1(math_ops.log(y) * self.power) / self.power

    def _forward_log_det_jacobian(self, x):
        return x if self.power == 0 else (1.0 / self.power - 1.0) * math_ops.log1p(x * self.power)


class Chain(Bijector):
    """The bijectors one after another, the last one first."""

    def __init__(self, bijectors=None, validate_args=False, name=None):
        self.bijectors = list(bijectors or [])
        super().__init__(validate_args=validate_args, name=name or "chain",
                         forward_min_event_ndims=max([one.forward_min_event_ndims for one in self.bijectors], default=0))

    def _forward(self, x):
        for one in reversed(self.bijectors):
            x = one.forward(x)
        return x

    def _inverse(self, y):
        for one in self.bijectors:
            y = one.inverse(y)
        return y

    def _forward_log_det_jacobian(self, x):
        total = None
        for one in reversed(self.bijectors):
            term = one.forward_log_det_jacobian(x, self.forward_min_event_ndims)
            total = term if total is None else total + term
            x = one.forward(x)
        return array_ops.zeros_like(x) if total is None else total


class Invert(Bijector):
    """The inverse of a bijector."""

    def __init__(self, bijector, validate_args=False, name=None):
        self.bijector = bijector
        super().__init__(validate_args=validate_args, name=name or f"invert_{bijector.name}",
                         forward_min_event_ndims=bijector.forward_min_event_ndims)

    def _forward(self, x):
        return self.bijector.inverse(x)

    def _inverse(self, y):
        return self.bijector.forward(y)

    def _forward_log_det_jacobian(self, x):
        return self.bijector.inverse_log_det_jacobian(x, self.forward_min_event_ndims)


class TransformedDistribution(distribution.Distribution):
    """The distribution of bijector(X), where X has another distribution."""

    def __init__(self, distribution=None, bijector=None, batch_shape=None, event_shape=None,
                 validate_args=False, name=None):
        self._inner, self._bijector = distribution, bijector
        super().__init__(distribution.dtype, distribution.reparameterization_type, validate_args, distribution.allow_nan_stats,
                         {"distribution": distribution, "bijector": bijector}, [],
                         name or bijector.name + distribution.name.rstrip("/").rpartition("/")[2])

    @property
    def distribution(self):
        return self._inner

    @property
    def bijector(self):
        return self._bijector

    def _batch_shape(self):
        return self._inner.batch_shape

    def _batch_shape_tensor(self):
        return self._inner.batch_shape_tensor()

    def _event_shape(self):
        return self._inner.event_shape

    def _event_shape_tensor(self):
        return self._inner.event_shape_tensor()

    def _sample_n(self, n, seed=None):
        return self._bijector.forward(self._inner.sample([n], seed))

    def _log_prob(self, y):
        x = self._bijector.inverse(y)
        event_ndims = max(self._inner.event_shape.ndims or 0, self._bijector.forward_min_event_ndims)
        return self._inner.log_prob(x) - self._bijector.forward_log_det_jacobian(x, event_ndims)

    def _cdf(self, y):
        return self._inner.cdf(self._bijector.inverse(y))

    def _quantile(self, p):
        return self._bijector.forward(self._inner.quantile(p))
