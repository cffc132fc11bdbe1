"""What all probability distributions have: `tf.distributions.Distribution`."""

import contextlib

import numpy as np

from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, math_ops


class ReparameterizationType:
    """Whether samples are a differentiable function of the parameters."""

    def __init__(self, rep_type):
        self._rep_type = rep_type

    def __repr__(self):
        return f"<Reparameterization Type: {self._rep_type}>"

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


FULLY_REPARAMETERIZED = ReparameterizationType("FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = ReparameterizationType("NOT_REPARAMETERIZED")


class Distribution:
    """A batch of independent random variables of one kind.

    Subclasses have `_sample_n(n, seed)`, `_log_prob(value)` and, where a formula is known, `_mean()`, `_variance()`,
    `_mode()`, `_entropy()`, `_cdf(value)`, `_quantile(value)`; `_batch_shape()` and `_event_shape()` say their shapes.
    """

    def __init__(self, dtype, reparameterization_type, validate_args, allow_nan_stats, parameters=None, graph_parents=None,
                 name=None):
        self._dtype = dtypes.as_dtype(dtype)
        self._reparameterization_type = reparameterization_type
        self._validate_args = validate_args
        self._allow_nan_stats = allow_nan_stats
        self._parameters = {key: value for key, value in (parameters or {}).items()
                            if key not in ("self", "__class__") and not key.startswith("_")}
        self._graph_parents = graph_parents or []
        name = name or type(self).__name__
        if not name.endswith("/"):
            with ops.name_scope(name) as name:
                pass
        self._name = name

    # What it is.

    @property
    def name(self):
        return self._name

    @property
    def dtype(self):
        return self._dtype

    @property
    def parameters(self):
        return dict(self._parameters)

    @property
    def reparameterization_type(self):
        return self._reparameterization_type

    @property
    def allow_nan_stats(self):
        return self._allow_nan_stats

    @property
    def validate_args(self):
        return self._validate_args

    @property
    def batch_shape(self):
        """The shape of the batch, as far as it is known while the graph is built."""
        return tensor_shape.TensorShape(self._batch_shape())

    @property
    def event_shape(self):
        """The shape of one sample of one member of the batch."""
        return tensor_shape.TensorShape(self._event_shape())

    def batch_shape_tensor(self, name="batch_shape_tensor"):
        with self._name_scope(name):
            return self._known_or(self.batch_shape, self._batch_shape_tensor, "batch_shape")

    def event_shape_tensor(self, name="event_shape_tensor"):
        with self._name_scope(name):
            return self._known_or(self.event_shape, self._event_shape_tensor, "event_shape")

    @staticmethod
    def _known_or(shape, function, name="shape"):
        if shape.is_fully_defined():
            return ops.convert_to_tensor(np.array(shape.as_list(), np.int32), name=name)
        return function()

    def _event_shape(self):
        return []

    def _event_shape_tensor(self):
        return ops.convert_to_tensor(np.array([], np.int32))

    def is_scalar_event(self, name="is_scalar_event"):
        return ops.convert_to_tensor(self.event_shape.ndims == 0)

    def is_scalar_batch(self, name="is_scalar_batch"):
        return ops.convert_to_tensor(self.batch_shape.ndims == 0)

    def copy(self, **override_parameters_kwargs):
        """The same distribution with other values of some parameters."""
        return type(self)(**{**self._parameters, **override_parameters_kwargs})

    @contextlib.contextmanager
    def _name_scope(self, name=None, values=None):
        with ops.name_scope(self._name), ops.name_scope(name, values=values or []) as scope:
            yield scope

    def _value(self, value):
        return ops.convert_to_tensor(value, name="value", preferred_dtype=self._dtype) if not isinstance(value, ops.Tensor) else value

    # What it does.

    def sample(self, sample_shape=(), seed=None, name="sample"):
        """Samples, of shape [*sample_shape, *batch_shape, *event_shape]."""
        with self._name_scope(name, [sample_shape]):
            flat, n = self._flat_shape(ops.convert_to_tensor(sample_shape, dtype=dtypes.int32, name="sample_shape"))
            samples = self._attempt("_sample_n", None, n, seed)
            rest = array_ops.shape(samples)[1:]
            samples = array_ops.reshape(samples, array_ops.concat([flat, rest], 0))
            static = self._static_shape(tensor_util.constant_value(flat))
            if static is not None:
                samples.set_shape(static)
            return samples

    @staticmethod
    def _flat_shape(shape):
        """The shape as a vector, and how many samples that are."""
        known = tensor_util.constant_value(shape)
        n = math_ops.reduce_prod(shape) if known is None else int(np.prod(known))
        if shape.shape.ndims == 0:
            shape = array_ops.expand_dims(shape, 0) if known is None else ops.convert_to_tensor(
                np.array([known], np.int32), name="sample_shape")
        return shape, n

    def _static_shape(self, known):
        if known is None or self.batch_shape.ndims is None or self.event_shape.ndims is None:
            return None
        return [*known, *self.batch_shape.as_list(), *self.event_shape.as_list()]

    def _attempt(self, name, otherwise, *arguments):
        method = getattr(self, name, None)
        if method is not None:
            return method(*arguments)
        if otherwise is None:
            raise NotImplementedError(f"{name[1:]} is not implemented: {type(self).__name__}")
        return otherwise()

    def log_prob(self, value, name="log_prob"):
        """log p(value)."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_log_prob", lambda: math_ops.log(self._attempt("_prob", None, value)), value)

    def prob(self, value, name="prob"):
        """p(value)."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_prob", lambda: math_ops.exp(self._attempt("_log_prob", None, value)), value)

    def cdf(self, value, name="cdf"):
        """P[X ≤ value]."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_cdf", lambda: math_ops.exp(self._attempt("_log_cdf", None, value)), value)

    def log_cdf(self, value, name="log_cdf"):
        """log P[X ≤ value]."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_log_cdf", lambda: math_ops.log(self._attempt("_cdf", None, value)), value)

    def survival_function(self, value, name="survival_function"):
        """P[X > value]."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_survival_function", lambda: 1.0 - self.cdf(value), value)

    def log_survival_function(self, value, name="log_survival_function"):
        """log P[X > value]."""
        with self._name_scope(name, [value]):
            value = self._value(value)
            return self._attempt("_log_survival_function", lambda: math_ops.log(self.survival_function(value)), value)

    def quantile(self, value, name="quantile"):
        """The x of which P[X ≤ x] is `value`."""
        with self._name_scope(name, [value]):
            return self._attempt("_quantile", None, self._value(value))

    def entropy(self, name="entropy"):
        """−Σ p log p, in nats."""
        with self._name_scope(name):
            return self._attempt("_entropy", None)

    def mean(self, name="mean"):
        with self._name_scope(name):
            return self._attempt("_mean", None)

    def mode(self, name="mode"):
        with self._name_scope(name):
            return self._attempt("_mode", None)

    def variance(self, name="variance"):
        """E[(X − E[X])²]."""
        with self._name_scope(name):
            return self._attempt("_variance", lambda: math_ops.square(self._attempt("_stddev", None)))

    def stddev(self, name="stddev"):
        """The square root of the variance."""
        with self._name_scope(name):
            return self._attempt("_stddev", lambda: math_ops.sqrt(self._attempt("_variance", None)))

    def covariance(self, name="covariance"):
        """The covariances of an event's coordinates."""
        with self._name_scope(name):
            return self._attempt("_covariance", None)

    def cross_entropy(self, other, name="cross_entropy"):
        """−Σ p log q."""
        from tenseur.python.ops.distributions import kullback_leibler
        with self._name_scope(name):
            return kullback_leibler.cross_entropy(self, other)

    def kl_divergence(self, other, name="kl_divergence"):
        """Σ p log(p/q)."""
        from tenseur.python.ops.distributions import kullback_leibler
        with self._name_scope(name):
            return kullback_leibler.kl_divergence(self, other, self._allow_nan_stats)

    def __str__(self):
        return (f'tfp.distributions.{type(self).__name__}("{self._name}", batch_shape={self.batch_shape}, '
                f"event_shape={self.event_shape}, dtype={self._dtype.name})")

    def __repr__(self):
        return (f"<tfp.distributions.{type(self).__name__} '{self._name}' batch_shape={self.batch_shape} "
                f"event_shape={self.event_shape} dtype={self._dtype.name}>")


def parameter(value, name, dtype=None):
    """A parameter as a tensor called `name`; whole numbers become floats."""
    if not isinstance(value, ops.Tensor):
        value = ops.convert_to_tensor(value, dtype=dtype, preferred_dtype=dtypes.float32, name=name)
    return array_ops.identity(value, name=name)


def another_seed(seed, salt):
    """A seed for a second generator; `None` stays `None`."""
    if seed is None:
        return None
    import hashlib
    return int(hashlib.md5(f"{seed}{salt}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF


def together(*values):
    """The parameters as tensors of one type: that of the first that has one."""
    dtype = next((dtypes.as_dtype(value.dtype).base_dtype for value in values if hasattr(value, "dtype")), None)
    return [ops.convert_to_tensor(value, dtype=dtype, preferred_dtype=dtypes.float32) for value in values]


class BatchOf(Distribution):
    """A distribution whose batch is what its parameters broadcast to; `self._broadcast` has those parameters."""

    _broadcast = ()

    def _batch_shape(self):
        shape = tensor_shape.TensorShape([])
        for value in self._broadcast:
            shape = array_ops.broadcast_static_shape(shape, value.shape)
        return shape

    def _batch_shape_tensor(self):
        shape = ops.convert_to_tensor(np.array([], np.int32))
        for value in self._broadcast:
            shape = array_ops.broadcast_dynamic_shape(shape, array_ops.shape(value))
        return shape

    def _samples_shape(self, n):
        """[n, *batch_shape]."""
        return array_ops.concat([[n], self.batch_shape_tensor()], 0)

    def _filled(self, value):
        """The value for every member of the batch."""
        return value * array_ops.ones(self._known_or(self.batch_shape, self._batch_shape_tensor), dtype=value.dtype)
