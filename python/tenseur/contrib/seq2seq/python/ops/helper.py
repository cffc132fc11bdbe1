"""What a decoder's inputs are: those that are given, or what it chose before."""

import abc

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import array_ops, control_flow_ops, embedding_ops, math_ops, random_ops, rnn, tensor_array_ops
from tenseur.python.util import nest

__all__ = ["Helper", "TrainingHelper", "GreedyEmbeddingHelper", "SampleEmbeddingHelper", "CustomHelper",
           "ScheduledEmbeddingTrainingHelper", "ScheduledOutputTrainingHelper", "InferenceHelper"]


class Helper(abc.ABC):
    """Chooses by a step's outputs (`sample`), and says what goes into the next (`next_inputs`)."""

    @property
    @abc.abstractmethod
    def batch_size(self):
        raise NotImplementedError("batch_size has not been implemented")

    @property
    def sample_ids_shape(self):
        return tensor_shape.TensorShape([])

    @property
    def sample_ids_dtype(self):
        return dtypes.int32

    @abc.abstractmethod
    def initialize(self, name=None):
        """(finished, first inputs)."""
        raise NotImplementedError("initialize has not been implemented")

    @abc.abstractmethod
    def sample(self, time, outputs, state, name=None):
        """What is chosen."""
        raise NotImplementedError("sample has not been implemented")

    @abc.abstractmethod
    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        """(finished, next inputs, next state)."""
        raise NotImplementedError("next_inputs has not been implemented")


class CustomHelper(Helper):
    """A helper of three functions."""

    def __init__(self, initialize_fn, sample_fn, next_inputs_fn, sample_ids_shape=None,
                 sample_ids_dtype=None):
        self._initialize_fn = initialize_fn
        self._sample_fn = sample_fn
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = None
        self._sample_ids_shape = tensor_shape.TensorShape(sample_ids_shape or [])
        self._sample_ids_dtype = sample_ids_dtype or dtypes.int32

    @property
    def batch_size(self):
        if self._batch_size is None:
            raise ValueError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_ids_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_ids_dtype

    def initialize(self, name=None):
        finished, inputs = self._initialize_fn()
        if self._batch_size is None:
            self._batch_size = array_ops.size(finished)
        return finished, inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(time=time, outputs=outputs, state=state)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        return self._next_inputs_fn(time=time, outputs=outputs, state=state, sample_ids=sample_ids)


class TrainingHelper(Helper):
    """The inputs are those that are given: (batch, time, …), each row as long as `sequence_length` says."""

    def __init__(self, inputs, sequence_length, time_major=False, name=None):
        with ops.name_scope(name, "TrainingHelper", [*nest.flatten(inputs), sequence_length]):
            inputs = nest.map_structure(ops.convert_to_tensor, inputs)
            self._inputs = inputs
            if not time_major:
                inputs = nest.map_structure(rnn._transpose_batch_time, inputs)

            def array(one):
                return tensor_array_ops.TensorArray(dtype=one.dtype, size=array_ops.shape(one)[0],
                                                    element_shape=one.shape[1:]).unstack(one)

            self._input_tas = nest.map_structure(array, inputs)
            self._sequence_length = ops.convert_to_tensor(sequence_length, name="sequence_length")
            if self._sequence_length.shape.ndims != 1:
                raise ValueError("Expected sequence_length to be a vector, but received shape: %s"
                                 % self._sequence_length.shape)
            self._zero_inputs = nest.map_structure(lambda one: array_ops.zeros_like(one[0, :]), inputs)
            self._start_inputs = self._zero_inputs
            self._batch_size = array_ops.size(self._sequence_length)

    @property
    def inputs(self):
        return self._inputs

    @property
    def sequence_length(self):
        return self._sequence_length

    @property
    def batch_size(self):
        return self._batch_size

    def _at(self, time):
        finished = math_ops.greater_equal(math_ops.cast(time, self._sequence_length.dtype), self._sequence_length)
        inputs = control_flow_ops.cond(math_ops.reduce_all(finished), lambda: self._zero_inputs,
                                       lambda: nest.map_structure(lambda array: array.read(time), self._input_tas))
        return finished, inputs

    def initialize(self, name=None):
        with ops.name_scope(name, "TrainingHelperInitialize"):
            return self._at(0)

    def sample(self, time, outputs, name=None, **unused_kwargs):
        with ops.name_scope(name, "TrainingHelperSample", [time, outputs]):
            return math_ops.cast(math_ops.argmax(outputs, axis=-1), dtypes.int32)

    def next_inputs(self, time, outputs, state, name=None, **unused_kwargs):
        with ops.name_scope(name, "TrainingHelperNextInputs", [time, outputs]):
            finished, inputs = self._at(time + 1)
            return finished, inputs, state


def _chosen(logits, seed=None, dtype=dtypes.int32):
    drawn = random_ops.multinomial(logits, 1, seed=seed)
    return math_ops.cast(array_ops.squeeze(drawn, [1]), dtype)



class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """As `TrainingHelper`; with a probability, the vector of what the decoder drew goes in instead (Bengio et al.
    2015)."""

    def __init__(self, inputs, sequence_length, embedding, sampling_probability, time_major=False, seed=None,
                 scheduling_seed=None, name=None):
        with ops.name_scope(name, "ScheduledEmbeddingSamplingWrapper", [embedding, sampling_probability]):
            self._embedding_fn = embedding if callable(embedding) else (
                lambda ids: embedding_ops.embedding_lookup(embedding, ids))
            self._sampling_probability = ops.convert_to_tensor(sampling_probability, name="sampling_probability")
            if self._sampling_probability.shape.ndims not in (0, 1):
                raise ValueError("sampling_probability must be either a scalar or a vector. saw shape: %s" % (
                    self._sampling_probability.shape))
            self._seed = seed
            self._scheduling_seed = scheduling_seed
            super().__init__(inputs=inputs, sequence_length=sequence_length, time_major=time_major, name=name)

    def sample(self, time, outputs, state, name=None):
        with ops.name_scope(name, "ScheduledEmbeddingTrainingHelperSample", [time, outputs]):
            draw = random_ops.random_uniform(array_ops.reshape(self.batch_size, [1]), seed=self._scheduling_seed)
            drawn = _chosen(outputs, self._seed)
            return array_ops.where(math_ops.less(draw, self._sampling_probability), drawn, -array_ops.ones_like(drawn))

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        with ops.name_scope(name, "ScheduledEmbeddingTrainingHelperNextInputs", [time, outputs, sample_ids]):
            finished, given, state = super().next_inputs(time=time, outputs=outputs, state=state)
            own = self._embedding_fn(math_ops.maximum(sample_ids, 0))
            inputs = array_ops.where(math_ops.greater(sample_ids, -1), own, given)
            inputs.set_shape(given.shape)
            return finished, inputs, state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """As `TrainingHelper`; with a probability, the decoder's own output goes in instead, through a layer if there is
    one."""

    def __init__(self, inputs, sequence_length, sampling_probability, time_major=False, seed=None, next_inputs_fn=None,
                 auxiliary_inputs=None, name=None):
        with ops.name_scope(name, "ScheduledOutputTrainingHelper", [*nest.flatten(inputs), sampling_probability]):
            self._sampling_probability = ops.convert_to_tensor(sampling_probability, name="sampling_probability")
            if auxiliary_inputs is not None and nest.is_sequence(inputs):
                raise ValueError("Only tensors are supported when auxiliary_inputs is provided")
            self._auxiliary_tas = None
            if auxiliary_inputs is not None:
                inputs = array_ops.concat((inputs, auxiliary_inputs), -1)
                extra = auxiliary_inputs if time_major else rnn._transpose_batch_time(auxiliary_inputs)
                self._auxiliary_tas = tensor_array_ops.TensorArray(extra.dtype,
                                                                   size=array_ops.shape(extra)[0]).unstack(extra)
                self._zero_auxiliary = array_ops.zeros_like(extra[0, :])
            self._next_inputs_fn = next_inputs_fn
            self._seed = seed
            super().__init__(inputs=inputs, sequence_length=sequence_length, time_major=time_major, name=name)

    def sample(self, time, outputs, state, name=None):
        draw = random_ops.random_uniform(array_ops.reshape(self.batch_size, [1]), seed=self._seed)
        return math_ops.cast(math_ops.less(draw, self._sampling_probability), dtypes.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        with ops.name_scope(name, "ScheduledOutputTrainingHelperNextInputs", [time, outputs, sample_ids]):
            finished, given, state = super().next_inputs(time=time, outputs=outputs, state=state)
            own = outputs if self._next_inputs_fn is None else self._next_inputs_fn(outputs)
            if self._auxiliary_tas is not None:
                extra = control_flow_ops.cond(math_ops.reduce_all(finished), lambda: self._zero_auxiliary,
                                              lambda: self._auxiliary_tas.read(time + 1))
                own = array_ops.concat((own, extra), -1)
            chosen = math_ops.cast(sample_ids, dtypes.bool)
            inputs = nest.map_structure(lambda one, other: array_ops.where(chosen, one, other), own, given)
            return finished, inputs, state


class GreedyEmbeddingHelper(Helper):
    """The vector of the likeliest class goes into the next step, until that is `end_token`.

    Args:
      embedding: a matrix of vectors, or a function of numbers of classes.
      start_tokens: (batch,), what goes in first.
    """

    def __init__(self, embedding, start_tokens, end_token):
        self._embedding_fn = embedding if callable(embedding) else (
            lambda ids: embedding_ops.embedding_lookup(embedding, ids))
        self._start_tokens = ops.convert_to_tensor(start_tokens, dtype=dtypes.int32, name="start_tokens")
        self._end_token = ops.convert_to_tensor(end_token, dtype=dtypes.int32, name="end_token")
        if self._start_tokens.shape.ndims != 1:
            raise ValueError("start_tokens must be a vector")
        self._batch_size = array_ops.size(self._start_tokens)
        if self._end_token.shape.ndims != 0:
            raise ValueError("end_token must be a scalar")
        self._start_inputs = self._embedding_fn(self._start_tokens)

    @property
    def batch_size(self):
        return self._batch_size

    def initialize(self, name=None):
        return array_ops.tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        if not isinstance(outputs, ops.Tensor):
            raise TypeError("Expected outputs to be a single Tensor, got: %s" % type(outputs))
        return math_ops.argmax(outputs, axis=-1, output_type=dtypes.int32)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        finished = math_ops.equal(sample_ids, self._end_token)
        inputs = control_flow_ops.cond(math_ops.reduce_all(finished), lambda: self._start_inputs,
                                       lambda: self._embedding_fn(sample_ids))
        return finished, inputs, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """As `GreedyEmbeddingHelper`, with a class that is drawn: by the softmax of the outputs over the temperature."""

    def __init__(self, embedding, start_tokens, end_token, softmax_temperature=None, seed=None):
        super().__init__(embedding, start_tokens, end_token)
        self._softmax_temperature = softmax_temperature
        self._seed = seed

    def sample(self, time, outputs, state, name=None):
        if not isinstance(outputs, ops.Tensor):
            raise TypeError("Expected outputs to be a single Tensor, got: %s" % type(outputs))
        logits = outputs if self._softmax_temperature is None else outputs / self._softmax_temperature
        return _chosen(logits, self._seed)


class InferenceHelper(Helper):
    """A helper of the functions that choose, that say whether it is over, and what goes in."""

    def __init__(self, sample_fn, sample_shape, sample_dtype, start_inputs, end_fn, next_inputs_fn=None):
        self._sample_fn = sample_fn
        self._end_fn = end_fn
        self._sample_shape = tensor_shape.TensorShape(sample_shape)
        self._sample_dtype = sample_dtype
        self._next_inputs_fn = next_inputs_fn
        self._batch_size = array_ops.shape(start_inputs)[0]
        self._start_inputs = ops.convert_to_tensor(start_inputs, name="start_inputs")

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def sample_ids_shape(self):
        return self._sample_shape

    @property
    def sample_ids_dtype(self):
        return self._sample_dtype

    def initialize(self, name=None):
        return array_ops.tile([False], [self._batch_size]), self._start_inputs

    def sample(self, time, outputs, state, name=None):
        return self._sample_fn(outputs)

    def next_inputs(self, time, outputs, state, sample_ids, name=None):
        inputs = sample_ids if self._next_inputs_fn is None else self._next_inputs_fn(sample_ids)
        return self._end_fn(sample_ids), inputs, state
