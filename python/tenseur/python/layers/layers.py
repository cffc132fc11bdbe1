"""All of `tf.layers` under one name."""

from tenseur.python.layers.base import Layer  # noqa: F401
from tenseur.python.layers.convolutional import *  # noqa: F401, F403
from tenseur.python.layers.core import Dense, Dropout, Flatten, dense, dropout, flatten  # noqa: F401
from tenseur.python.layers.normalization import BatchNormalization, batch_normalization  # noqa: F401
from tenseur.python.layers.pooling import *  # noqa: F401, F403
