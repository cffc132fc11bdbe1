"""Sequences to sequences over lists of tensors, as TensorFlow had them first."""

import copy

from tenseur.contrib.rnn.python.ops import core_rnn_cell
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import array_ops, control_flow_ops, embedding_ops, math_ops, nn_ops, rnn
from tenseur.python.ops import variable_scope
from tenseur.python.util import nest

linear = core_rnn_cell._linear


def _extract_argmax_and_embed(embedding, output_projection=None, update_embedding=True):
    """A loop function: the vector of the likeliest class of the output before."""
    def loop_function(prev, _):
        if output_projection is not None:
            prev = nn_ops.xw_plus_b(prev, output_projection[0], output_projection[1])
        embedded = embedding_ops.embedding_lookup(embedding, math_ops.argmax(prev, 1))
        return embedded if update_embedding else array_ops.stop_gradient(embedded)

    return loop_function


def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """A cell over a list of inputs.

    Args:
      decoder_inputs: a list of (batch, features).
      loop_function: of (output before, step) gives the input in place of that of the list, from the second step on.

    Returns:
      (list of outputs, final state).
    """
    with variable_scope.variable_scope(scope or "rnn_decoder"):
        state, outputs, prev = initial_state, [], None
        for number, one in enumerate(decoder_inputs):
            if loop_function is not None and prev is not None:
                with variable_scope.variable_scope("loop_function", reuse=True):
                    one = loop_function(prev, number)
            if number > 0:
                variable_scope.get_variable_scope().reuse_variables()
            output, state = cell(one, state)
            outputs.append(output)
            if loop_function is not None:
                prev = output
    return outputs, state


def basic_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, dtype=dtypes.float32, scope=None):
    """One cell reads the first list; another like it begins with the state and reads the second."""
    with variable_scope.variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = rnn.static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, loop_function=None, dtype=dtypes.float32,
                     scope=None):
    """As `basic_rnn_seq2seq`, with the same variables for both."""
    with variable_scope.variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = rnn.static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        variable_scope.get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


def embedding_rnn_decoder(decoder_inputs, initial_state, cell, num_symbols, embedding_size, output_projection=None,
                          feed_previous=False, update_embedding_for_previous=True, scope=None):
    """`rnn_decoder` of numbers of classes, for each of which it learns a vector.

    Args:
      output_projection: (weights, bias) from outputs to classes, where the cell's outputs are none.
      feed_previous: whether its own likeliest class, and not the list, goes into the next step.
    """
    with variable_scope.variable_scope(scope or "embedding_rnn_decoder") as own:
        _check_projection(output_projection, own.dtype, embedding_size, num_symbols)
        embedding = variable_scope.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = _extract_argmax_and_embed(embedding, output_projection, update_embedding_for_previous) if (
            feed_previous) else None
        embedded = [embedding_ops.embedding_lookup(embedding, one) for one in decoder_inputs]
        return rnn_decoder(embedded, initial_state, cell, loop_function=loop_function)


def _check_projection(output_projection, dtype, rows, num_symbols):
    if output_projection is not None:
        bias = ops.convert_to_tensor(output_projection[1], dtype=dtype)
        bias.shape.assert_is_compatible_with([num_symbols])


def _by_flag(decoder, feed_previous, first_state):
    """A decoder that does or does not feed its own outputs, as a tensor says."""
    def side(feeds):
        def call():
            reuse = None if feeds else True
            with variable_scope.variable_scope(variable_scope.get_variable_scope(), reuse=reuse):
                outputs, state = decoder(feeds)
                return outputs + nest.flatten(state)
        return call

    both = control_flow_ops.cond(feed_previous, side(True), side(False))
    count = len(both) - len(nest.flatten(first_state))
    state = both[count:]
    return both[:count], nest.pack_sequence_as(first_state, state) if nest.is_sequence(first_state) else state[0]


def embedding_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, num_encoder_symbols, num_decoder_symbols,
                          embedding_size,
                          output_projection=None, feed_previous=False, dtype=None, scope=None):
    """`basic_rnn_seq2seq` of numbers of classes.

    Args:
      feed_previous: True, False or a tensor of one truth value: whether the decoder's own outputs go into it.
    """
    with variable_scope.variable_scope(scope or "embedding_rnn_seq2seq") as own:
        if dtype is not None:
            own.set_dtype(dtype)
        else:
            dtype = own.dtype
        encoder_cell = core_rnn_cell.EmbeddingWrapper(copy.deepcopy(cell), embedding_classes=num_encoder_symbols,
                                                      embedding_size=embedding_size)
        _, encoder_state = rnn.static_rnn(encoder_cell, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = core_rnn_cell.OutputProjectionWrapper(cell, num_decoder_symbols)

        def decoder(feeds):
            return embedding_rnn_decoder(decoder_inputs, encoder_state, cell, num_decoder_symbols, embedding_size,
                                         output_projection=output_projection, feed_previous=feeds,
                                         update_embedding_for_previous=isinstance(feed_previous, bool) or not feeds)

        if isinstance(feed_previous, bool):
            return decoder(feed_previous)
        return _by_flag(decoder, feed_previous, encoder_state)


def embedding_tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, num_symbols, embedding_size,
                               num_decoder_symbols=None,
                               output_projection=None, feed_previous=False, dtype=None, scope=None):
    """As `embedding_rnn_seq2seq`, with the same vectors and variables for both."""
    with variable_scope.variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as own:
        dtype = own.dtype
        classes = num_symbols if num_decoder_symbols is None else num_decoder_symbols
        _check_projection(output_projection, dtype, num_symbols, num_symbols)
        embedding = variable_scope.get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        encoder = [embedding_ops.embedding_lookup(embedding, one) for one in encoder_inputs]
        decoder_in = [embedding_ops.embedding_lookup(embedding, one) for one in decoder_inputs]
        if output_projection is None:
            cell = core_rnn_cell.OutputProjectionWrapper(cell, classes)

        def decoder(feeds):
            loop_function = _extract_argmax_and_embed(embedding, output_projection,
                                                      isinstance(feed_previous, bool)) if (
                feeds) else None
            return tied_rnn_seq2seq(encoder, decoder_in, cell, loop_function=loop_function, dtype=dtype)

        if isinstance(feed_previous, bool):
            return decoder(feed_previous)
        return _by_flag(decoder, feed_previous, cell.zero_state(array_ops.shape(encoder_inputs[0])[0], dtype))


def attention_decoder(decoder_inputs, initial_state, attention_states, cell, output_size=None, num_heads=1,
                      loop_function=None,
                      dtype=None, scope=None, initial_state_attention=False):
    """`rnn_decoder` that sees means of `attention_states`, with weights that it chooses (Bahdanau et al. 2014).

    Args:
      attention_states: (batch, length, size).
      num_heads: how many means.
      initial_state_attention: whether the first step sees some already.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if attention_states.shape.as_list()[2] is None:
        raise ValueError("Shape[2] of attention_states must be known: %s" % attention_states.shape)
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope.variable_scope(scope or "attention_decoder", dtype=dtype) as own:
        dtype = own.dtype
        batch_size = array_ops.shape(decoder_inputs[0])[0]
        length, size = attention_states.shape.as_list()[1:]
        if length is None:
            length = array_ops.shape(attention_states)[1]
        hidden = array_ops.reshape(attention_states, [-1, length, 1, size])
        features, vectors = [], []
        for head in range(num_heads):
            k = variable_scope.get_variable("AttnW_%d" % head, [1, 1, size, size], dtype=dtype)
            features.append(nn_ops.conv2d(hidden, k, [1, 1, 1, 1], "SAME"))
            vectors.append(variable_scope.get_variable("AttnV_%d" % head, [size], dtype=dtype))
        state = initial_state

        def attention(query):
            means = []
            if nest.is_sequence(query):
                query = array_ops.concat(nest.flatten(query), 1)
            for head in range(num_heads):
                with variable_scope.variable_scope("Attention_%d" % head):
                    y = array_ops.reshape(linear(query, size, True), [-1, 1, 1, size])
                    y = math_ops.cast(y, dtype)
                    scores = math_ops.reduce_sum(vectors[head] * math_ops.tanh(features[head] + y), [2, 3])
                    weights = nn_ops.softmax(math_ops.cast(scores, dtypes.float32))
                    weights = math_ops.cast(weights, dtype)
                    mean = math_ops.reduce_sum(array_ops.reshape(weights, [-1, length, 1, 1]) * hidden, [1, 2])
                    means.append(array_ops.reshape(mean, [-1, size]))
            return means

        outputs, prev = [], None
        attns = [array_ops.zeros(array_ops.stack([batch_size, size]), dtype=dtype) for _ in range(num_heads)]
        for one in attns:
            one.set_shape([None, size])
        if initial_state_attention:
            attns = attention(initial_state)
        for number, one in enumerate(decoder_inputs):
            if number > 0:
                variable_scope.get_variable_scope().reuse_variables()
            if loop_function is not None and prev is not None:
                with variable_scope.variable_scope("loop_function", reuse=True):
                    one = loop_function(prev, number)
            depth = one.shape.with_rank(2).as_list()[1]
            if depth is None:
                raise ValueError("Could not infer input size from input: %s" % one.name)
            x = linear([math_ops.cast(one, dtype)] + attns, depth, True)
            output, state = cell(x, state)
            if number == 0 and initial_state_attention:
                with variable_scope.variable_scope(variable_scope.get_variable_scope(), reuse=True):
                    attns = attention(state)
            else:
                attns = attention(state)
            with variable_scope.variable_scope("AttnOutputProjection"):
                output = linear([math_ops.cast(output, dtype)] + attns, output_size, True)
            if loop_function is not None:
                prev = output
            outputs.append(output)
    return outputs, state


def embedding_attention_decoder(decoder_inputs, initial_state, attention_states, cell, num_symbols, embedding_size,
                                num_heads=1,
                                output_size=None, output_projection=None, feed_previous=False,
                                update_embedding_for_previous=True, dtype=None, scope=None,
                                initial_state_attention=False):
    """`attention_decoder` of numbers of classes."""
    output_size = cell.output_size if output_size is None else output_size
    _check_projection(output_projection, dtype, output_size, num_symbols)
    with variable_scope.variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = variable_scope.get_variable("embedding", [num_symbols, embedding_size])
        loop_function = _extract_argmax_and_embed(embedding, output_projection, update_embedding_for_previous) if (
            feed_previous) else None
        embedded = [embedding_ops.embedding_lookup(embedding, one) for one in decoder_inputs]
        return attention_decoder(embedded, initial_state, attention_states, cell, output_size=output_size,
                                 num_heads=num_heads,
                                 loop_function=loop_function, initial_state_attention=initial_state_attention)


def embedding_attention_seq2seq(encoder_inputs, decoder_inputs, cell, num_encoder_symbols, num_decoder_symbols,
                                embedding_size,
                                num_heads=1, output_projection=None, feed_previous=False, dtype=None, scope=None,
                                initial_state_attention=False):
    """As `embedding_rnn_seq2seq`; the decoder sees means of the encoder's outputs."""
    with variable_scope.variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as own:
        dtype = own.dtype
        encoder_cell = core_rnn_cell.EmbeddingWrapper(copy.deepcopy(cell), embedding_classes=num_encoder_symbols,
                                                      embedding_size=embedding_size)
        encoder_outputs, encoder_state = rnn.static_rnn(encoder_cell, encoder_inputs, dtype=dtype)
        attention_states = array_ops.concat([array_ops.reshape(one, [-1, 1, cell.output_size])
                                             for one in encoder_outputs], 1)
        output_size = None
        if output_projection is None:
            cell = core_rnn_cell.OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decoder(feeds):
            return embedding_attention_decoder(
                decoder_inputs, encoder_state, attention_states, cell, num_decoder_symbols, embedding_size,
                num_heads=num_heads, output_size=output_size, output_projection=output_projection, feed_previous=feeds,
                update_embedding_for_previous=isinstance(feed_previous, bool) or not feeds,
                initial_state_attention=initial_state_attention)

        if isinstance(feed_previous, bool):
            return decoder(feed_previous)
        return _by_flag(decoder, feed_previous, encoder_state)


def one2many_rnn_seq2seq(encoder_inputs, decoder_inputs_dict, enc_cell, dec_cells_dict, num_encoder_symbols,
                         num_decoder_symbols_dict, embedding_size, feed_previous=False, dtype=None, scope=None):
    """One encoder and several decoders, by name; gives dictionaries of outputs and states."""
    outputs, states = {}, {}
    with variable_scope.variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as own:
        dtype = own.dtype
        encoder_cell = core_rnn_cell.EmbeddingWrapper(enc_cell, embedding_classes=num_encoder_symbols,
                                                      embedding_size=embedding_size)
        _, encoder_state = rnn.static_rnn(encoder_cell, encoder_inputs, dtype=dtype)
        for name, decoder_inputs in decoder_inputs_dict.items():
            classes = num_decoder_symbols_dict[name]
            with variable_scope.variable_scope("one2many_decoder_" + str(name)):
                cell = core_rnn_cell.OutputProjectionWrapper(dec_cells_dict[name], classes)

                def decoder(feeds, cell=cell, decoder_inputs=decoder_inputs, classes=classes):
                    return embedding_rnn_decoder(decoder_inputs, encoder_state, cell, classes, embedding_size,
                                                 feed_previous=feeds)

                outputs[name], states[name] = decoder(feed_previous) if isinstance(feed_previous, bool) else (
                    _by_flag(decoder, feed_previous, encoder_state))
    return outputs, states


def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True, softmax_loss_function=None,
                             name=None):
    """The weighted cross-entropy of lists of steps, for each row.

    Args:
      logits: a list of (batch, classes).
      targets, weights: lists of (batch,).

    Returns:
      (batch,)
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError("Lengths of logits, weights, and targets must be the same %d, %d, %d." % (
            len(logits), len(weights), len(targets)))
    with ops.name_scope(name, "sequence_loss_by_example", logits + targets + weights):
        losses = []
        for logit, target, weight in zip(logits, targets, weights):
            if softmax_loss_function is None:
                target = array_ops.reshape(target, [-1])
                crossent = nn_ops.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logit)
            else:
                crossent = softmax_loss_function(labels=target, logits=logit)
            losses.append(crossent * weight)
        total = math_ops.add_n(losses)
        if average_across_timesteps:
            total = total / (math_ops.add_n(weights) + 1e-12)
    return total


def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True,
                  softmax_loss_function=None, name=None):
    """The sum of `sequence_loss_by_example` over the rows, divided by how many there are if `average_across_batch`."""
    with ops.name_scope(name, "sequence_loss", logits + targets + weights):
        cost = math_ops.reduce_sum(sequence_loss_by_example(
            logits, targets, weights, average_across_timesteps=average_across_timesteps,
            softmax_loss_function=softmax_loss_function))
        if not average_across_batch:
            return cost
        return cost / math_ops.cast(array_ops.shape(targets[0])[0], cost.dtype)


def model_with_buckets(encoder_inputs, decoder_inputs, targets, weights, buckets, seq2seq, softmax_loss_function=None,
                       per_example_loss=False, name=None):
    """A network for each pair of lengths in `buckets`, with the same variables.

    Args:
      seq2seq: of (encoder inputs, decoder inputs) gives (outputs, states).

    Returns:
      (list of outputs, list of losses), one for each bucket.
    """
    if len(encoder_inputs) < buckets[-1][0]:
        raise ValueError("Length of encoder_inputs (%d) must be at least that of last bucket (%d)." % (
            len(encoder_inputs), buckets[-1][0]))
    if len(targets) < buckets[-1][1]:
        raise ValueError("Length of targets (%d) must be at least that of last bucket (%d)."
                         % (len(targets), buckets[-1][1]))
    if len(weights) < buckets[-1][1]:
        raise ValueError("Length of weights (%d) must be at least that of last bucket (%d)."
                         % (len(weights), buckets[-1][1]))
    losses, outputs = [], []
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    with ops.name_scope(name, "model_with_buckets", encoder_inputs + decoder_inputs + targets + weights):
        for number, (first, second) in enumerate(buckets):
            with variable_scope.variable_scope(variable_scope.get_variable_scope(), reuse=True if number > 0 else None):
                own, _ = seq2seq(encoder_inputs[:first], decoder_inputs[:second])
                outputs.append(own)
                losses.append(loss(own, targets[:second], weights[:second],
                                   softmax_loss_function=softmax_loss_function))
    return outputs, losses
