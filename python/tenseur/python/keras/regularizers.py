"""Penalties on weights: `tf.keras.regularizers`."""

from tenseur.python.keras import backend
from tenseur.python.keras.utils.generic_utils import with_custom
from tenseur.python.ops import math_ops


class Regularizer:
    """A function from weights to what they cost."""

    def __call__(self, x):
        return 0.0

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class L1L2(Regularizer):
    """`l1 · Σ|x| + l2 · Σx²`."""

    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, x):
        if not self.l1 and not self.l2:
            return backend.constant(0.0)
        cost = 0.0
        if self.l1:
            cost += math_ops.reduce_sum(self.l1 * math_ops.abs(x))
        if self.l2:
            cost += math_ops.reduce_sum(self.l2 * math_ops.square(x))
        return cost

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}


def l1(l=0.01):  # noqa: E741
    return L1L2(l1=l)


def l2(l=0.01):  # noqa: E741
    return L1L2(l2=l)


def l1_l2(l1=0.01, l2=0.01):
    return L1L2(l1=l1, l2=l2)


def serialize(regularizer):
    return None if regularizer is None else {"class_name": type(regularizer).__name__, "config": regularizer.get_config()}


def deserialize(config, custom_objects=None):
    return with_custom(globals(), custom_objects)[config["class_name"]](**config["config"])


def get(identifier):
    """The regularizer of this name; a function as it is."""
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = with_custom({name: globals()[name] for name in ("l1", "l2", "l1_l2", "L1L2")}).get(identifier)
        if found is None:
            raise ValueError(f"Unknown regularizer:{identifier}")
        return found() if isinstance(found, type) or found in (l1, l2, l1_l2) else found
    if identifier is None or callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret regularizer identifier: {identifier}")
