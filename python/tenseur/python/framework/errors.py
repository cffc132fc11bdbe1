"""Exceptions, by TensorFlow's kinds: `tf.errors`."""

from tenseur.python.framework.errors_impl import *  # noqa: F401,F403
