"""Decoders, which give a sequence step by step, and the loop that runs them."""

import abc

from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, rnn, tensor_array_ops
from tenseur.python.ops import rnn_cell_impl
from tenseur.python.ops import variable_scope
from tenseur.python.util import nest

__all__ = ["Decoder", "dynamic_decode"]


class Decoder(abc.ABC):
    """What gives a sequence step by step.

    A decoder has `batch_size`, `output_size`, `output_dtype`, and the methods `initialize()`, which gives (finished,
    first
    inputs, first state), and `step(time, inputs, state)`, which gives (outputs, next state, next inputs, finished).
    """

    @property
    def batch_size(self):
        raise NotImplementedError

    @property
    def output_size(self):
        raise NotImplementedError

    @property
    def output_dtype(self):
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name=None):
        """Before the first step."""
        raise NotImplementedError

    @abc.abstractmethod
    def step(self, time, inputs, state, name=None):
        """One step."""
        raise NotImplementedError

    def finalize(self, outputs, final_state, sequence_lengths):
        """After the last step; gives (outputs, final state)."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self):
        """Whether a row that is finished may go on."""
        return False


def _zero_outputs(size, dtype, batch_size):
    def zeros(size, dtype):
        return array_ops.zeros(rnn_cell_impl._concat(ops.convert_to_tensor(batch_size, name="batch_size"), size), dtype)
    return nest.map_structure(zeros, size, dtype)


def dynamic_decode(decoder, output_time_major=False, impute_finished=False, maximum_iterations=None,
                   parallel_iterations=32,
                   swap_memory=False, scope=None, **kwargs):
    """Runs a decoder until all rows are finished.

    Args:
      impute_finished: whether outputs after a row's end are zeros, and its state stays.
      maximum_iterations: how many steps there are at most.

    Returns:
      (outputs, final state, sequence lengths): outputs are (batch, time, …), or with time first.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError("Expected decoder to be type Decoder, but saw: %s" % type(decoder))
    with variable_scope.variable_scope(scope, "decoder") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        if maximum_iterations is not None:
            maximum_iterations = ops.convert_to_tensor(maximum_iterations, dtype=dtypes.int32,
                                                       name="maximum_iterations")
            if maximum_iterations.shape.ndims != 0:
                raise ValueError("maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        zero_outputs = _zero_outputs(decoder.output_size, decoder.output_dtype, decoder.batch_size)
        if maximum_iterations is not None:
            finished = math_ops.logical_or(finished, math_ops.less_equal(maximum_iterations, 0))
        lengths = array_ops.zeros_like(finished, dtype=dtypes.int32)
        time = constant_op.constant(0, dtype=dtypes.int32)
        known_batch = tensor_util.constant_value(ops.convert_to_tensor(decoder.batch_size, name="batch_size"))

        def array(size, dtype):
            shape = None
            if isinstance(size, tensor_shape.TensorShape) and size.ndims:
                shape = tensor_shape.TensorShape([None if known_batch is None else int(known_batch)]).concatenate(size)
            return tensor_array_ops.TensorArray(dtype=dtype, size=0, dynamic_size=True, element_shape=shape)

        arrays = nest.map_structure(array, decoder.output_size, decoder.output_dtype)

        def goes_on(unused_time, unused_arrays, unused_state, unused_inputs, finished, unused_lengths):
            return math_ops.logical_not(math_ops.reduce_all(finished))

        def step(time, arrays, state, inputs, finished, lengths):
            outputs, next_state, next_inputs, now_finished = decoder.step(time, inputs, state)
            next_finished = now_finished if decoder.tracks_own_finished else math_ops.logical_or(now_finished, finished)
            ends = array_ops.fill(array_ops.shape(lengths), time + 1)
            next_lengths = array_ops.where(math_ops.logical_not(finished), ends, lengths)
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(arrays, outputs)
            nest.assert_same_structure(inputs, next_inputs)
            if impute_finished:
                outputs = nest.map_structure(lambda out, zero: array_ops.where(finished, zero, out), outputs,
                                             zero_outputs)

                def kept(new, before):
                    if isinstance(before, tensor_array_ops.TensorArray):
                        return new
                    new.set_shape(before.shape)
                    return new if new.shape.ndims == 0 else array_ops.where(finished, before, new)

                next_state = nest.map_structure(kept, next_state, state)
            arrays = nest.map_structure(lambda array, value: array.write(time, value), arrays, outputs)
            return time + 1, arrays, next_state, next_inputs, next_finished, next_lengths

        result = control_flow_ops.while_loop(
            goes_on, step, loop_vars=(time, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations, swap_memory=swap_memory)
        outputs = nest.map_structure(lambda array: array.stack(), result[1])
        final_state, lengths = result[2], result[5]
        try:
            outputs, final_state = decoder.finalize(outputs, final_state, lengths)
        except NotImplementedError:
            pass
        if not output_time_major:
            outputs = nest.map_structure(rnn._transpose_batch_time, outputs)
    return outputs, final_state, lengths
