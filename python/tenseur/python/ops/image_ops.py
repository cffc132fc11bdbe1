"""All of `tf.image` under one name."""

from tenseur.python.ops.image_ops_impl import *  # noqa: F401, F403
from tenseur.python.ops.image_ops_impl import _ImageDimensions  # noqa: F401
