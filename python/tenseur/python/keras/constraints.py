"""Functions that bring weights back to where they are allowed: `tf.keras.constraints`."""

from tenseur.python.keras import backend
from tenseur.python.keras.utils.generic_utils import with_custom
from tenseur.python.ops import math_ops


class Constraint:
    """A function from weights to allowed ones."""

    def __call__(self, w):
        return w

    def get_config(self):
        return {}


class MaxNorm(Constraint):
    """Norms along `axis` are at most `max_value`."""

    def __init__(self, max_value=2, axis=0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w):
        norms = backend.sqrt(math_ops.reduce_sum(math_ops.square(w), self.axis, keepdims=True))
        return w * (backend.clip(norms, 0, self.max_value) / (backend.epsilon() + norms))

    def get_config(self):
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """What is negative becomes 0."""

    def __call__(self, w):
        return w * math_ops.cast(w >= 0.0, w.dtype)


class UnitNorm(Constraint):
    """Norms along `axis` are 1."""

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        return w / (backend.epsilon() + backend.sqrt(math_ops.reduce_sum(math_ops.square(w), self.axis, keepdims=True)))

    def get_config(self):
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms along `axis` go towards the range from `min_value` to `max_value`."""

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w):
        norms = backend.sqrt(math_ops.reduce_sum(math_ops.square(w), self.axis, keepdims=True))
        wanted = self.rate * backend.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (backend.epsilon() + norms))

    def get_config(self):
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm
maxnorm, nonneg, unitnorm = MaxNorm, NonNeg, UnitNorm


def get(identifier):
    """The constraint of this name; a function as it is."""
    if isinstance(identifier, str):
        found = with_custom(globals()).get(identifier)
        if found is None:
            raise ValueError(f"Unknown constraint: {identifier}")
        return found()
    if isinstance(identifier, dict):
        return with_custom(globals())[identifier["class_name"]](**identifier["config"])
    if identifier is None or callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret constraint identifier: {identifier}")
