"""Activations by name: `tf.keras.activations`."""

from tenseur.python.keras import backend
from tenseur.python.keras.utils.generic_utils import with_custom
from tenseur.python.ops import math_ops, nn


def softmax(x, axis=-1):
    """`exp(xᵢ) / Σⱼ exp(xⱼ)` along an axis."""
    if x.get_shape().ndims in (None, 2) or axis in (-1, x.get_shape().ndims - 1):
        return nn.softmax(x, axis=-1)
    return nn.softmax(x, axis=axis)


def elu(x, alpha=1.0):
    return backend.elu(x, alpha)


def selu(x):
    return nn.selu(x)


def softplus(x):
    return nn.softplus(x)


def softsign(x):
    return nn.softsign(x)


def relu(x, alpha=0.0, max_value=None, threshold=0):
    return backend.relu(x, alpha=alpha, max_value=max_value, threshold=threshold)


def tanh(x):
    return nn.tanh(x)


def sigmoid(x):
    return nn.sigmoid(x)


def exponential(x):
    return math_ops.exp(x)


def hard_sigmoid(x):
    return backend.hard_sigmoid(x)


def linear(x):
    return x


def swish(x):
    return nn.swish(x)


_NAMES = ("softmax", "elu", "selu", "softplus", "softsign", "relu", "tanh", "sigmoid", "exponential", "hard_sigmoid", "linear",
          "swish")


def serialize(activation):
    if getattr(activation, "__name__", "").endswith("_v2"):
        return activation.__name__[:-3]
    return getattr(activation, "__name__", activation)


def deserialize(name, custom_objects=None):
    found = with_custom({}, custom_objects).get(name) or (globals()[name] if name in _NAMES else None)
    if found is None:
        raise ValueError("Unknown activation function:" + str(name))
    return found


def get(identifier):
    """The activation of this name; a function as it is, `None` as the identity."""
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")
