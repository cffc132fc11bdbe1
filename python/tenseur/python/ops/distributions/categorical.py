"""The categorical distribution: one of K classes, by its number or as a one-hot vector."""

import numpy as np

from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, math_ops, nn, random_ops
from tenseur.python.ops.distributions import bernoulli, distribution, kullback_leibler


class _Classes(distribution.Distribution):
    """Logits or probabilities over the last axis."""

    def __init__(self, logits, probs, dtype, validate_args, allow_nan_stats, parameters, name):
        with ops.name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = bernoulli.logits_and_probs(logits, probs, multidimensional=True)
        super().__init__(dtype, distribution.NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters,
                         [self._logits, self._probs], scope)

    @property
    def logits(self):
        return self._logits

    @property
    def probs(self):
        return self._probs

    @property
    def event_size(self):
        size = self._logits.shape[-1].value if self._logits.shape.ndims is not None else None
        return array_ops.shape(self._logits)[-1] if size is None else ops.convert_to_tensor(np.int32(size), name="event_size")

    def _batch_shape(self):
        return self._logits.shape[:-1]

    def _batch_shape_tensor(self):
        return array_ops.shape(self._logits)[:-1]

    def _draws(self, n, seed):
        """Numbers of classes, of shape [n, *batch]."""
        size = self._logits.shape[-1].value
        flat = array_ops.reshape(self._logits, [-1, array_ops.shape(self._logits)[-1] if size is None else size])
        drawn = random_ops.multinomial(flat, n, seed=seed)
        shape = self._known_or(self.batch_shape, self._batch_shape_tensor)
        return array_ops.reshape(array_ops.transpose(drawn), array_ops.concat([[n], shape], 0))

    def _entropy(self):
        return -math_ops.reduce_sum(nn.log_softmax(self._logits) * self._probs, axis=-1)


class Categorical(_Classes):
    """P[k] = probs[…, k] = softmax(logits)[…, k]."""

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True,
                 name="Categorical"):
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, dict(locals()), name)

    def _sample_n(self, n, seed=None):
        return math_ops.cast(self._draws(n, seed), self._dtype)

    def _log_prob(self, k):
        k, logits = ops.convert_to_tensor(k, name="k"), self._logits
        if k.dtype.is_floating:
            k = math_ops.cast(k, dtypes.int32)
        if k.shape.ndims != self.batch_shape.ndims or k.shape.as_list() != self.batch_shape.as_list():
            k = k * array_ops.ones_like(logits[..., 0], dtype=k.dtype)
            logits = logits * array_ops.expand_dims(array_ops.ones_like(k, dtype=logits.dtype), -1)
        return -nn.sparse_softmax_cross_entropy_with_logits(labels=k, logits=logits)

    def _cdf(self, k):
        # TensorFlow's is P[X < k].
        sums = math_ops.cumsum(self._probs, axis=-1, exclusive=True)
        chosen = array_ops.one_hot(math_ops.cast(k, dtypes.int32), self.event_size, dtype=sums.dtype)
        return math_ops.reduce_sum(sums * chosen, -1)

    def _mode(self):
        return math_ops.cast(math_ops.argmax(self._logits, axis=-1), self._dtype)


class OneHotCategorical(_Classes):
    """Samples are one-hot vectors."""

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True,
                 name="OneHotCategorical"):
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, dict(locals()), name)

    def _event_shape(self):
        return self._logits.shape[-1:]

    def _event_shape_tensor(self):
        return array_ops.shape(self._logits)[-1:]

    def _sample_n(self, n, seed=None):
        return array_ops.one_hot(self._draws(n, seed), self.event_size, dtype=self._dtype)

    def _log_prob(self, x):
        x = math_ops.cast(x, self._logits.dtype.base_dtype)
        return math_ops.reduce_sum(x * nn.log_softmax(self._logits), -1)

    def _mode(self):
        return array_ops.one_hot(math_ops.argmax(self._logits, axis=-1), self.event_size, dtype=self._dtype)

    def _mean(self):
        return array_ops.identity(self._probs)


@kullback_leibler.RegisterKL(_Classes, _Classes)
def _kl_categorical_categorical(a, b, name=None):
    with ops.name_scope(name, "kl_categorical_categorical", values=[a.logits, b.logits]):
        difference = nn.log_softmax(a.logits) - nn.log_softmax(b.logits)
        return math_ops.reduce_sum(a.probs * difference, axis=-1)
