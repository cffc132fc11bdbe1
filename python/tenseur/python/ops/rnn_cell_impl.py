"""Cells of recurrent networks: what one step computes. `tf.nn.rnn_cell`."""

import collections

from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import _cell_layer, array_ops, clip_ops, init_ops, math_ops, nn_ops
from tenseur.python.ops import variable_scope as vs
from tenseur.python.ops._cell_layer import InputSpec  # noqa: F401
from tenseur.python.util import nest

_BIAS_VARIABLE_NAME = "bias"
_WEIGHTS_VARIABLE_NAME = "kernel"

ASSERT_LIKE_RNNCELL_ERROR_REGEXP = "is not an RNNCell"


def assert_like_rnncell(cell_name, cell):
    """Refuses what is no cell.

    Raises:
      TypeError: where it lacks `output_size`, `state_size` or `zero_state`, or cannot be called.
    """
    wanted = {"'output_size' property is missing": hasattr(cell, "output_size"),
              "'state_size' property is missing": hasattr(cell, "state_size"),
              "either 'zero_state' or 'get_initial_state' method is required":
                  hasattr(cell, "zero_state") or hasattr(cell, "get_initial_state"),
              "is not callable": callable(cell)}
    missing = [why for why, there in wanted.items() if not there]
    if missing:
        raise TypeError("The argument {!r} ({}) is not an RNNCell: {}.".format(cell_name, cell, ", ".join(missing)))


def _concat(prefix, suffix, static=False):
    """The sizes of `prefix` and then of `suffix`: numbers, shapes or tensors; known sizes if `static`, else a
    tensor."""
    def known(one):
        if isinstance(one, ops.Tensor):
            value = tensor_util.constant_value(one)
            if value is not None:
                return tensor_shape.TensorShape(value.reshape(-1).tolist())
            return tensor_shape.TensorShape([None] if one.shape.ndims == 0 else None)
        shape = tensor_shape.as_shape(one)
        return shape

    def values(one, shape):
        if isinstance(one, ops.Tensor):
            return array_ops.expand_dims(one, 0) if one.shape.ndims == 0 else one
        if not shape.is_fully_defined():
            raise ValueError("Provided a prefix or suffix of None: %s and %s" % (prefix, suffix))
        return constant_op.constant(shape.as_list(), dtype=dtypes.int32)

    first, second = known(prefix), known(suffix)
    if static:
        return first.concatenate(second)
    if first.is_fully_defined() and second.is_fully_defined():
        return constant_op.constant(first.concatenate(second).as_list(), dtype=dtypes.int32)
    return array_ops.concat([math_ops.cast(values(prefix, first), dtypes.int32),
                             math_ops.cast(values(suffix, second), dtypes.int32)], 0)


def _zero_state_tensors(state_size, batch_size, dtype):
    """Zeros in the structure and of the sizes of `state_size`, with a first axis of `batch_size`."""
    def state_of(size):
        zeros = array_ops.zeros(_concat(batch_size, size), dtype=dtype)
        zeros.set_shape(_concat(batch_size, size, static=True))
        return zeros

    def walk(sizes):
        if isinstance(sizes, tensor_shape.TensorShape) or not nest.is_sequence(sizes):
            return state_of(sizes)
        return nest._sequence_like(sizes, [walk(size) for size in nest._parts(sizes)])

    return walk(state_size)


def _activation(given, default):
    """A function by itself or by its name."""
    if given is None:
        return default
    if callable(given):
        return given
    for module in (math_ops, nn_ops):
        if hasattr(module, given):
            return getattr(module, given)
    if given == "linear":
        return lambda x: x
    raise ValueError(f"Unknown activation function: {given}")


class RNNCell(_cell_layer.CellLayer):
    """What one step of a recurrent network computes: `output, next_state = cell(inputs, state)`.

    A cell has `state_size`, `output_size` and `call(inputs, state)`, and makes its variables in `build(inputs_shape)`.
    """

    def __call__(self, inputs, state, scope=None):
        """One step. `inputs`: (batch, features)."""
        if scope is not None:
            with vs.variable_scope(scope, custom_getter=self._rnn_get_variable) as own:
                return super().__call__(inputs, state, scope=own)
        if self.__dict__.get("_rnncell_scope") is None:
            self._rnncell_scope = vs.variable_scope(vs.get_variable_scope(), custom_getter=self._rnn_get_variable)
        with self._rnncell_scope:
            return super().__call__(inputs, state)

    def _rnn_get_variable(self, getter, *args, **kwargs):
        variable = getter(*args, **kwargs)
        self._track(variable, any(variable is one for one in ops.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES)))
        return variable

    @property
    def state_size(self):
        """The sizes of the state: a number, or a structure of numbers and shapes."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self):
        """The size of the outputs."""
        raise NotImplementedError("Abstract method")

    def build(self, _):
        pass

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """Zeros for a first state; batch size and type may be those of `inputs`."""
        if inputs is not None:
            inputs = ops.convert_to_tensor(inputs, name="inputs")
            known = tensor_shape.dimension_value(inputs.shape[0])
            batch_size = array_ops.shape(inputs)[0] if known is None else known
            dtype = inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError("batch_size and dtype cannot be None while constructing initial state: batch_size={}, "
                             "dtype={}".format(batch_size, dtype))
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size, dtype):
        """Zeros for a first state."""
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return _zero_state_tensors(self.state_size, batch_size, dtype)


class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build` alone."""

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        return _cell_layer.CellLayer.__call__(self, inputs, state, *args, scope=scope, **kwargs)


def _depth(inputs_shape):
    depth = tensor_shape.dimension_value(tensor_shape.TensorShape(inputs_shape)[-1])
    if depth is None:
        raise ValueError("Expected inputs.shape[-1] to be known, saw shape: %s" % inputs_shape)
    return depth


class BasicRNNCell(LayerRNNCell):
    """`output = state = act(W·[input, state] + b)`."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = _activation(activation, math_ops.tanh)

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        self._kernel = self.add_variable(_WEIGHTS_VARIABLE_NAME,
                                         shape=[_depth(inputs_shape) + self._num_units, self._num_units])
        self._bias = self.add_variable(_BIAS_VARIABLE_NAME, shape=[self._num_units],
                                       initializer=init_ops.zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        gate_inputs = math_ops.matmul(array_ops.concat([inputs, state], 1), self._kernel)
        output = self._activation(nn_ops.bias_add(gate_inputs, self._bias))
        return output, output


class GRUCell(LayerRNNCell):
    """Gated recurrent unit (Cho et al. 2014): `r, u = σ(W·[x, h] + b)`, `c = act(V·[x, r·h] + d)`, `h = u·h +
    (1−u)·c`."""

    def __init__(self, num_units, activation=None, reuse=None, kernel_initializer=None, bias_initializer=None,
                 name=None,
                 dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = _activation(activation, math_ops.tanh)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        depth, units, bias = _depth(inputs_shape), self._num_units, self._bias_initializer
        self._gate_kernel = self.add_variable("gates/kernel", shape=[depth + units, 2 * units],
                                              initializer=self._kernel_initializer)
        self._gate_bias = self.add_variable("gates/bias", shape=[2 * units], initializer=(
            bias if bias is not None else init_ops.constant_initializer(1.0, dtype=self.dtype)))
        self._candidate_kernel = self.add_variable("candidate/kernel", shape=[depth + units, units],
                                                   initializer=self._kernel_initializer)
        self._candidate_bias = self.add_variable("candidate/bias", shape=[units], initializer=(
            bias if bias is not None else init_ops.zeros_initializer(dtype=self.dtype)))
        self.built = True

    def call(self, inputs, state):
        gate_inputs = math_ops.matmul(array_ops.concat([inputs, state], 1), self._gate_kernel)
        value = math_ops.sigmoid(nn_ops.bias_add(gate_inputs, self._gate_bias))
        r, u = array_ops.split(value=value, num_or_size_splits=2, axis=1)
        candidate = math_ops.matmul(array_ops.concat([inputs, r * state], 1), self._candidate_kernel)
        c = self._activation(nn_ops.bias_add(candidate, self._candidate_bias))
        new_h = u * state + (1 - u) * c
        return new_h, new_h


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: its memory `c` and its output `h`."""

    __slots__ = ()

    @property
    def dtype(self):
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError("Inconsistent internal state: %s vs %s" % (c.dtype, h.dtype))
        return c.dtype


class BasicLSTMCell(LayerRNNCell):
    """Long short-term memory: `i, j, f, o = W·[x, h] + b`, `c = σ(f + forget_bias)·c + σ(i)·act(j)`, `h =
    σ(o)·act(c)`."""

    def __init__(self, num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None,
                 dtype=None,
                 **kwargs):
        kwargs.pop("input_size", None)
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = _activation(activation, math_ops.tanh)

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_units) if self._state_is_tuple else 2 * self._num_units

    @property
    def output_size(self):
        return self._num_units

    def build(self, inputs_shape):
        units = self._num_units
        self._kernel = self.add_variable(_WEIGHTS_VARIABLE_NAME, shape=[_depth(inputs_shape) + units, 4 * units])
        self._bias = self.add_variable(_BIAS_VARIABLE_NAME, shape=[4 * units], initializer=init_ops.zeros_initializer())
        self.built = True

    def call(self, inputs, state):
        one = constant_op.constant(1, dtype=dtypes.int32)
        c, h = state if self._state_is_tuple else array_ops.split(value=state, num_or_size_splits=2, axis=one)
        gate_inputs = nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = array_ops.split(value=gate_inputs, num_or_size_splits=4, axis=one)
        forget_bias = constant_op.constant(self._forget_bias, dtype=f.dtype)
        kept = math_ops.multiply(c, math_ops.sigmoid(math_ops.add(f, forget_bias)))
        new_c = math_ops.add(kept, math_ops.multiply(math_ops.sigmoid(i), self._activation(j)))
        new_h = math_ops.multiply(self._activation(new_c), math_ops.sigmoid(o))
        return new_h, _lstm_state(new_c, new_h, self._state_is_tuple)


def _lstm_state(c, h, is_tuple):
    return LSTMStateTuple(c, h) if is_tuple else array_ops.concat([c, h], 1)


class LSTMCell(LayerRNNCell):
    """Long short-term memory with peepholes, clipping and a projection of what it gives (Sak et al. 2014).

    Args:
      use_peepholes: whether the gates see the memory: `σ(f + forget_bias + w_f·c)`, ….
      cell_clip: the greatest magnitude of the memory.
      num_proj: the size of the output, if it is projected; `proj_clip` its greatest magnitude.
    """

    def __init__(self, num_units, use_peepholes=False, cell_clip=None, initializer=None, num_proj=None, proj_clip=None,
                 num_unit_shards=None, num_proj_shards=None, forget_bias=1.0, state_is_tuple=True, activation=None,
                 reuse=None, name=None, dtype=None, **kwargs):
        kwargs.pop("input_size", None)
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = _activation(activation, math_ops.tanh)
        size = num_proj or num_units
        self._state_size = LSTMStateTuple(num_units, size) if state_is_tuple else num_units + size
        self._output_size = size

    @property
    def state_size(self):
        return self._state_size

    @property
    def output_size(self):
        return self._output_size

    def build(self, inputs_shape):
        units, own = self._num_units, self._initializer
        self._kernel = self.add_variable(_WEIGHTS_VARIABLE_NAME, initializer=own,
                                         shape=[_depth(inputs_shape) + self._output_size, 4 * units])
        self._bias = self.add_variable(_BIAS_VARIABLE_NAME, shape=[4 * units], initializer=init_ops.zeros_initializer())
        if self._use_peepholes:
            self._w_f_diag = self.add_variable("w_f_diag", shape=[units], initializer=own)
            self._w_i_diag = self.add_variable("w_i_diag", shape=[units], initializer=own)
            self._w_o_diag = self.add_variable("w_o_diag", shape=[units], initializer=own)
        if self._num_proj is not None:
            self._proj_kernel = self.add_variable("projection/" + _WEIGHTS_VARIABLE_NAME, shape=[units, self._num_proj],
                                                  initializer=own)
        self.built = True

    def call(self, inputs, state):
        units = self._num_units
        if self._state_is_tuple:
            c_prev, m_prev = state
        else:
            c_prev = array_ops.slice(state, [0, 0], [-1, units])
            m_prev = array_ops.slice(state, [0, units], [-1, self._output_size])
        if inputs.shape.with_rank(2)._dims[1] is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        sigmoid = math_ops.sigmoid
        matrix = nn_ops.bias_add(math_ops.matmul(array_ops.concat([inputs, m_prev], 1), self._kernel), self._bias)
        i, j, f, o = array_ops.split(value=matrix, num_or_size_splits=4, axis=1)
        if self._use_peepholes:
            c = (sigmoid(f + self._forget_bias + self._w_f_diag * c_prev) * c_prev
                 + sigmoid(i + self._w_i_diag * c_prev) * self._activation(j))
        else:
            c = sigmoid(f + self._forget_bias) * c_prev + sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_ops.clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            m = sigmoid(o + self._w_o_diag * c) * self._activation(c)
        else:
            m = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            m = math_ops.matmul(m, self._proj_kernel)
            if self._proj_clip is not None:
                m = clip_ops.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, _lstm_state(c, m, self._state_is_tuple)


class MultiRNNCell(RNNCell):
    """Cells on top of each other: each gets what the one below gives."""

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError("cells must be a list or tuple, but saw: %s." % cells)
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(nest.is_sequence(cell.state_size) for cell in cells):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set.  State sizes are: %s"
                             % str([cell.state_size for cell in cells]))

    @property
    def state_size(self):
        if self._state_is_tuple:
            return tuple(cell.state_size for cell in self._cells)
        return sum(cell.state_size for cell in self._cells)

    @property
    def output_size(self):
        return self._cells[-1].output_size

    @property
    def trainable_weights(self):
        return _without_repeats(super().trainable_weights, self._cells, "trainable_weights") if self.trainable else []

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs, state):
        at, new_states = 0, []
        for number, cell in enumerate(self._cells):
            with vs.variable_scope("cell_%d" % number):
                if self._state_is_tuple:
                    if not nest.is_sequence(state):
                        raise ValueError("Expected state to be a tuple of length %d, but received: %s" % (
                            len(self.state_size), state))
                    own = state[number]
                else:
                    own = array_ops.slice(state, [0, at], [-1, cell.state_size])
                    at += cell.state_size
                inputs, new_state = cell(inputs, own)
                new_states.append(new_state)
        return inputs, tuple(new_states) if self._state_is_tuple else array_ops.concat(new_states, 1)


def _without_repeats(first, cells, attribute):
    found = {id(one): one for one in first}
    for cell in cells:
        found.update((id(one), one) for one in getattr(cell, attribute, []))
    return list(found.values())


def _check_rnn_cell_input_dtypes(inputs):
    for tensor in nest.flatten(inputs):
        _check_supported_dtypes(tensor.dtype)


def _check_supported_dtypes(dtype):
    if dtype is not None and not (dtype.is_floating or dtype.is_complex):
        raise ValueError("RNN cell only supports floating point inputs, but saw dtype: %s" % dtype)



from tenseur.python.ops.rnn_cell_wrapper_impl import (  # noqa: E402, F401
    DeviceWrapper, DropoutWrapper, ResidualWrapper, _default_dropout_state_filter_visitor)

_RNNCell = RNNCell  # its name in TensorFlow 1.0 and 1.1


def __getattr__(name):
    """What was here before it came to contrib."""
    if name in ("_linear", "_Linear"):
        from tenseur.contrib.rnn.python.ops import core_rnn_cell
        return getattr(core_rnn_cell, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
