"""Distributions of what invertible maps give."""

from tenseur.python.ops.distributions.bijector import TransformedDistribution  # noqa: F401
