"""Counts of classes whose probabilities are drawn too."""

from tenseur.python.ops.distributions.beta import DirichletMultinomial  # noqa: F401
