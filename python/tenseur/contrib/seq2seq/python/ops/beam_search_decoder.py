"""Beam search: a decoder that keeps the likeliest sequences so far."""

import collections

from tenseur.contrib.seq2seq.python.ops import beam_search_ops, decoder
from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, control_flow_ops, embedding_ops, math_ops, nn_ops, rnn_cell_impl, tensor_array_ops
from tenseur.python.util import nest

__all__ = ["BeamSearchDecoderOutput", "BeamSearchDecoderState", "BeamSearchDecoder", "FinalBeamSearchDecoderOutput",
           "tile_batch"]

gather_tree = beam_search_ops.gather_tree


class BeamSearchDecoderState(collections.namedtuple("BeamSearchDecoderState", (
        "cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"))):
    """The state of all beams."""


class BeamSearchDecoderOutput(collections.namedtuple("BeamSearchDecoderOutput",
                                                     ("scores", "predicted_ids", "parent_ids"))):
    """What a step chose for each beam, how likely, and from which beam."""


class FinalBeamSearchDecoderOutput(collections.namedtuple("FinalBeamDecoderOutput", (
        "predicted_ids", "beam_search_decoder_output"))):
    """The sequences, and what each step gave."""


def _is_array(t):
    return isinstance(t, tensor_array_ops.TensorArray)


def tile_batch(t, multiplier, name=None):
    """Each row `multiplier` times, one after another: (batch·multiplier, …)."""
    def tiled(one):
        one = ops.convert_to_tensor(one, name="t")
        if one.shape.ndims is None or one.shape.ndims < 1:
            raise ValueError("t must have statically known rank")
        rest = one.shape.ndims - 1
        whole = array_ops.tile(array_ops.expand_dims(one, 1), [1, multiplier] + [1] * rest)
        shape = array_ops.shape(one)
        whole = array_ops.reshape(whole, array_ops.concat(([shape[0] * multiplier], shape[1:]), 0))
        known = one.shape.as_list()
        count = tensor_util.constant_value(multiplier) if isinstance(multiplier, ops.Tensor) else multiplier
        whole.set_shape([None if None in (known[0], count) else known[0] * int(count)] + known[1:])
        return whole

    with ops.name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda one: one if _is_array(one) else tiled(one), t)


def gather_tree_from_array(t, parent_ids, sequence_length):
    """A tensor (time, batch·beams or batch, beams, …) of steps in the order of the sequences that the beams hold at
    the end."""
    time, batch, beams = (array_ops.shape(parent_ids)[axis] for axis in (0, 1, 2))
    beam_ids = array_ops.tile(array_ops.reshape(math_ops.range(beams), [1, 1, -1]), array_ops.stack([time, batch, 1]))
    longest = math_ops.cast(math_ops.reduce_max(sequence_length, axis=1), dtypes.int32)
    ordered = gather_tree(beam_ids, parent_ids, longest, beams + 1)
    within = array_ops.transpose(array_ops.sequence_mask(sequence_length, maxlen=time), perm=[2, 0, 1])
    ordered = array_ops.where(within, ordered, beam_ids)
    times = array_ops.tile(array_ops.reshape(math_ops.range(time), [-1, 1, 1]), array_ops.stack([1, batch, beams]))
    rows = array_ops.tile(array_ops.reshape(math_ops.range(batch), [1, -1, 1]), array_ops.stack([time, 1, beams]))
    whole = array_ops.reshape(t, array_ops.stack([time, batch, beams, -1]))
    return array_ops.reshape(array_ops.gather_nd(whole, array_ops.stack([times, rows, ordered], -1)),
                             array_ops.shape(t))


class BeamSearchDecoder(decoder.Decoder):
    """Keeps the `beam_width` likeliest sequences for each row.

    Args:
      embedding: a matrix of vectors, or a function of numbers of classes.
      start_tokens: (batch,), what goes in first.
      initial_state: of the cell, for batch·beams rows (see `tile_batch`).
      length_penalty_weight: log-probabilities are divided by `((5 + length) / 6)^weight`.
    """

    def __init__(self, cell, embedding, start_tokens, end_token, initial_state, beam_width, output_layer=None,
                 length_penalty_weight=0.0, coverage_penalty_weight=0.0, reorder_tensor_arrays=True):
        rnn_cell_impl.assert_like_rnncell("cell", cell)
        if output_layer is not None and not callable(output_layer):
            raise TypeError("output_layer must be a Layer, received: %s" % type(output_layer))
        if coverage_penalty_weight:
            raise NotImplementedError(
                "BeamSearchDecoder: coverage_penalty_weight is not there; length_penalty_weight is")
        self._cell = cell
        self._output_layer = output_layer
        self._reorder_tensor_arrays = reorder_tensor_arrays
        self._embedding_fn = embedding if callable(embedding) else (
            lambda ids: embedding_ops.embedding_lookup(embedding, ids))
        self._start_tokens = ops.convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        if self._start_tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._end_token = ops.convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._batch_size = array_ops.size(self._start_tokens)
        self._known_batch = self._start_tokens.shape._dims[0]
        self._beam_width = beam_width
        self._length_penalty_weight = length_penalty_weight
        self._initial_cell_state = self._split_states(initial_state, cell.state_size)
        tokens = array_ops.tile(array_ops.expand_dims(self._start_tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(tokens)
        self._finished = array_ops.one_hot(array_ops.zeros([self._batch_size], dtype=dtypes.int32), depth=beam_width,
                                           on_value=False, off_value=True, dtype=dtypes.bool)

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def tracks_own_finished(self):
        return True

    @property
    def output_size(self):
        size = tensor_shape.TensorShape([self._beam_width])
        return BeamSearchDecoderOutput(scores=size, predicted_ids=size, parent_ids=size)

    @property
    def output_dtype(self):
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        return BeamSearchDecoderOutput(scores=dtype, predicted_ids=dtypes.int32, parent_ids=dtypes.int32)

    def initialize(self, name=None):
        dtype = nest.flatten(self._initial_cell_state)[0].dtype
        zeros = array_ops.zeros([self._batch_size], dtype=dtypes.int32)
        log_probs = array_ops.one_hot(zeros, depth=self._beam_width, on_value=0.0, off_value=float("-inf"), dtype=dtype)
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state, log_probs=log_probs, finished=self._finished,
            lengths=array_ops.zeros(array_ops.stack([self._batch_size, self._beam_width]), dtype=dtypes.int64),
            accumulated_attention_probs=())
        return self._finished, self._start_inputs, state

    def finalize(self, outputs, final_state, sequence_lengths):
        longest = math_ops.cast(math_ops.reduce_max(final_state.lengths, axis=1), dtypes.int32)
        predicted = gather_tree(outputs.predicted_ids, outputs.parent_ids, max_sequence_lengths=longest,
                                end_token=self._end_token)
        if self._reorder_tensor_arrays:
            def ordered(t):
                if not _is_array(t) or not t.element_shape.ndims:
                    return t
                return gather_tree_from_array(t.stack(), outputs.parent_ids, final_state.lengths)
            final_state = final_state._replace(cell_state=nest.map_structure(ordered, final_state.cell_state))
        return FinalBeamSearchDecoderOutput(beam_search_decoder_output=outputs, predicted_ids=predicted), final_state

    def _merge(self, t, rank_of_rest=None):
        """(batch, beams, …) as (batch·beams, …)."""
        shape = array_ops.shape(t)
        merged = array_ops.reshape(t, array_ops.concat(([self._batch_size * self._beam_width], shape[2:]), 0))
        first = None if self._known_batch is None else self._known_batch * self._beam_width
        merged.set_shape([first] + t.shape.as_list()[2:])
        return merged

    def _split(self, t):
        """(batch·beams, …) as (batch, beams, …)."""
        shape = array_ops.shape(t)
        split = array_ops.reshape(t, array_ops.concat(([self._batch_size, self._beam_width], shape[1:]), 0))
        split.set_shape([self._known_batch, self._beam_width] + t.shape.as_list()[1:])
        return split

    def _split_states(self, states, sizes):
        return nest.map_structure(lambda t: t if _is_array(t) or t.shape.ndims == 0 else self._split(t), states)

    def _merge_states(self, states):
        return nest.map_structure(lambda t: t if _is_array(t) or t.shape.ndims == 0 else self._merge(t), states)

    def step(self, time, inputs, state, name=None):
        with ops.name_scope(name, "BeamSearchDecoderStep", (time, *nest.flatten(inputs))):
            cell_inputs = nest.map_structure(self._merge, inputs)
            outputs, next_cell_state = self._cell(cell_inputs, self._merge_states(state.cell_state))
            outputs = nest.map_structure(self._split, outputs)
            next_cell_state = self._split_states(next_cell_state, self._cell.state_size)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            output, next_state = self._search(outputs, next_cell_state, state)
            next_inputs = control_flow_ops.cond(math_ops.reduce_all(next_state.finished), lambda: self._start_inputs,
                                                lambda: self._embedding_fn(output.predicted_ids))
        return output, next_state, next_inputs, next_state.finished

    def _search(self, logits, next_cell_state, state):
        """The likeliest continuations of all beams."""
        width = self._beam_width
        log_probs = nn_ops.log_softmax(logits)
        classes = tensor_shape.dimension_value(logits.shape[-1]) or array_ops.shape(logits)[-1]
        # A beam that is over goes on with the end token for sure.
        over = array_ops.one_hot(self._end_token, classes, on_value=0.0, off_value=log_probs.dtype.min,
                                 dtype=log_probs.dtype)
        over = array_ops.zeros_like(log_probs) + over
        finished = array_ops.tile(array_ops.expand_dims(state.finished, 2), [1, 1, classes])
        log_probs = array_ops.where(finished, over, log_probs)
        total = array_ops.expand_dims(state.log_probs, 2) + log_probs
        shape = array_ops.stack([self._batch_size, width])
        added = array_ops.one_hot(array_ops.fill(shape, self._end_token), depth=classes, on_value=0, off_value=1)
        going_on = math_ops.cast(math_ops.logical_not(state.finished), dtypes.int64)
        added = math_ops.cast(added, dtypes.int64) * array_ops.expand_dims(going_on, 2)
        lengths = added + array_ops.expand_dims(state.lengths, 2)
        scores = self._scores(total, lengths)
        flat = array_ops.reshape(scores, array_ops.stack([self._batch_size, -1]))
        best, places = nn_ops.top_k(flat, k=width)
        best.set_shape([self._known_batch, width])
        places.set_shape([self._known_batch, width])
        next_log_probs = self._gather(places, array_ops.reshape(total, array_ops.stack([self._batch_size, -1])))
        words = math_ops.floormod(places, classes)
        parents = math_ops.floordiv(places, classes)
        was_finished = self._gather(parents, state.finished)
        next_finished = math_ops.logical_or(was_finished, math_ops.equal(words, self._end_token))
        next_lengths = self._gather(parents, state.lengths) + math_ops.cast(math_ops.logical_not(was_finished),
                                                                            dtypes.int64)
        next_cell_state = nest.map_structure(
            lambda t: t if _is_array(t) or t.shape.ndims < 2 else self._gather(parents, t), next_cell_state)
        next_state = BeamSearchDecoderState(cell_state=next_cell_state, log_probs=next_log_probs, lengths=next_lengths,
                                            finished=next_finished, accumulated_attention_probs=())
        return BeamSearchDecoderOutput(scores=best, predicted_ids=words, parent_ids=parents), next_state

    def _scores(self, log_probs, lengths):
        weight = self._length_penalty_weight
        if not isinstance(weight, ops.Tensor) and weight == 0:
            return log_probs
        weight = ops.convert_to_tensor(weight, dtype=log_probs.dtype)
        return log_probs / math_ops.pow((5.0 + math_ops.cast(lengths, log_probs.dtype)) / 6.0, weight)

    def _gather(self, indices, t):
        """Of each row, what is at its indices along the second axis."""
        rows = array_ops.tile(array_ops.expand_dims(math_ops.range(self._batch_size), 1), [1, self._beam_width])
        found = array_ops.gather_nd(t, array_ops.stack([rows, indices], -1))
        found.set_shape([self._known_batch, self._beam_width] + t.shape.as_list()[2:])
        return found
