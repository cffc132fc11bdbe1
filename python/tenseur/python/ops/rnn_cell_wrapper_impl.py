"""Cells around cells: dropout, residual connections, devices."""

import hashlib
import numbers

from tenseur.python.framework import ops, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, math_ops, nn_ops, random_ops
from tenseur.python.ops import rnn_cell_impl as cells
from tenseur.python.util import nest


class _Wrapper(cells.RNNCell):
    """A cell that hands on to another."""

    def __init__(self, cell):
        super().__init__()
        cells.assert_like_rnncell("cell", cell)
        self._cell = cell

    @property
    def wrapped_cell(self):
        return self._cell

    @property
    def state_size(self):
        return self._cell.state_size

    @property
    def output_size(self):
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)

    @property
    def trainable_weights(self):
        return list(self._cell.trainable_weights) if hasattr(self._cell, "trainable_weights") else []

    @property
    def non_trainable_weights(self):
        return list(self._cell.non_trainable_weights) if hasattr(self._cell, "non_trainable_weights") else []


def _default_dropout_state_filter_visitor(substate):
    """Which parts of a state are dropped out: not the memory of an LSTM, and no tensor arrays."""
    if isinstance(substate, cells.LSTMStateTuple):
        return cells.LSTMStateTuple(c=False, h=True)
    return type(substate).__name__ != "TensorArray"


class DropoutWrapper(_Wrapper):
    """A cell whose inputs, outputs or states are dropped out.

    Args:
      input_keep_prob, output_keep_prob, state_keep_prob: how likely an element is kept.
      variational_recurrent: whether the same elements are dropped in every step (Gal, Ghahramani 2016); then `dtype`,
        and
        where inputs are dropped `input_size`, must be given.
    """

    def __init__(self, cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0,
                 variational_recurrent=False,
                 input_size=None, dtype=None, seed=None, dropout_state_filter_visitor=None):
        super().__init__(cell)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._dropout_state_filter = dropout_state_filter_visitor or _default_dropout_state_filter_visitor
        self._seed = seed
        self._variational_recurrent = variational_recurrent
        self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
        self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
        self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        self._recurrent_input_noise = self._recurrent_state_noise = self._recurrent_output_noise = None
        if variational_recurrent:
            self._draw(dtype, input_size)

    def _draw(self, dtype, input_size):
        """The noise that is the same in every step."""
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")

        def noise(salt):
            def of_size(number, size):
                shape = array_ops.concat([[1], tensor_shape.as_shape(size).as_list()], 0)
                return random_ops.random_uniform(shape, seed=self._gen_seed(salt, number), dtype=dtype)
            return of_size

        if _drops(self._input_keep_prob):
            if input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be "
                                 "provided")
            self._recurrent_input_noise = _enumerated_map(noise("input"), input_size)
        self._recurrent_state_noise = _enumerated_map(noise("state"), self._cell.state_size)
        self._recurrent_output_noise = _enumerated_map(noise("output"), self._cell.output_size)

    def _gen_seed(self, salt_prefix, index):
        if self._seed is None:
            return None
        text = (str(self._seed) + "%s_%d" % (salt_prefix, index)).encode("utf-8")
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _dropout(self, values, salt_prefix, recurrent_noise, keep_prob, which=None):
        if which is None:
            which = nest.map_structure(lambda _: True, values)

        def dropped(number, keeps, value, noise=None):
            if not isinstance(keeps, bool) or not keeps:
                return value
            if noise is None:
                return nn_ops.dropout(value, keep_prob=keep_prob, seed=self._gen_seed(salt_prefix, number))
            binary = math_ops.floor(keep_prob + noise)
            kept = math_ops.divide(value, keep_prob) * binary
            kept.set_shape(value.shape)
            return kept

        if not self._variational_recurrent:
            return _enumerated_map_up_to(which, dropped, which, values)
        return _enumerated_map_up_to(which, dropped, which, values, recurrent_noise)

    def __call__(self, inputs, state, scope=None):
        """One step."""
        if _drops(self._input_keep_prob):
            inputs = self._dropout(inputs, "input", self._recurrent_input_noise, self._input_keep_prob)
        if scope is None:
            output, new_state = self._cell(inputs, state)
        else:
            output, new_state = self._cell(inputs, state, scope=scope)
        if _drops(self._state_keep_prob):
            which = nest.get_traverse_shallow_structure(self._dropout_state_filter, new_state)
            new_state = self._dropout(new_state, "state", self._recurrent_state_noise, self._state_keep_prob, which)
        if _drops(self._output_keep_prob):
            output = self._dropout(output, "output", self._recurrent_output_noise, self._output_keep_prob)
        return output, new_state


def _probability(value, name):
    known = tensor_util.constant_value(value) if isinstance(value, ops.Tensor) else value
    if known is None or not isinstance(known, numbers.Real) and not hasattr(known, "item"):
        return value
    if not 0 <= float(known) <= 1:
        raise ValueError("Parameter %s must be between 0 and 1: %d" % (name, known))
    return float(known)


def _drops(keep_prob):
    return not isinstance(keep_prob, float) or keep_prob < 1


def _enumerated_map(function, structure):
    number = iter(range(1 << 30))

    def walk(part):
        if isinstance(part, tensor_shape.TensorShape) or not nest.is_sequence(part):
            return function(next(number), part)
        return nest._sequence_like(part, [walk(inner) for inner in nest._parts(part)])

    return walk(structure)


def _enumerated_map_up_to(shallow, function, *inputs):
    number = iter(range(1 << 30))
    return nest.map_structure_up_to(shallow, lambda *parts: function(next(number), *parts), *inputs)


class ResidualWrapper(_Wrapper):
    """A cell to whose outputs its inputs are added; or `residual_fn(inputs, outputs)` is what it gives."""

    def __init__(self, cell, residual_fn=None):
        super().__init__(cell)
        self._residual_fn = residual_fn

    def __call__(self, inputs, state, scope=None):
        """One step."""
        outputs, new_state = self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope=scope)

        def check(one, other):
            one.shape.assert_is_compatible_with(other.shape)

        def added(inputs, outputs):
            nest.assert_same_structure(inputs, outputs)
            nest.map_structure(check, inputs, outputs)
            return nest.map_structure(lambda one, other: one + other, inputs, outputs)

        result = (self._residual_fn or added)(inputs, outputs)
        nest.assert_same_structure(outputs, result)
        nest.map_structure(check, outputs, result)
        return result, new_state


class DeviceWrapper(_Wrapper):
    """A cell whose nodes are said to run on a device."""

    def __init__(self, cell, device):
        super().__init__(cell)
        self._device = device

    def zero_state(self, batch_size, dtype):
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            with ops.device(self._device):
                return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None):
        """One step."""
        with ops.device(self._device):
            return self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope=scope)
