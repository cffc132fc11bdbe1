"""More cells: layer normalization, attention over the past, highways, convolutions, …."""

from tenseur.contrib.rnn.python.ops._frequency_cells import (  # noqa: F401
    CoupledInputForgetGateLSTMCell, TimeFreqLSTMCell)
from tenseur.contrib.rnn.python.ops.core_rnn_cell import (  # noqa: F401
    EmbeddingWrapper, InputProjectionWrapper, OutputProjectionWrapper, _linear, _Linear)
from tenseur.python.framework import ops, tensor_shape
from tenseur.python.ops import array_ops, init_ops, math_ops, nn_impl, nn_ops
from tenseur.python.ops import rnn_cell_impl
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops.rnn_cell_impl import LSTMStateTuple, RNNCell, _activation, _depth
from tenseur.python.util import nest


class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM whose gates and memory are normalized over the units (Ba et al. 2016), with dropout of what is
    remembered."""

    def __init__(self, num_units, forget_bias=1.0, input_size=None, activation=math_ops.tanh, layer_norm=True,
                 norm_gain=1.0,
                 norm_shift=0.0, dropout_keep_prob=1.0, dropout_prob_seed=None, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        return self._num_units

    def _norm(self, x, scope, dtype):
        size = x.shape.as_list()[-1:]
        with vs.variable_scope(scope):
            gamma = vs.get_variable("gamma", shape=size, dtype=dtype,
                                    initializer=init_ops.constant_initializer(self._norm_gain))
            beta = vs.get_variable("beta", shape=size, dtype=dtype,
                                   initializer=init_ops.constant_initializer(self._norm_shift))
            mean, variance = nn_impl.moments(x, [1], keep_dims=True)
            return nn_impl.batch_normalization(x, mean, variance, beta, gamma, 1e-12)

    def call(self, inputs, state):
        c, h = state
        args = array_ops.concat([inputs, h], 1)
        dtype = args.dtype.base_dtype
        weights = vs.get_variable("kernel", [args.shape.as_list()[-1], 4 * self._num_units], dtype=dtype)
        matrix = math_ops.matmul(args, weights)
        if not self._layer_norm:
            matrix = nn_ops.bias_add(matrix, vs.get_variable("bias", [4 * self._num_units], dtype=dtype))
        i, j, f, o = array_ops.split(value=matrix, num_or_size_splits=4, axis=1)
        if self._layer_norm:
            i, j, f, o = (self._norm(gate, name, dtype) for gate, name in (
                (i, "input"), (j, "transform"), (f, "forget"), (o, "output")))
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = nn_ops.dropout(g, self._keep_prob, seed=self._seed)
        new_c = c * math_ops.sigmoid(f + self._forget_bias) + math_ops.sigmoid(i) * g
        if self._layer_norm:
            new_c = self._norm(new_c, "state", dtype)
        new_h = self._activation(new_c) * math_ops.sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h)


class NASCell(rnn_cell_impl.LayerRNNCell):
    """The cell that neural architecture search found (Zoph, Le 2016)."""

    def __init__(self, num_units, num_proj=None, use_bias=False, reuse=None, **kwargs):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_proj or self._num_units)

    @property
    def output_size(self):
        return self._num_proj or self._num_units

    def build(self, inputs_shape):
        units = self._num_units
        self.recurrent_kernel = self.add_variable("recurrent_kernel", [self.output_size, 8 * units])
        self.kernel = self.add_variable("kernel", [_depth(inputs_shape), 8 * units])
        if self._use_bias:
            self.bias = self.add_variable("bias", shape=[8 * units], initializer=init_ops.zeros_initializer())
        if self._num_proj is not None:
            self.projection_weights = self.add_variable("projection_weights", [units, self._num_proj])
        self.built = True

    def call(self, inputs, state):
        sigmoid, tanh, relu = math_ops.sigmoid, math_ops.tanh, nn_ops.relu
        c_prev, m_prev = state
        m = math_ops.matmul(m_prev, self.recurrent_kernel)
        if self._use_bias:
            m = nn_ops.bias_add(m, self.bias)
        m = array_ops.split(axis=1, num_or_size_splits=8, value=m)
        x = array_ops.split(axis=1, num_or_size_splits=8, value=math_ops.matmul(inputs, self.kernel))
        first = [sigmoid(x[0] + m[0]), relu(x[1] + m[1]), sigmoid(x[2] + m[2]), relu(x[3] * m[3]), tanh(x[4] + m[4]),
                 sigmoid(x[5] + m[5]), tanh(x[6] + m[6]), sigmoid(x[7] + m[7])]
        second = [tanh(first[0] * first[1]), tanh(first[2] + first[3]), tanh(first[4] * first[5]),
                  sigmoid(first[6] + first[7])]
        new_c = tanh(second[0] + c_prev) * second[1]
        new_m = tanh(new_c * tanh(second[2] + second[3]))
        if self._num_proj is not None:
            new_m = math_ops.matmul(new_m, self.projection_weights)
        return new_m, LSTMStateTuple(new_c, new_m)


class AttentionCellWrapper(RNNCell):
    """A cell that sees a mean of its last `attn_length` outputs, with weights that it chooses."""

    def __init__(self, cell, attn_length, attn_size=None, attn_vec_size=None, input_size=None, state_is_tuple=True,
                 reuse=None):
        super().__init__(_reuse=reuse)
        rnn_cell_impl.assert_like_rnncell("cell", cell)
        if nest.is_sequence(cell.state_size) and not state_is_tuple:
            raise ValueError("Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: %s"
                             % str(
                cell.state_size))
        if attn_length <= 0:
            raise ValueError("attn_length should be greater than zero, got %s" % str(attn_length))
        attn_size = cell.output_size if attn_size is None else attn_size
        self._state_is_tuple = state_is_tuple
        self._cell = cell
        self._attn_vec_size = attn_size if attn_vec_size is None else attn_vec_size
        self._input_size = input_size
        self._attn_size = attn_size
        self._attn_length = attn_length
        self._linear1 = self._linear2 = self._linear3 = None

    @property
    def state_size(self):
        size = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return size if self._state_is_tuple else sum(size)

    @property
    def output_size(self):
        return self._attn_size

    def call(self, inputs, state):
        size, length = self._attn_size, self._attn_length
        if self._state_is_tuple:
            state, attns, attn_states = state
        else:
            own = self._cell.state_size
            whole = state
            state = array_ops.slice(whole, [0, 0], [-1, own])
            attns = array_ops.slice(whole, [0, own], [-1, size])
            attn_states = array_ops.slice(whole, [0, own + size], [-1, size * length])
        attn_states = array_ops.reshape(attn_states, [-1, length, size])
        if self._linear1 is None:
            self._linear1 = _Linear([inputs, attns], self._input_size or inputs.shape.as_list()[1], True)
        output, new_state = self._cell(self._linear1([inputs, attns]), state)
        query = array_ops.concat(nest.flatten(new_state), 1) if self._state_is_tuple else new_state
        new_attns, new_attn_states = self._attention(query, attn_states)
        with vs.variable_scope("attn_output_projection"):
            if self._linear2 is None:
                self._linear2 = _Linear([output, new_attns], size, True)
            output = self._linear2([output, new_attns])
        new_attn_states = array_ops.concat([new_attn_states, array_ops.expand_dims(output, 1)], 1)
        new_attn_states = array_ops.reshape(new_attn_states, [-1, length * size])
        new_state = (new_state, new_attns, new_attn_states)
        return output, new_state if self._state_is_tuple else array_ops.concat(list(new_state), 1)

    def _attention(self, query, attn_states):
        size, length = self._attn_size, self._attn_length
        with vs.variable_scope("attention"):
            k = vs.get_variable("attn_w", [1, 1, size, self._attn_vec_size])
            v = vs.get_variable("attn_v", [self._attn_vec_size])
            hidden = array_ops.reshape(attn_states, [-1, length, 1, size])
            features = nn_ops.conv2d(hidden, k, [1, 1, 1, 1], "SAME")
            if self._linear3 is None:
                self._linear3 = _Linear(query, self._attn_vec_size, True)
            y = array_ops.reshape(self._linear3(query), [-1, 1, 1, self._attn_vec_size])
            weights = nn_ops.softmax(math_ops.reduce_sum(v * math_ops.tanh(features + y), [2, 3]))
            mean = math_ops.reduce_sum(array_ops.reshape(weights, [-1, length, 1, 1]) * hidden, [1, 2])
            return array_ops.reshape(mean, [-1, size]), array_ops.slice(attn_states, [0, 1, 0], [-1, -1, -1])


class HighwayWrapper(RNNCell):
    """A cell of whose outputs a learned part is its inputs: `x·t + y·(1−t)` (Srivastava et al. 2015)."""

    def __init__(self, cell, couple_carry_transform_gates=True, carry_bias_init=1.0):
        super().__init__()
        self._cell = cell
        self._couple = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)

    def _gate(self, x, name, bias):
        size = x.shape.as_list()[1]
        weight = vs.get_variable(name + "_w", [size, size])
        bias = vs.get_variable(name + "_b", [size], initializer=init_ops.constant_initializer(bias))
        return math_ops.sigmoid(nn_ops.xw_plus_b(x, weight, bias))

    def _highway(self, x, y):
        carry = self._gate(x, "carry", self._carry_bias_init)
        transform = 1 - carry if self._couple else self._gate(x, "transform", -self._carry_bias_init)
        return x * carry + y * transform

    def __call__(self, inputs, state, scope=None):
        """One step."""
        outputs, new_state = self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        return nest.map_structure(self._highway, inputs, outputs), new_state


class UGRNNCell(RNNCell):
    """The update gate network (Collins et al. 2016): `g, c = W·[x, h] + b`, `h = σ(g + forget_bias)·h +
    (1−σ(…))·act(c)`."""

    def __init__(self, num_units, initializer=None, forget_bias=1.0, activation=math_ops.tanh, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear = None

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def call(self, inputs, state):
        with vs.variable_scope(vs.get_variable_scope(), initializer=self._initializer):
            both = array_ops.concat([inputs, state], 1)
            if self._linear is None:
                self._linear = _Linear(both, 2 * self._num_units, True)
            g, c = array_ops.split(axis=1, num_or_size_splits=2, value=self._linear(both))
            g = math_ops.sigmoid(g + self._forget_bias)
            new_state = g * state + (1.0 - g) * self._activation(c)
        return new_state, new_state


class SRUCell(rnn_cell_impl.LayerRNNCell):
    """The simple recurrent unit (Lei, Zhang 2017)."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self._num_units = num_units
        self._activation = _activation(activation, math_ops.tanh)

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        units = self._num_units
        self._kernel = self.add_variable("kernel", shape=[_depth(inputs_shape), 4 * units])
        self._bias = self.add_variable("bias", shape=[2 * units], initializer=init_ops.zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        mixed = math_ops.matmul(inputs, self._kernel)
        x, f, r, skipped = array_ops.split(value=mixed, num_or_size_splits=4, axis=1)
        gates = math_ops.sigmoid(nn_ops.bias_add(array_ops.concat([f, r], 1), self._bias))
        f, r = array_ops.split(value=gates, num_or_size_splits=2, axis=1)
        c = f * state + (1.0 - f) * x
        return r * self._activation(c) + (1.0 - r) * skipped, c


class IndRNNCell(rnn_cell_impl.LayerRNNCell):
    """The independently recurrent network (Li et al. 2018): `h = act(W·x + u·h + b)`, where u is a vector."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._activation = _activation(activation, math_ops.tanh)

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        units = self._num_units
        self._kernel_w = self.add_variable("kernel_w", shape=[_depth(inputs_shape), units])
        self._kernel_u = self.add_variable("kernel_u", shape=[1, units],
                                           initializer=init_ops.random_uniform_initializer(minval=-1, maxval=1,
                                                                                           dtype=self._dtype))
        self._bias = self.add_variable("bias", shape=[units], initializer=init_ops.zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        gate_inputs = math_ops.matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(nn_ops.bias_add(gate_inputs, self._bias))
        return output, output


class ConvLSTMCell(RNNCell):
    """An LSTM over images, whose products are convolutions (Shi et al. 2015).

    Args:
      conv_ndims: over how many axes: 1, 2 or 3.
      input_shape: the sizes of an input without the batch axis, channels last.
      output_channels, kernel_shape: of the convolutions.
      skip_connection: whether the inputs come behind the outputs.
    """

    def __init__(self, conv_ndims, input_shape, output_channels, kernel_shape, use_bias=True, skip_connection=False,
                 forget_bias=1.0, initializers=None, name="conv_lstm_cell"):
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError("Invalid input_shape {} for conv_ndims={}.".format(input_shape, conv_ndims))
        self._conv_ndims = conv_ndims
        self._input_shape = list(input_shape)
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip_connection = skip_connection
        channels = output_channels + (self._input_shape[-1] if skip_connection else 0)
        size = tensor_shape.TensorShape(self._input_shape[:-1] + [output_channels])
        self._state_size = LSTMStateTuple(size, size)
        self._output_size = tensor_shape.TensorShape(self._input_shape[:-1] + [channels])

    @property
    def output_size(self):
        return self._output_size

    @property
    def state_size(self):
        return self._state_size

    def call(self, inputs, state, scope=None):
        cell, hidden = state
        gates = self._convolved([inputs, hidden], 4 * self._output_channels)
        i, j, f, o = array_ops.split(value=gates, num_or_size_splits=4, axis=self._conv_ndims + 1)
        new_cell = math_ops.sigmoid(f + self._forget_bias) * cell + math_ops.sigmoid(i) * math_ops.tanh(j)
        output = math_ops.tanh(new_cell) * math_ops.sigmoid(o)
        state = LSTMStateTuple(new_cell, output)
        if self._skip_connection:
            output = array_ops.concat([output, inputs], axis=-1)
        return output, state

    def _convolved(self, args, features):
        depth = sum(arg.shape.as_list()[-1] for arg in args)
        dtype = args[0].dtype.base_dtype
        kernel = vs.get_variable("kernel", self._kernel_shape + [depth, features], dtype=dtype)
        whole = array_ops.concat(axis=-1, values=args) if len(args) > 1 else args[0]
        if self._conv_ndims == 1:
            result = nn_ops.conv1d(whole, kernel, 1, "SAME")
        elif self._conv_ndims == 2:
            result = nn_ops.conv2d(whole, kernel, [1, 1, 1, 1], "SAME")
        else:
            result = nn_ops.conv3d(whole, kernel, [1, 1, 1, 1, 1], "SAME")
        if not self._use_bias:
            return result
        return result + vs.get_variable("biases", [features], dtype=dtype,
                                        initializer=init_ops.constant_initializer(0.0, dtype=dtype))


class Conv1DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over one axis."""

    def __init__(self, name="conv_1d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=1, name=name, **kwargs)


class Conv2DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over images."""

    def __init__(self, name="conv_2d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=2, name=name, **kwargs)


class Conv3DLSTMCell(ConvLSTMCell):
    """`ConvLSTMCell` over volumes."""

    def __init__(self, name="conv_3d_lstm_cell", **kwargs):
        super().__init__(conv_ndims=3, name=name, **kwargs)
