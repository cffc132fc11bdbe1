"""All of `tf.losses` under one name."""

from tenseur.python.ops.losses.losses_impl import *  # noqa: F401, F403
from tenseur.python.ops.losses.util import *  # noqa: F401, F403
