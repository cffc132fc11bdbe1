"""The Dirichlet distribution."""

from tenseur.python.ops.distributions.beta import Dirichlet  # noqa: F401
