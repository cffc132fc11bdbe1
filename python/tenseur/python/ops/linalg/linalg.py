"""`tf.linalg`, as a module."""

from tenseur.python.ops.linalg.linalg_impl import *  # noqa: F401, F403
