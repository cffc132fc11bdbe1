"""LSTM cells with a coupled gate, and over frequencies."""

from tenseur.python.ops import array_ops, clip_ops, init_ops, math_ops, nn_ops
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops.rnn_cell_impl import LSTMStateTuple, RNNCell


def _sharded(name, shape, dtype, shards):
    """A matrix of which the rows may be kept in several variables, called `name_0`, `name_1`, …."""
    if shards > shape[0]:
        raise ValueError("Too many shards: shape=%s, num_shards=%d" % (shape, shards))
    least, more = divmod(shape[0], shards)
    parts = [vs.get_variable(f"{name}_{i}", [least + (1 if i < more else 0)] + shape[1:], dtype=dtype)
             for i in range(shards)]
    return parts[0] if shards == 1 else array_ops.concat(parts, 0, name=name)


class CoupledInputForgetGateLSTMCell(RNNCell):
    """An LSTM that forgets as much as it takes in (Greff et al. 2015): `c = f·c + (1 − f)·act(j)`."""

    def __init__(self, num_units, use_peepholes=False, initializer=None, num_proj=None, proj_clip=None,
                 num_unit_shards=1,
                 num_proj_shards=1, forget_bias=1.0, state_is_tuple=True, activation=math_ops.tanh, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation
        self._output_size = num_proj or num_units

    @property
    def state_size(self):
        sizes = LSTMStateTuple(self._num_units, self._output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        return self._output_size

    def call(self, inputs, state):
        units, dtype = self._num_units, inputs.dtype.base_dtype
        if self._state_is_tuple:
            c_prev, m_prev = state
        else:
            c_prev = array_ops.slice(state, [0, 0], [-1, units])
            m_prev = array_ops.slice(state, [0, units], [-1, self._output_size])
        with vs.variable_scope(vs.get_variable_scope(), initializer=self._initializer):
            depth = inputs.shape.with_rank(2).as_list()[1] + self._output_size
            weights = _sharded("W", [depth, 3 * units], dtype, self._num_unit_shards)
            bias = vs.get_variable("B", [3 * units], initializer=init_ops.zeros_initializer(), dtype=dtype)
            matrix = nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, m_prev], 1), weights), bias)
            j, f, o = array_ops.split(value=matrix, num_or_size_splits=3, axis=1)
            f = f + self._forget_bias
            if self._use_peepholes:
                f = f + vs.get_variable("W_F_diag", [units], dtype=dtype) * c_prev
            f = math_ops.sigmoid(f)
            c = f * c_prev + (1 - f) * self._activation(j)
            if self._use_peepholes:
                o = o + vs.get_variable("W_O_diag", [units], dtype=dtype) * c
            m = math_ops.sigmoid(o) * self._activation(c)
            if self._num_proj is not None:
                m = math_ops.matmul(m, _sharded("W_P", [units, self._num_proj], dtype, self._num_proj_shards))
                if self._proj_clip is not None:
                    m = clip_ops.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else array_ops.concat([c, m], 1)


class TimeFreqLSTMCell(RNNCell):
    """An LSTM over time and over frequencies (Li et al. 2016): a step goes through pieces of its inputs, each of which
    sees what the piece before it gave.

    Args:
      feature_size: how long a piece is.
      frequency_skip: how far its beginning is from that of the piece before.
    """

    def __init__(self, num_units, use_peepholes=False, cell_clip=None, initializer=None, num_unit_shards=1,
                 forget_bias=1.0,
                 feature_size=None, frequency_skip=1, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size = feature_size
        self._frequency_skip = frequency_skip

    @property
    def output_size(self):
        return 2 * self._num_units

    @property
    def state_size(self):
        return 2 * self._num_units

    def _pieces(self, inputs):
        size = inputs.shape.with_rank(2).as_list()[1]
        if size is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        count = (size - self._feature_size) // self._frequency_skip + 1
        return [array_ops.slice(inputs, [0, at * self._frequency_skip], [-1, self._feature_size])
                for at in range(count)]

    def call(self, inputs, state):
        units, dtype = self._num_units, inputs.dtype.base_dtype
        sigmoid, tanh = math_ops.sigmoid, math_ops.tanh
        pieces = self._pieces(inputs)
        with vs.variable_scope(vs.get_variable_scope(), initializer=self._initializer):
            depth = pieces[0].shape.as_list()[1] + 2 * units
            weights = _sharded("W", [depth, 4 * units], dtype, self._num_unit_shards)
            bias = vs.get_variable("B", [4 * units], initializer=init_ops.zeros_initializer(), dtype=dtype)
            w_f = w_i = w_o = 0.0
            if self._use_peepholes:
                w_f, w_i, w_o = (vs.get_variable(name, [units], dtype=dtype)
                                 for name in ("W_F_diag", "W_I_diag", "W_O_diag"))
            m_freq = array_ops.zeros(array_ops.stack([array_ops.shape(inputs)[0], units]), dtype)
            states, outputs = [], []
            for number, piece in enumerate(pieces):
                c_prev = array_ops.slice(state, [0, 2 * number * units], [-1, units])
                m_prev = array_ops.slice(state, [0, (2 * number + 1) * units], [-1, units])
                matrix = math_ops.matmul(array_ops.concat([piece, m_prev, m_freq], 1), weights)
                i, j, f, o = array_ops.split(value=nn_ops.bias_add(matrix, bias), num_or_size_splits=4, axis=1)
                c = sigmoid(f + self._forget_bias + w_f * c_prev) * c_prev + sigmoid(i + w_i * c_prev) * tanh(j)
                if self._cell_clip is not None:
                    c = clip_ops.clip_by_value(c, -self._cell_clip, self._cell_clip)
                m_freq = sigmoid(o + w_o * c) * tanh(c)
                states += [c, m_freq]
                outputs.append(m_freq)
        return array_ops.concat(outputs, 1), array_ops.concat(states, 1)
