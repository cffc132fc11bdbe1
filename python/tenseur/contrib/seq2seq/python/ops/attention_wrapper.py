"""Attention: a cell that sees a mean of a memory, with weights that it chooses."""

import collections

from tenseur.python.framework import dtypes, ops, tensor_shape, tensor_util
from tenseur.python.ops import array_ops, check_ops, init_ops, math_ops, nn_ops, rnn_cell_impl, tensor_array_ops
from tenseur.python.ops import variable_scope
from tenseur.python.util import nest

__all__ = ["AttentionMechanism", "AttentionWrapper", "AttentionWrapperState", "LuongAttention", "BahdanauAttention",
           "BahdanauMonotonicAttention", "LuongMonotonicAttention", "hardmax", "monotonic_attention", "safe_cumprod"]


class AttentionMechanism:
    """What compares a query with a memory."""

    @property
    def alignments_size(self):
        raise NotImplementedError

    @property
    def state_size(self):
        raise NotImplementedError


def _dense(units, name, use_bias, dtype):
    from tenseur.python.layers import core
    return core.Dense(units, name=name, use_bias=use_bias, dtype=dtype)


def _prepare_memory(memory, memory_sequence_length, check_inner_dims_defined):
    """The memory with zeros beyond each row's length."""
    memory = nest.map_structure(lambda one: ops.convert_to_tensor(one, name="memory"), memory)
    if memory_sequence_length is not None:
        memory_sequence_length = ops.convert_to_tensor(memory_sequence_length, name="memory_sequence_length")
    if check_inner_dims_defined:
        for one in nest.flatten(memory):
            if not one.shape[2:].is_fully_defined():
                raise ValueError("Expected memory %s to have fully defined inner dims, but saw shape: %s"
                                 % (one.name, one.shape))
    if memory_sequence_length is None:
        return memory

    def masked(one):
        mask = array_ops.sequence_mask(memory_sequence_length, maxlen=array_ops.shape(one)[1], dtype=one.dtype)
        for _ in range(one.shape.ndims - 2):
            mask = array_ops.expand_dims(mask, -1)
        return one * mask

    return nest.map_structure(masked, memory)


def _masked_score(score, memory_sequence_length, score_mask_value):
    if memory_sequence_length is None:
        return score
    mask = array_ops.sequence_mask(memory_sequence_length, maxlen=array_ops.shape(score)[1])
    return array_ops.where(mask, score, score_mask_value * array_ops.ones_like(score))


class _BaseAttentionMechanism(AttentionMechanism):
    """Keys and values of a memory (batch, time, …), and how weights come from scores."""

    def __init__(self, query_layer, memory, probability_fn, memory_sequence_length=None, memory_layer=None,
                 check_inner_dims_defined=True, score_mask_value=None, custom_key_value_fn=None, name=None):
        self._query_layer = query_layer
        self._memory_layer = memory_layer
        self.dtype = ops.convert_to_tensor(nest.flatten(memory)[0]).dtype if memory_layer is None else (
            dtypes.as_dtype(memory_layer.dtype or dtypes.float32))
        if not callable(probability_fn):
            raise TypeError("probability_fn must be callable, saw type: %s" % type(probability_fn).__name__)
        if score_mask_value is None:
            score_mask_value = float("-inf")
        with ops.name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._values = _prepare_memory(memory, memory_sequence_length, check_inner_dims_defined)
            self._keys = memory_layer(self._values) if memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            keys = self._keys
            known = tensor_shape.dimension_value(keys.shape[0]), tensor_shape.dimension_value(keys.shape[1])
            self._batch_size = array_ops.shape(keys)[0] if known[0] is None else known[0]
            self._alignments_size = array_ops.shape(keys)[1] if known[1] is None else known[1]
        self._probability_fn = lambda score, previous: probability_fn(
            _masked_score(score, memory_sequence_length, score_mask_value), previous)

    @property
    def memory_layer(self):
        return self._memory_layer

    @property
    def query_layer(self):
        return self._query_layer

    @property
    def values(self):
        return self._values

    @property
    def keys(self):
        return self._keys

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def alignments_size(self):
        return self._alignments_size

    @property
    def state_size(self):
        return self._alignments_size

    def initial_alignments(self, batch_size, dtype):
        """The weights before the first step: zeros."""
        return rnn_cell_impl._zero_state_tensors(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size, dtype):
        return self.initial_alignments(batch_size, dtype)


def _luong_score(query, keys, scale):
    depth, key_units = query.shape.as_list()[-1], keys.shape.as_list()[-1]
    if depth != key_units:
        raise ValueError(
            "Incompatible or unknown inner dimensions between query and keys.  Query (%s) has units: %s.  Keys (%s) "
                         "have units: %s.  Perhaps you need to set num_units to the keys' dimension (%s)?" % (
                             query, depth, keys, key_units, key_units))
    score = math_ops.matmul(array_ops.expand_dims(query, 1), keys, transpose_b=True)
    score = array_ops.squeeze(score, [1])
    return score if scale is None else scale * score


class LuongAttention(_BaseAttentionMechanism):
    """Scores are products of query and keys (Luong et al. 2015), times a learned number if `scale`."""

    def __init__(self, num_units, memory, memory_sequence_length=None, scale=False, probability_fn=None,
                 score_mask_value=None,
                 dtype=None, custom_key_value_fn=None, name="LuongAttention"):
        probability_fn = probability_fn or nn_ops.softmax
        super().__init__(query_layer=None,
                         memory_layer=_dense(num_units, "memory_layer", False, dtype or dtypes.float32),
                         memory=memory, probability_fn=lambda score, _: probability_fn(score),
                         memory_sequence_length=memory_sequence_length, score_mask_value=score_mask_value,
                         custom_key_value_fn=custom_key_value_fn, name=name)
        self._num_units = num_units
        self._scale = scale
        self._name = name

    def __call__(self, query, state):
        """(weights, next state) for a query (batch, units)."""
        with variable_scope.variable_scope(None, "luong_attention", [query]):
            scale = None
            if self._scale:
                scale = variable_scope.get_variable("attention_g", dtype=query.dtype,
                                                    initializer=init_ops.ones_initializer(), shape=())
            alignments = self._probability_fn(_luong_score(query, self._keys, scale), state)
        return alignments, alignments


def _bahdanau_score(processed_query, keys, attention_v, attention_g=None, attention_b=None):
    query = array_ops.expand_dims(processed_query, 1)
    if attention_g is None:
        return math_ops.reduce_sum(attention_v * math_ops.tanh(keys + query), [2])
    normed = attention_g * attention_v * math_ops.rsqrt(math_ops.reduce_sum(math_ops.square(attention_v)))
    return math_ops.reduce_sum(normed * math_ops.tanh(keys + query + attention_b), [2])


class BahdanauAttention(_BaseAttentionMechanism):
    """Scores are `v·tanh(W·query + U·memory)` (Bahdanau et al. 2014), with a normalized v if `normalize`."""

    def __init__(self, num_units, memory, memory_sequence_length=None, normalize=False, probability_fn=None,
                 score_mask_value=None, dtype=None, custom_key_value_fn=None, name="BahdanauAttention"):
        probability_fn = probability_fn or nn_ops.softmax
        dtype = dtype or dtypes.float32
        super().__init__(query_layer=_dense(num_units, "query_layer", False, dtype),
                         memory_layer=_dense(num_units, "memory_layer", False, dtype), memory=memory,
                         probability_fn=lambda score, _: probability_fn(score), custom_key_value_fn=custom_key_value_fn,
                         memory_sequence_length=memory_sequence_length, score_mask_value=score_mask_value, name=name)
        self._num_units = num_units
        self._normalize = normalize
        self._name = name

    def _score(self, query):
        processed = self.query_layer(query) if self.query_layer else query
        v = variable_scope.get_variable("attention_v", [self._num_units], dtype=query.dtype)
        g = b = None
        if self._normalize:
            g = variable_scope.get_variable("attention_g", initializer=init_ops.constant_initializer(
                (1.0 / self._num_units) ** 0.5), shape=(), dtype=query.dtype)
            b = variable_scope.get_variable("attention_b", [self._num_units], initializer=init_ops.zeros_initializer(),
                                            dtype=query.dtype)
        return _bahdanau_score(processed, self._keys, v, g, b)

    def __call__(self, query, state):
        """(weights, next state) for a query (batch, units)."""
        with variable_scope.variable_scope(None, "bahdanau_attention", [query]):
            alignments = self._probability_fn(self._score(query), state)
        return alignments, alignments


def safe_cumprod(x, *args, **kwargs):
    """The cumulative product of numbers in [0, 1], as `exp(cumsum(log(x)))`."""
    with ops.name_scope(None, "SafeCumprod", [x]):
        x = ops.convert_to_tensor(x, name="x")
        tiny = 1.1754944e-38 if x.dtype.base_dtype == dtypes.float32 else 2.2250738585072014e-308
        from tenseur.python.ops import clip_ops
        return math_ops.exp(math_ops.cumsum(math_ops.log(clip_ops.clip_by_value(x, tiny, 1)), *args, **kwargs))


def monotonic_attention(p_choose_i, previous_attention, mode):
    """Weights that only go forward (Raffel et al. 2017); `mode`: "recursive", "parallel" or "hard"."""
    p_choose_i = ops.convert_to_tensor(p_choose_i, name="p_choose_i")
    previous_attention = ops.convert_to_tensor(previous_attention, name="previous_attention")
    if mode == "recursive":
        from tenseur.python.ops import functional_ops
        batch_size = tensor_shape.dimension_value(p_choose_i.shape[0]) or array_ops.shape(p_choose_i)[0]
        shifted = array_ops.concat([array_ops.ones((batch_size, 1)), 1 - p_choose_i[:, :-1]], 1)
        return p_choose_i * array_ops.transpose(functional_ops.scan(
            lambda x, yz: array_ops.reshape(yz[0] * x + yz[1], (batch_size,)),
            [array_ops.transpose(shifted), array_ops.transpose(previous_attention)], array_ops.zeros((batch_size,))))
    if mode == "parallel":
        from tenseur.python.ops import clip_ops
        cumprod = safe_cumprod(1 - p_choose_i, axis=1, exclusive=True)
        return p_choose_i * cumprod * math_ops.cumsum(
            previous_attention / clip_ops.clip_by_value(cumprod, 1e-10, 1.0), axis=1)
    if mode == "hard":
        p_choose_i = p_choose_i * math_ops.cumsum(previous_attention, axis=1)
        return p_choose_i * math_ops.cumprod(1 - p_choose_i, axis=1, exclusive=True)
    raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")


def _monotonic_probability_fn(score, previous_alignments, sigmoid_noise, mode, seed=None):
    if sigmoid_noise > 0:
        from tenseur.python.ops import random_ops
        score = score + sigmoid_noise * random_ops.random_normal(array_ops.shape(score), dtype=score.dtype, seed=seed)
    p_choose_i = math_ops.cast(score > 0, score.dtype) if mode == "hard" else math_ops.sigmoid(score)
    return monotonic_attention(p_choose_i, previous_alignments, mode)


class _Monotonic:
    """Attention that begins at the first element, and only goes forward."""

    def initial_alignments(self, batch_size, dtype):
        return array_ops.one_hot(array_ops.zeros((batch_size,), dtype=dtypes.int32), self._alignments_size, dtype=dtype)

    def _bias(self, query):
        return variable_scope.get_variable("attention_score_bias", dtype=query.dtype, shape=(),
                                           initializer=init_ops.constant_initializer(self._score_bias_init))

    def _set(self, sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode):
        self._score_bias_init = score_bias_init
        masked = self._probability_fn_mask
        self._probability_fn = lambda score, previous: _monotonic_probability_fn(
            masked(score), previous, sigmoid_noise, mode, sigmoid_noise_seed)


class BahdanauMonotonicAttention(_Monotonic, BahdanauAttention):
    """`BahdanauAttention` that only goes forward."""

    def __init__(self, num_units, memory, memory_sequence_length=None, normalize=False, score_mask_value=None,
                 sigmoid_noise=0.,
                 sigmoid_noise_seed=None, score_bias_init=0., mode="parallel", dtype=None,
                 name="BahdanauMonotonicAttention"):
        super().__init__(num_units, memory, memory_sequence_length, normalize, score_mask_value=score_mask_value,
                         dtype=dtype,
                         name=name)
        value = float("-inf") if score_mask_value is None else score_mask_value
        self._probability_fn_mask = lambda score: _masked_score(score, memory_sequence_length, value)
        self._set(sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode)

    def __call__(self, query, state):
        """(weights, next state) for a query (batch, units)."""
        with variable_scope.variable_scope(None, "bahdanau_monotonic_attention", [query]):
            alignments = self._probability_fn(self._score(query) + self._bias(query), state)
        return alignments, alignments


class LuongMonotonicAttention(_Monotonic, LuongAttention):
    """`LuongAttention` that only goes forward."""

    def __init__(self, num_units, memory, memory_sequence_length=None, scale=False, score_mask_value=None,
                 sigmoid_noise=0.,
                 sigmoid_noise_seed=None, score_bias_init=0., mode="parallel", dtype=None,
                 name="LuongMonotonicAttention"):
        super().__init__(num_units, memory, memory_sequence_length, scale, score_mask_value=score_mask_value,
                         dtype=dtype,
                         name=name)
        value = float("-inf") if score_mask_value is None else score_mask_value
        self._probability_fn_mask = lambda score: _masked_score(score, memory_sequence_length, value)
        self._set(sigmoid_noise, sigmoid_noise_seed, score_bias_init, mode)

    def __call__(self, query, state):
        """(weights, next state) for a query (batch, units)."""
        with variable_scope.variable_scope(None, "luong_monotonic_attention", [query]):
            scale = variable_scope.get_variable("attention_g", dtype=query.dtype, shape=(),
                                                initializer=init_ops.ones_initializer()) if self._scale else None
            alignments = self._probability_fn(_luong_score(query, self._keys, scale) + self._bias(query), state)
        return alignments, alignments


def hardmax(logits, name=None):
    """1 at the greatest along the last axis, 0 elsewhere."""
    with ops.name_scope(name, "Hardmax", [logits]):
        logits = ops.convert_to_tensor(logits, name="logits")
        depth = tensor_shape.dimension_value(logits.shape[-1])
        depth = array_ops.shape(logits)[-1] if depth is None else depth
        return array_ops.one_hot(math_ops.argmax(logits, -1), depth, dtype=logits.dtype)


class AttentionWrapperState(collections.namedtuple("AttentionWrapperState", (
        "cell_state", "attention", "time", "alignments", "alignment_history", "attention_state"))):
    """The state of an `AttentionWrapper`."""

    def clone(self, **kwargs):
        """This state with other values for some of its parts, which keep their shapes."""
        def with_same_shape(old, new):
            if isinstance(old, ops.Tensor) and isinstance(new, ops.Tensor):
                old_size, new_size = old.shape.ndims and tensor_shape.dimension_value(old.shape[0]), (
                    new.shape.ndims and tensor_shape.dimension_value(new.shape[0]))
                if None not in (old_size, new_size) and old_size != new_size:
                    raise ValueError("The batch size of the new state %s is not that of the old one %s"
                                     % (new.shape, old.shape))
                new.set_shape(old.shape)
            return new
        return nest.map_structure(with_same_shape, self, self._replace(**kwargs))


def _compute_attention(attention_mechanism, cell_output, attention_state, attention_layer):
    """(attention, weights, next state of the mechanism)."""
    alignments, next_state = attention_mechanism(cell_output, state=attention_state)
    context = math_ops.matmul(array_ops.expand_dims(alignments, 1), attention_mechanism.values)
    context = array_ops.squeeze(context, [1])
    if attention_layer is not None:
        return attention_layer(array_ops.concat([cell_output, context], 1)), alignments, next_state
    return context, alignments, next_state


class AttentionWrapper(rnn_cell_impl.RNNCell):
    """A cell that gets, beside its inputs, the attention of the step before.

    Args:
      attention_mechanism: one, or a list of them.
      attention_layer_size: the size of the layer over output and mean; without it the mean is the attention.
      alignment_history: whether the weights of all steps are kept, in a tensor array.
      output_attention: whether the attention is the output, and not the cell's output.
    """

    def __init__(self, cell, attention_mechanism, attention_layer_size=None, alignment_history=False,
                 cell_input_fn=None,
                 output_attention=True, initial_cell_state=None, name=None, attention_layer=None, attention_fn=None):
        super().__init__(name=name)
        rnn_cell_impl.assert_like_rnncell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        mechanisms = attention_mechanism if self._is_multi else (attention_mechanism,)
        for one in mechanisms:
            if not isinstance(one, AttentionMechanism):
                raise TypeError(
                    "attention_mechanism must be an AttentionMechanism or list of multiple AttentionMechanism, saw "
                                "type: %s" % type(one).__name__)
        if attention_layer_size is not None and attention_layer is not None:
            raise ValueError("Only one of attention_layer_size and attention_layer should be set")
        self._cell = cell
        self._attention_mechanisms = mechanisms
        self._cell_input_fn = cell_input_fn or (lambda inputs, attention: array_ops.concat([inputs, attention], -1))
        self._output_attention = output_attention
        self._alignment_history = alignment_history
        self._attention_fn = attention_fn or _compute_attention
        self._attention_layers = None
        if attention_layer_size is not None:
            sizes = tuple(attention_layer_size if isinstance(attention_layer_size, (list, tuple))
                          else (attention_layer_size,))
            if len(sizes) != len(mechanisms):
                raise ValueError(
                    "If provided, attention_layer_size must contain exactly one integer per attention_mechanism, saw: "
                                 "%d vs %d" % (len(sizes), len(mechanisms)))
            self._attention_layers = tuple(_dense(size, "attention_layer", False, mechanisms[number].dtype)
                                           for number, size in enumerate(sizes))
            self._attention_layer_size = sum(sizes)
        elif attention_layer is not None:
            self._attention_layers = tuple(attention_layer if isinstance(attention_layer, (list, tuple))
                                           else (attention_layer,))
            if len(self._attention_layers) != len(mechanisms):
                raise ValueError("If provided, attention_layer must contain exactly one layer per attention_mechanism")
            self._attention_layer_size = sum(
                tensor_shape.dimension_value(
                    tensor_shape.TensorShape(layer.compute_output_shape(tensor_shape.TensorShape(
                    [None, cell.output_size + tensor_shape.dimension_value(one.values.shape[-1])])))[-1])
                for layer, one in zip(self._attention_layers, mechanisms))
        else:
            self._attention_layer_size = sum(tensor_shape.dimension_value(one.values.shape[-1]) for one in mechanisms)
        self._initial_cell_state = initial_cell_state
        if initial_cell_state is not None:
            last = nest.flatten(initial_cell_state)[-1]
            self._initial_cell_state = nest.map_structure(
                lambda one: array_ops.identity(one, name="check_initial_cell_state"), initial_cell_state)
            self._initial_batch = tensor_shape.dimension_value(last.shape[0]) or array_ops.shape(last)[0]

    def _item_or_tuple(self, sequence):
        items = tuple(sequence)
        return items if self._is_multi else items[0]

    @property
    def output_size(self):
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self):
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size, time=tensor_shape.TensorShape([]), attention=self._attention_layer_size,
            alignments=self._item_or_tuple(one.alignments_size for one in mechanisms),
            attention_state=self._item_or_tuple(one.state_size for one in mechanisms),
            alignment_history=self._item_or_tuple(one.alignments_size if self._alignment_history else ()
                                                  for one in mechanisms))

    def zero_state(self, batch_size, dtype):
        """A first state: the cell's is the one that was given, if one was."""
        with ops.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            mechanisms = self._attention_mechanisms
            cell_state = self._cell.zero_state(batch_size, dtype) if self._initial_cell_state is None else (
                self._initial_cell_state)
            checks = self._checks(batch_size)
            with ops.control_dependencies(checks):
                cell_state = nest.map_structure(lambda one: array_ops.identity(one, name="checked_cell_state"),
                                                cell_state)
            alignments = [one.initial_alignments(batch_size, dtype) for one in mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state, time=array_ops.zeros([], dtype=dtypes.int32),
                attention=rnn_cell_impl._zero_state_tensors(self._attention_layer_size, batch_size, dtype),
                alignments=self._item_or_tuple(alignments),
                attention_state=self._item_or_tuple(one.initial_state(batch_size, dtype) for one in mechanisms),
                alignment_history=self._item_or_tuple(
                    tensor_array_ops.TensorArray(dtype, size=0, dynamic_size=True, element_shape=one.shape)
                    if self._alignment_history else () for one in alignments))

    def _checks(self, batch_size):
        """Whether each memory has as many rows as there are."""
        known = tensor_util.constant_value(ops.convert_to_tensor(batch_size))
        checks = []
        for one in self._attention_mechanisms:
            own = one.batch_size
            if isinstance(own, int) and known is not None:
                if own != int(known):
                    raise ValueError(
                        f"the memory of {one._name} has {own} rows and the batch {int(known)}; with beam search both "
                                     "are tiled (tf.contrib.seq2seq.tile_batch)")
            elif isinstance(own, (int, ops.Tensor)):
                checks.append(check_ops.assert_equal(
                    batch_size, own,
                    message="Non-matching batch sizes between the memory (encoder output) and the requested "
                    "batch size. Are you using the BeamSearchDecoder? If so, make sure your encoder output has been "
                    "tiled to "
                    "beam_width via tf.contrib.seq2seq.tile_batch, and the batch_size= argument passed to zero_state "
                    "is "
                    "batch_size * beam_width."))
        return [check for check in checks if check is not None]

    def call(self, inputs, state):
        """One step."""
        if not isinstance(state, AttentionWrapperState):
            raise TypeError("Expected state to be instance of AttentionWrapperState. Received type %s instead."
                            % type(state))
        cell_inputs = self._cell_input_fn(inputs, state.attention)
        cell_output, next_cell_state = self._cell(cell_inputs, state.cell_state)
        before = state.attention_state if self._is_multi else [state.attention_state]
        histories = state.alignment_history if self._is_multi else [state.alignment_history]
        attentions, alignments, states, next_histories = [], [], [], []
        for number, mechanism in enumerate(self._attention_mechanisms):
            layer = self._attention_layers[number] if self._attention_layers else None
            attention, weights, next_state = self._attention_fn(mechanism, cell_output, before[number], layer)
            attentions.append(attention)
            alignments.append(weights)
            states.append(next_state)
            next_histories.append(histories[number].write(state.time, weights) if self._alignment_history else ())
        attention = array_ops.concat(attentions, 1) if len(attentions) > 1 else attentions[0]
        next_state = AttentionWrapperState(
            time=state.time + 1, cell_state=next_cell_state, attention=attention,
            attention_state=self._item_or_tuple(states), alignments=self._item_or_tuple(alignments),
            alignment_history=self._item_or_tuple(next_histories))
        return attention if self._output_attention else cell_output, next_state
