"""Conditional random fields over sequences of tags: scores, the logarithm of the partition function, the best sequence.

A sequence y of tags, of length n, has the score Σᵢ x[i, yᵢ] + Σᵢ A[yᵢ₋₁, yᵢ], where x are the inputs and A the transitions; its
probability is the exponential of that, divided by the sum over all sequences (Lafferty, McCallum, Pereira: Conditional Random
Fields, ICML 2001). Tags beyond a sequence's length count for nothing.
"""

import numpy

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, control_flow_ops, math_ops, rnn, rnn_cell_impl
from tenseur.python.ops import variable_scope as vs

__all__ = [
    "crf_sequence_score", "crf_multitag_sequence_score", "crf_log_norm", "crf_log_likelihood", "crf_unary_score",
    "crf_binary_score", "CrfForwardRnnCell", "viterbi_decode", "CrfDecodeForwardRnnCell", "CrfDecodeBackwardRnnCell", "crf_decode",
]


def _mask(sequence_lengths, like):
    """(batch, time): one within the sequence, zero behind it."""
    return array_ops.sequence_mask(sequence_lengths, maxlen=array_ops.shape(like)[1], dtype=dtypes.float32)


def _after_first(sequence_lengths):
    """How many steps follow the first of each sequence."""
    return math_ops.maximum(ops.convert_to_tensor(sequence_lengths) - 1, 0)


def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The score of one sequence of tags for each row.

    Args:
      inputs: (batch, time, tags), the scores of tags by themselves.
      tag_indices: (batch, time), whole numbers.
      sequence_lengths: (batch,).
      transition_params: (tags, tags), the score of a tag (column) after another (row).

    Returns:
      (batch,).
    """
    return crf_unary_score(tag_indices, sequence_lengths, inputs) + crf_binary_score(
        tag_indices, sequence_lengths, transition_params)


def crf_multitag_sequence_score(inputs, tag_bitmap, sequence_lengths, transition_params):
    """The logarithm of the sum over all sequences of allowed tags of the exponential of their score.

    Args:
      inputs: (batch, time, tags).
      tag_bitmap: (batch, time, tags), true where a tag is allowed at a step.
      sequence_lengths: (batch,).
      transition_params: (tags, tags).

    Returns:
      (batch,).
    """
    allowed = array_ops.where(tag_bitmap, inputs, array_ops.fill(array_ops.shape(inputs), -numpy.inf))
    return crf_log_norm(allowed, sequence_lengths, transition_params)


def crf_log_norm(inputs, sequence_lengths, transition_params):
    """The logarithm of the sum over all sequences of tags of the exponential of their score; zero for an empty sequence.

    Args:
      inputs: (batch, time, tags).
      sequence_lengths: (batch,).
      transition_params: (tags, tags).

    Returns:
      (batch,).
    """
    inputs = ops.convert_to_tensor(inputs)
    first = array_ops.squeeze(array_ops.slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])
    last = first
    if tensor_shape.dimension_value(inputs.shape[1]) != 1:
        rest = array_ops.slice(inputs, [0, 1, 0], [-1, -1, -1])
        _, last = rnn.dynamic_rnn(CrfForwardRnnCell(transition_params), rest, sequence_length=_after_first(sequence_lengths),
                                  initial_state=first, dtype=dtypes.float32)
    norm = math_ops.reduce_logsumexp(last, [1])
    return array_ops.where(math_ops.less_equal(sequence_lengths, 0), array_ops.zeros_like(norm), norm)


def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """The logarithm of the probability of one sequence of tags for each row.

    Args:
      inputs: (batch, time, tags).
      tag_indices: (batch, time), whole numbers.
      sequence_lengths: (batch,).
      transition_params: (tags, tags); where it is not given, a new variable `transitions`.

    Returns:
      ((batch,), the transitions).
    """
    inputs = ops.convert_to_tensor(inputs)
    if transition_params is None:
        tags = tensor_shape.dimension_value(inputs.shape[2])
        transition_params = vs.get_variable("transitions", [tags, tags])
    scores = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return scores - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """Σᵢ x[i, yᵢ], (batch,): what the tags score by themselves."""
    inputs = ops.convert_to_tensor(inputs)
    chosen = array_ops.one_hot(math_ops.cast(tag_indices, dtypes.int32), array_ops.shape(inputs)[2], dtype=inputs.dtype)
    # Where a score is infinite, zero times it would be no number.
    scores = array_ops.where(chosen > 0, inputs, array_ops.zeros_like(inputs))
    return math_ops.reduce_sum(math_ops.reduce_sum(scores, 2) * _mask(sequence_lengths, inputs), 1)


def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """Σᵢ A[yᵢ₋₁, yᵢ], (batch,): what tags score by what follows what."""
    tag_indices = math_ops.cast(tag_indices, dtypes.int32)
    transition_params = ops.convert_to_tensor(transition_params)
    steps = array_ops.shape(tag_indices)[1] - 1
    before = array_ops.slice(tag_indices, [0, 0], [-1, steps])
    after = array_ops.slice(tag_indices, [0, 1], [-1, steps])
    places = before * array_ops.shape(transition_params)[1] + after
    scores = array_ops.gather(array_ops.reshape(transition_params, [-1]), places)
    return math_ops.reduce_sum(scores * _mask(_after_first(sequence_lengths), places), 1)


class _TagsCell(rnn_cell_impl.RNNCell):
    """A step from the scores of tags to those of the next tags."""

    def __init__(self, transition_params):
        super().__init__()
        self._transitions = array_ops.expand_dims(transition_params, 0)
        self._tags = tensor_shape.dimension_value(ops.convert_to_tensor(transition_params).shape[0])

    @property
    def state_size(self):
        return self._tags

    @property
    def output_size(self):
        return self._tags


class CrfForwardRnnCell(_TagsCell):
    """A step of the forward algorithm: α'[j] = x[j] + log Σᵢ exp(α[i] + A[i, j])."""

    def __call__(self, inputs, state, scope=None):
        """`inputs` and `state`: (batch, tags). The output is the new state."""
        alphas = inputs + math_ops.reduce_logsumexp(array_ops.expand_dims(state, 2) + self._transitions, [1])
        return alphas, alphas


def viterbi_decode(score, transition_params):
    """The best sequence of tags, computed at once, of arrays.

    Args:
      score: (time, tags), an array.
      transition_params: (tags, tags), an array.

    Returns:
      (the tags as a list, their score).
    """
    score = numpy.asarray(score)
    best, pointers = score[0], []
    for step in score[1:]:
        candidates = best[:, None] + transition_params
        pointers.append(numpy.argmax(candidates, 0))
        best = step + numpy.max(candidates, 0)
    tags = [numpy.argmax(best)]
    for pointer in reversed(pointers):
        tags.append(pointer[tags[-1]])
    return tags[::-1], numpy.max(best)


class CrfDecodeForwardRnnCell(_TagsCell):
    """A step of Viterbi's algorithm: the best score that ends in each tag, and which tag was before it."""

    def __call__(self, inputs, state, scope=None):
        """`inputs` and `state`: (batch, tags). The output is the tag before each, int32."""
        candidates = array_ops.expand_dims(state, 2) + self._transitions
        before = math_ops.cast(math_ops.argmax(candidates, 1), dtypes.int32)
        return before, inputs + math_ops.reduce_max(candidates, [1])


class CrfDecodeBackwardRnnCell(rnn_cell_impl.RNNCell):
    """A step back along the best sequence: from a tag to the one before it."""

    def __init__(self, num_tags):
        super().__init__()
        self._tags = num_tags

    @property
    def state_size(self):
        return 1

    @property
    def output_size(self):
        return 1

    def __call__(self, inputs, state, scope=None):
        """`inputs`: (batch, tags), which tag is before each; `state`: (batch, 1), a tag."""
        here = array_ops.one_hot(array_ops.squeeze(state, [1]), self._tags, dtype=dtypes.int32)
        before = array_ops.expand_dims(math_ops.reduce_sum(inputs * here, 1), -1)
        return before, before


def crf_decode(potentials, transition_params, sequence_length):
    """The best sequence of tags for each row, by Viterbi's algorithm.

    Args:
      potentials: (batch, time, tags).
      transition_params: (tags, tags).
      sequence_length: (batch,).

    Returns:
      (the tags, (batch, time), int32, zeros behind the end of a sequence; their scores, (batch,)).
    """
    potentials = ops.convert_to_tensor(potentials)

    def one_step():
        first = array_ops.squeeze(array_ops.slice(potentials, [0, 0, 0], [-1, 1, -1]), [1])
        return (array_ops.expand_dims(math_ops.cast(math_ops.argmax(first, 1), dtypes.int32), 1), math_ops.reduce_max(first, [1]))

    def several_steps():
        tags = tensor_shape.dimension_value(potentials.shape[2])
        first = array_ops.squeeze(array_ops.slice(potentials, [0, 0, 0], [-1, 1, -1]), [1])
        rest = array_ops.slice(potentials, [0, 1, 0], [-1, -1, -1])
        steps = _after_first(sequence_length)
        pointers, last = rnn.dynamic_rnn(CrfDecodeForwardRnnCell(transition_params), rest, sequence_length=steps,
                                         initial_state=first, dtype=dtypes.int32)
        ends = array_ops.expand_dims(math_ops.cast(math_ops.argmax(last, 1), dtypes.int32), -1)
        pointers = array_ops.reverse_sequence(pointers, steps, seq_axis=1)
        back, _ = rnn.dynamic_rnn(CrfDecodeBackwardRnnCell(tags), pointers, sequence_length=steps, initial_state=ends,
                                  dtype=dtypes.int32)
        found = array_ops.concat([ends, array_ops.squeeze(back, [2])], 1)
        return array_ops.reverse_sequence(found, sequence_length, seq_axis=1), math_ops.reduce_max(last, [1])

    known = tensor_shape.dimension_value(potentials.shape[1])
    if known is not None:
        return one_step() if known == 1 else several_steps()
    return control_flow_ops.cond(math_ops.equal(array_ops.shape(potentials)[1], 1), one_step, several_steps)
