"""The exponential distribution."""

from tenseur.python.ops.distributions.gamma import Exponential  # noqa: F401
