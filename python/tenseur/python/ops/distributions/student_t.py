"""Student's t distribution."""

from tenseur.python.ops.distributions.laplace import StudentT  # noqa: F401
