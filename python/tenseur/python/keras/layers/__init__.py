"""All of `tf.keras.layers` under one name."""

from tenseur.python.keras.engine.base_layer import Layer  # noqa: F401
from tenseur.python.keras.engine.input_layer import Input, InputLayer  # noqa: F401
from tenseur.python.keras.engine.input_spec import InputSpec  # noqa: F401
from tenseur.python.keras.layers.advanced_activations import *  # noqa: F401, F403
from tenseur.python.keras.layers.convolutional import *  # noqa: F401, F403
from tenseur.python.keras.layers.core import *  # noqa: F401, F403
from tenseur.python.keras.layers.embeddings import Embedding  # noqa: F401
from tenseur.python.keras.layers.merge import *  # noqa: F401, F403
from tenseur.python.keras.layers.noise import GaussianDropout, GaussianNoise  # noqa: F401
from tenseur.python.keras.layers.normalization import BatchNormalization, LayerNormalization  # noqa: F401
from tenseur.python.keras.layers.pooling import *  # noqa: F401, F403
from tenseur.python.keras.layers.recurrent import (  # noqa: F401
    GRU, LSTM, RNN, CuDNNGRU, CuDNNLSTM, GRUCell, LSTMCell, SimpleRNN, SimpleRNNCell, StackedRNNCells,
)
from tenseur.python.keras.layers.wrappers import Bidirectional, TimeDistributed, Wrapper  # noqa: F401
