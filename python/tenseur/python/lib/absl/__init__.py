"""The package absl, which came with TensorFlow, for programs where it is not installed: flags, app, logging and testing."""

from tenseur.python.platform import flags  # noqa: F401
