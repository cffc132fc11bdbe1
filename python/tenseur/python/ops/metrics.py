"""All of `tf.metrics` under one name."""

from tenseur.python.ops.metrics_impl import *  # noqa: F401, F403
