"""Cells, where TensorFlow 1.0 and 1.1 had them."""

from tenseur.contrib.rnn.python.ops.core_rnn_cell import *  # noqa: F401, F403
from tenseur.contrib.rnn.python.ops.core_rnn_cell import (  # noqa: F401
    _BIAS_VARIABLE_NAME, _linear, _Linear, _WEIGHTS_VARIABLE_NAME)
