"""Layers that go over all of the time at once, (time, batch, features)."""

from tenseur.python.ops import array_ops, rnn


class FusedRNNCell:
    """What goes over all of the time: `outputs, final_state = cell(inputs, initial_state)`."""

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        raise NotImplementedError("Abstract method")


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell for one step as one for all of them."""

    def __init__(self, cell, use_dynamic_rnn=False):
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            if is_list:
                inputs = array_ops.stack(inputs)
            outputs, state = rnn.dynamic_rnn(self._cell, inputs, sequence_length=sequence_length,
                                             initial_state=initial_state,
                                             dtype=dtype, time_major=True, scope=scope)
            return (array_ops.unstack(outputs) if is_list else outputs), state
        inputs = inputs if is_list else array_ops.unstack(inputs)
        outputs, state = rnn.static_rnn(self._cell, inputs, initial_state=initial_state, dtype=dtype,
                                        sequence_length=sequence_length, scope=scope)
        return (outputs if is_list else array_ops.stack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A cell that goes from the end to the beginning."""

    def __init__(self, cell):
        self._cell = cell

    def _reverse(self, one, lengths):
        if isinstance(one, list):
            return rnn._reverse_seq(one, lengths)
        if lengths is None:
            return array_ops.reverse(one, [0])
        return array_ops.reverse_sequence(one, lengths, seq_axis=0, batch_axis=1)

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        outputs, state = self._cell(self._reverse(inputs, sequence_length), initial_state, dtype, sequence_length)
        return self._reverse(outputs, sequence_length), state
