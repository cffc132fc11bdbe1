"""Counts of classes in several draws."""

from tenseur.python.ops.distributions.beta import Multinomial  # noqa: F401
