"""Bidirectional networks on top of each other."""

from tenseur.python.ops import array_ops, rnn
from tenseur.python.ops import rnn_cell_impl
from tenseur.python.ops import variable_scope as vs


def _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw):
    if not cells_fw:
        raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
    if not cells_bw:
        raise ValueError("Must specify at least one bw cell for BidirectionalRNN.")
    if not isinstance(cells_fw, list):
        raise ValueError("cells_fw must be a list of RNNCells (one per layer).")
    if not isinstance(cells_bw, list):
        raise ValueError("cells_bw must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for name, states, cells in (("initial_states_fw", initial_states_fw, cells_fw),
                                ("initial_states_bw", initial_states_bw, cells_bw)):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells)):
            raise ValueError(f"{name} must be a list of state tensors (one per layer).")
    for cell in cells_fw + cells_bw:
        rnn_cell_impl.assert_like_rnncell("cell", cell)


def stack_bidirectional_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None, initial_states_bw=None, dtype=None,
                            sequence_length=None, scope=None):
    """Layers of bidirectional networks over a list of inputs: each gets both outputs of the one below, joined.

    Returns:
      (list of outputs, final states forward, final states backward).
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw, layer = [], [], inputs
    with vs.variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (fw, bw) in enumerate(zip(cells_fw, cells_bw)):
            first_fw = initial_states_fw[number] if initial_states_fw else None
            first_bw = initial_states_bw[number] if initial_states_bw else None
            with vs.variable_scope("cell_%d" % number) as cell_scope:
                layer, state_fw, state_bw = rnn.static_bidirectional_rnn(
                    fw, bw, layer, initial_state_fw=first_fw, initial_state_bw=first_bw,
                    sequence_length=sequence_length,
                    dtype=dtype, scope=cell_scope)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_dynamic_rnn(cells_fw, cells_bw, inputs, initial_states_fw=None, initial_states_bw=None,
                                    dtype=None,
                                    sequence_length=None, parallel_iterations=None, time_major=False, scope=None,
                                    swap_memory=False):
    """As `stack_bidirectional_rnn`, in loops over a tensor (batch, time, …).

    Returns:
      (outputs, final states forward, final states backward).
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw, layer = [], [], inputs
    with vs.variable_scope(scope or "stack_bidirectional_rnn"):
        for number, (fw, bw) in enumerate(zip(cells_fw, cells_bw)):
            first_fw = initial_states_fw[number] if initial_states_fw else None
            first_bw = initial_states_bw[number] if initial_states_bw else None
            with vs.variable_scope("cell_%d" % number):
                outputs, (state_fw, state_bw) = rnn.bidirectional_dynamic_rnn(
                    fw, bw, layer, initial_state_fw=first_fw, initial_state_bw=first_bw,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations, dtype=dtype, swap_memory=swap_memory,
                    time_major=time_major)
                layer = array_ops.concat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)
