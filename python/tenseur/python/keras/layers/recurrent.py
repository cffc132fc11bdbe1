"""Recurrent layers: cells, and what runs them over time."""

import numpy as np

from tenseur.python.framework import ops, tensor_shape
from tenseur.python.keras import activations, backend, constraints, initializers, regularizers
from tenseur.python.keras.engine.base_layer import Layer
from tenseur.python.keras.engine.input_spec import InputSpec
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, nn, state_ops, tensor_array_ops
from tenseur.python.util import nest


def run(step_function, inputs, initial_states, go_backwards=False, mask=None, time_major=False,
        sequences=True):
    """Runs `step_function(inputs, states) → (output, states)` over time: (last output, outputs, last states).

    A step that is masked gives the output before it and leaves the states as they are. Outputs are `None` where no `sequences`
    are wanted.
    """
    states = list(initial_states)
    if not time_major:
        inputs = array_ops.transpose(inputs, [1, 0, *range(2, inputs.shape.ndims)])
    if go_backwards:
        inputs = array_ops.reverse(inputs, [0])
    steps = array_ops.shape(inputs)[0]
    known_steps = inputs.shape.as_list()[0]
    if mask is not None:
        mask = math_ops.cast(mask, "bool")
        if not time_major:
            mask = array_ops.transpose(mask, [1, 0])
        if go_backwards:
            mask = array_ops.reverse(mask, [0])
    series = tensor_array_ops.TensorArray(inputs.dtype, size=steps, tensor_array_name="input_ta").unstack(inputs)
    masks = None if mask is None else tensor_array_ops.TensorArray(mask.dtype, size=steps, tensor_array_name="mask_ta").unstack(mask)
    # What a step gives is known from the first; its nodes are not run.
    first, _ = step_function(inputs[0], states)
    outputs = [tensor_array_ops.TensorArray(first.dtype, size=steps, tensor_array_name="output_ta")] if sequences else []
    zero = array_ops.zeros_like(first)

    def body(time, last, *rest):
        states, arrays = list(rest[:len(initial_states)]), rest[len(initial_states):]
        output, new_states = step_function(series.read(time), states)
        new_states = list(new_states)
        if masks is not None:
            is_on = masks.read(time)

            def chosen(new, old):
                wide = array_ops.reshape(is_on, array_ops.stack([-1] + [1] * (new.shape.ndims - 1)))
                return array_ops.where(math_ops.logical_and(wide, array_ops.ones_like(new, "bool")), new, old)

            output = chosen(output, last)
            new_states = [chosen(new, old) for new, old in zip(new_states, states)]
        for new, old in zip(new_states, states):
            new.set_shape(old.shape)
        return (time + 1, output, *new_states, *[array.write(time, output) for array in arrays])

    time = ops.convert_to_tensor(0, dtype="int32", name="time")
    done = control_flow_ops.while_loop(lambda time, *_: time < steps, body, (time, zero, *states, *outputs))
    last, last_states = done[1], list(done[2:2 + len(states)])
    last.set_shape(first.shape)
    if not sequences:
        return last, None, last_states
    series = done[-1].stack()
    series.set_shape([known_steps, *first.shape.as_list()])
    if not time_major:
        series = array_ops.transpose(series, [1, 0, *range(2, series.shape.ndims)])
    return last, series, last_states


class _Cell(Layer):
    """What cells have in common: a kernel, a recurrent kernel and a bias, of `gates · units` columns."""

    _gates = 1

    def __init__(self, units, activation="tanh", recurrent_activation="hard_sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        self.state_size, self.output_size = units, units

    def build(self, input_shape):
        columns = self.units * self._gates
        self.kernel = self.add_weight(
            shape=(tensor_shape.TensorShape(input_shape).as_list()[-1], columns), name="kernel",
            initializer=self.kernel_initializer, regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, columns), name="recurrent_kernel", initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint)
        self.bias = self.add_weight(
            shape=(columns,), name="bias", initializer=self._bias_initializer(), regularizer=self.bias_regularizer,
            constraint=self.bias_constraint) if self.use_bias else None
        self.built = True

    def _bias_initializer(self):
        return self.bias_initializer

    def _dropped(self, tensor, rate, training):
        if not rate:
            return tensor
        return backend.in_train_phase(lambda: nn.dropout_v2(tensor, rate), lambda: array_ops.identity(tensor), training)

    def _parts(self, inputs, training):
        x = math_ops.matmul(self._dropped(inputs, self.dropout, training), self.kernel)
        return nn.bias_add(x, self.bias) if self.use_bias else x

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        sizes = self.state_size if isinstance(self.state_size, (list, tuple)) else [self.state_size]
        made = [array_ops.zeros(array_ops.stack([batch_size, size]), dtype) for size in sizes]
        for state, size in zip(made, sizes):
            state.set_shape([None, size])
        return made if isinstance(self.state_size, (list, tuple)) else made[0]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "activation": activations.serialize(self.activation),
                "use_bias": self.use_bias, "dropout": self.dropout, "recurrent_dropout": self.recurrent_dropout}


class SimpleRNNCell(_Cell):
    """`h = activation(x · kernel + h · recurrent_kernel + bias)`."""

    def call(self, inputs, states, training=None):
        h = self._parts(inputs, training) + math_ops.matmul(self._dropped(states[0], self.recurrent_dropout, training),
                                                            self.recurrent_kernel)
        output = self.activation(h) if self.activation is not None else h
        return output, [output]


class GRUCell(_Cell):
    """Cho et al. (2014): an update gate and a reset gate."""

    _gates = 3

    def __init__(self, units, reset_after=False, implementation=1, **kwargs):
        super().__init__(units, **kwargs)
        self.reset_after = reset_after
        if reset_after:
            raise NotImplementedError("GRU with reset_after=True is not there in tenseur; the nearest that there is: "
                                      "reset_after=False, TensorFlow 1's default")

    def call(self, inputs, states, training=None):
        h_before = states[0]
        x_z, x_r, x_h = array_ops.split(self._parts(inputs, training), 3, axis=1)
        h = self._dropped(h_before, self.recurrent_dropout, training)
        u = self.units
        kernel = self.recurrent_kernel
        both = math_ops.matmul(h, kernel[:, :2 * u])
        z = self.recurrent_activation(x_z + both[:, :u])
        r = self.recurrent_activation(x_r + both[:, u:])
        candidate = self.activation(x_h + math_ops.matmul(r * h, kernel[:, 2 * u:]))
        h = z * h_before + (1 - z) * candidate
        return h, [h]


class LSTMCell(_Cell):
    """Hochreiter and Schmidhuber (1997), with a forget gate."""

    _gates = 4

    def __init__(self, units, unit_forget_bias=True, implementation=1, **kwargs):
        super().__init__(units, **kwargs)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def _bias_initializer(self):
        if not self.unit_forget_bias:
            return self.bias_initializer
        units, given = self.units, self.bias_initializer

        def initializer(shape, dtype=None, partition_info=None):
            return array_ops.concat([given([units], dtype=dtype), array_ops.ones([units], dtype), given([units * 2], dtype=dtype)], 0)

        return initializer

    def call(self, inputs, states, training=None):
        h_before, c_before = states
        z = self._parts(inputs, training)
        z += math_ops.matmul(self._dropped(h_before, self.recurrent_dropout, training), self.recurrent_kernel)
        z_i, z_f, z_c, z_o = array_ops.split(z, 4, axis=1)
        i, f = self.recurrent_activation(z_i), self.recurrent_activation(z_f)
        c = f * c_before + i * self.activation(z_c)
        h = self.recurrent_activation(z_o) * self.activation(c)
        return h, [h, c]


class StackedRNNCells(Layer):
    """Cells of which each has the output of the one before as its input."""

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        self.cells = list(cells)
        self.state_size = [size for cell in self.cells for size in _sizes(cell.state_size)]
        self.output_size = getattr(self.cells[-1], "output_size", _sizes(self.cells[-1].state_size)[0])

    def build(self, input_shape):
        shape = tensor_shape.TensorShape(input_shape)
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with ops.name_scope(cell.name):
                    cell.build(shape)
                    cell.built = True
            shape = tensor_shape.TensorShape([None, _sizes(cell.state_size)[0]])
        self.built = True

    def call(self, inputs, states, training=None):
        new_states, at = [], 0
        for cell in self.cells:
            count = len(_sizes(cell.state_size))
            inputs, own = _called(cell, inputs, list(states[at:at + count]), training)
            new_states += own
            at += count
        return inputs, new_states


def _sizes(state_size):
    return list(state_size) if isinstance(state_size, (list, tuple)) else [state_size]


def _called(cell, inputs, states, training):
    arguments = {"training": training} if "training" in getattr(cell, "_call_arguments", list)() else {}
    output, new_states = cell.call(inputs, states, **arguments)
    return output, list(new_states) if isinstance(new_states, (list, tuple)) else [new_states]


class RNN(Layer):
    """Runs a cell over `[batch, time, features]`.

    Args:
      return_sequences: whether to give the outputs of all steps, not only of the last.
      return_state: whether to give the last states too.
    """

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
                 time_major=False, **kwargs):
        activity_regularizer = kwargs.pop("activity_regularizer", None)
        super().__init__(activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll, self.time_major = go_backwards, stateful, unroll, time_major
        self.supports_masking = True
        self.input_spec = [InputSpec(ndim=3)]
        self._kept_states = None

    @property
    def states(self):
        return self._kept_states

    def build(self, input_shape):
        shape = tensor_shape.TensorShape(nest.flatten(input_shape)[0] if isinstance(input_shape, list) else input_shape).as_list()
        if isinstance(self.cell, Layer) and not self.cell.built:
            step = [shape[1 if self.time_major else 0], *shape[2:]]
            self.cell.build(tensor_shape.TensorShape(step))
            self.cell.built = True
        if self.stateful:
            if shape[0] is None:
                raise ValueError("If a RNN is stateful, it needs to know its batch size: give `batch_input_shape`.")
            self._tracks_variables = False
            self._kept_states = [backend.zeros([shape[0], size]) for size in _sizes(self.cell.state_size)]
        self.built = True

    def __call__(self, inputs, initial_state=None, constants=None, **kwargs):
        if isinstance(inputs, (list, tuple)):
            inputs, *given = inputs
            initial_state = initial_state or given or None
        if initial_state is not None:
            kwargs["initial_state"] = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        return super().__call__(inputs, **kwargs)

    def get_initial_state(self, inputs):
        batch = array_ops.shape(inputs)[1 if self.time_major else 0]
        made = [array_ops.zeros(array_ops.stack([batch, size]), inputs.dtype) for size in _sizes(self.cell.state_size)]
        for state, size in zip(made, _sizes(self.cell.state_size)):
            state.set_shape([inputs.shape.as_list()[1 if self.time_major else 0], size])
        return made

    def call(self, inputs, mask=None, training=None, initial_state=None):
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        states = initial_state if initial_state is not None else \
            [ops.convert_to_tensor(s) for s in self._kept_states] if self.stateful else self.get_initial_state(inputs)
        last, outputs, new_states = run(lambda x, s: _called(self.cell, x, s, training), inputs, states, self.go_backwards, mask,
                                        self.time_major, self.return_sequences)
        if self.stateful:
            self.add_update([state_ops.assign(kept, new) for kept, new in zip(self._kept_states, new_states)])
        result = outputs if self.return_sequences else last
        return [result, *new_states] if self.return_state else result

    def compute_mask(self, inputs, mask=None):
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        made = mask if self.return_sequences else None
        return [made, *[None] * len(_sizes(self.cell.state_size))] if self.return_state else made

    def reset_states(self, states=None):
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        for number, kept in enumerate(self._kept_states or ()):
            backend.set_value(kept, np.zeros(kept.shape.as_list()) if states is None else states[number])

    def get_config(self):
        return {**super().get_config(), "return_sequences": self.return_sequences, "return_state": self.return_state,
                "go_backwards": self.go_backwards, "stateful": self.stateful}


class _CellRNN(RNN):
    """A layer that has its own cell."""

    def __init__(self, units, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
                 time_major=False, **kwargs):
        outer = {key: kwargs.pop(key) for key in ("name", "input_shape", "batch_input_shape", "input_dim", "input_length", "trainable",
                                                  "dtype", "weights", "activity_regularizer", "batch_size") if key in kwargs}
        cell = self._cell_class(units, **kwargs, **({"dtype": outer["dtype"]} if "dtype" in outer else {}))
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, time_major, **outer)
        self.units = units

    def get_config(self):
        return {**super().get_config(), **{key: value for key, value in self.cell.get_config().items() if key != "name"}}


class SimpleRNN(_CellRNN):
    _cell_class = SimpleRNNCell

    def __init__(self, units, activation="tanh", *args, **kwargs):
        super().__init__(units, *args, activation=activation, **kwargs)


class GRU(_CellRNN):
    _cell_class = GRUCell

    def __init__(self, units, activation="tanh", recurrent_activation="hard_sigmoid", *args, **kwargs):
        super().__init__(units, *args, activation=activation, recurrent_activation=recurrent_activation, **kwargs)


class LSTM(_CellRNN):
    _cell_class = LSTMCell

    def __init__(self, units, activation="tanh", recurrent_activation="hard_sigmoid", *args, **kwargs):
        super().__init__(units, *args, activation=activation, recurrent_activation=recurrent_activation, **kwargs)


class CuDNNLSTM(LSTM):
    """`LSTM` with the activations that cuDNN has."""

    def __init__(self, units, *args, **kwargs):
        super().__init__(units, "tanh", "sigmoid", *args, **kwargs)


CuDNNGRU = GRU
