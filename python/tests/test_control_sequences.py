"""Sequences to sequences: attention and beam search against NumPy, decoders against themselves step by step."""

import numpy as np
import pytest

import tenseur as tf

rng = np.random.RandomState(1)
MEMORY = rng.randn(3, 4, 5).astype(np.float32)
LENGTHS = np.array([4, 2, 1])
QUERY = rng.randn(3, 6).astype(np.float32)
X = rng.randn(3, 5, 3).astype(np.float32)
N = np.array([5, 2, 0], np.int32)
seq2seq, cells = tf.contrib.seq2seq, tf.nn.rnn_cell


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def fill():
    def value(v):
        shape = v.get_shape().as_list()
        return (np.sin(np.arange(int(np.prod(shape))) * 0.7 + len(v.op.name)) * 0.5).reshape(shape)
    return [v.assign(value(v)) for v in tf.global_variables()]


def run(*fetches, feed=None):
    with tf.Session() as sess:
        sess.run(fill())
        return sess.run(list(fetches), feed)


def softmax(scores):
    scores = np.where(np.arange(4) < LENGTHS[:, None], scores, -np.inf)
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def masked_memory():
    return MEMORY * (np.arange(4) < LENGTHS[:, None])[:, :, None]


@pytest.mark.parametrize("normalize", [False, True])
def test_bahdanau_attention(normalize):
    mechanism = seq2seq.BahdanauAttention(7, MEMORY, LENGTHS, normalize=normalize)
    weights, _ = mechanism(tf.constant(QUERY), None)
    variables = {v.op.name: v for v in tf.global_variables()}
    names = ["bahdanau_attention/attention_v", "bahdanau_attention/query_layer/kernel", "memory_layer/kernel"]
    extra = ["bahdanau_attention/attention_b", "bahdanau_attention/attention_g"] if normalize else []
    assert sorted(variables) == sorted(names + extra)
    got, values = run(weights, variables)
    v, query, memory = (values[name] for name in names)
    b, g = (values[name] for name in extra) if normalize else (0.0, None)
    v = v if g is None else g * v / np.sqrt((v ** 2).sum())
    scores = (v * np.tanh(masked_memory() @ memory + (QUERY @ query)[:, None] + b)).sum(2)
    np.testing.assert_allclose(got, softmax(scores), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [False, True])
def test_luong_attention(scale):
    mechanism = seq2seq.LuongAttention(6, MEMORY, LENGTHS, scale=scale)
    weights, _ = mechanism(tf.constant(QUERY), None)
    got, values = run(weights, {v.op.name: v for v in tf.global_variables()})
    keys = masked_memory() @ values["memory_layer/kernel"]
    scores = np.einsum("bd,btd->bt", QUERY, keys) * (values["luong_attention/attention_g"] if scale else 1.0)
    np.testing.assert_allclose(got, softmax(scores), rtol=1e-5, atol=1e-6)


def test_a_step_of_the_attention_wrapper():
    mechanism = seq2seq.LuongAttention(4, MEMORY, LENGTHS)
    cell = seq2seq.AttentionWrapper(cells.GRUCell(4), mechanism, attention_layer_size=2, alignment_history=True)
    state = cell.zero_state(3, tf.float32)
    output, after = cell(tf.constant(X[:, 0]), state)
    got = run(output, after.attention, after.alignments, after.cell_state, after.alignment_history.stack(), after.time)
    layer, = [v for v in tf.global_variables() if "attention_layer" in v.op.name]
    with tf.Session() as sess:
        sess.run(fill())
        weights = sess.run(layer)
    context = np.einsum("bt,btd->bd", got[2], masked_memory())
    np.testing.assert_allclose(got[0], np.concatenate([got[3], context], 1) @ weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_array_equal(got[4][0], got[2])
    assert got[5] == 1


def decoder_of(helper, layer=7):
    cell = cells.GRUCell(4)
    return seq2seq.BasicDecoder(cell, helper, cell.zero_state(3, tf.float32), tf.layers.Dense(layer)), cell


def test_a_training_decoder_is_a_dynamic_rnn():
    decoder, cell = decoder_of(seq2seq.TrainingHelper(X, N))
    outputs, state, lengths = seq2seq.dynamic_decode(decoder, impute_finished=True)
    with tf.variable_scope("decoder", reuse=True):
        own, own_state = tf.nn.dynamic_rnn(cells.GRUCell(4, name="gru_cell", reuse=True), tf.constant(X), N,
                                           dtype=tf.float32,
                                           scope=tf.get_variable_scope())
    names = [v.op.name for v in tf.trainable_variables()]
    assert names[:2] == ["decoder/gru_cell/gates/kernel", "decoder/gru_cell/gates/bias"]
    assert names[-2:] == ["decoder/dense/kernel", "decoder/dense/bias"]
    loss = tf.reduce_sum(outputs.rnn_output ** 2)
    got, last, count, wanted, wanted_last, ids, slopes, kernel, bias = run(
        outputs.rnn_output, state, lengths, own, own_state, outputs.sample_id,
        tf.gradients(loss, tf.trainable_variables()),
        *tf.trainable_variables()[-2:])
    within = (np.arange(5) < N[:, None])[:, :, None]
    np.testing.assert_allclose(got, (wanted @ kernel + bias) * within, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last, wanted_last, rtol=1e-6)
    assert count.tolist() == [5, 2, 0]
    np.testing.assert_array_equal(ids, got.argmax(2))
    assert all(np.abs(one).sum() > 0 for one in slopes)


def test_a_greedy_decoder_feeds_what_it_chose():
    embedding = tf.constant(np.cos(np.arange(21).reshape(7, 3)), tf.float32)
    decoder, cell = decoder_of(seq2seq.GreedyEmbeddingHelper(embedding, [1, 2, 3], 6))
    outputs, _, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=4)
    ids, count, table, values = run(outputs.sample_id, lengths, embedding,
                                    {v.op.name: v for v in tf.global_variables()})

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def step(x, h):
        r, u = np.split(sigmoid(np.concatenate([x, h], 1) @ values["decoder/gru_cell/gates/kernel"]
                                + values["decoder/gru_cell/gates/bias"]), 2, axis=1)
        c = np.tanh(np.concatenate([x, r * h], 1) @ values["decoder/gru_cell/candidate/kernel"]
                    + values["decoder/gru_cell/candidate/bias"])
        h = u * h + (1 - u) * c
        return (h @ values["decoder/dense/kernel"] + values["decoder/dense/bias"]).argmax(1), h

    x, h = table[[1, 2, 3]], np.zeros((3, 4))
    for time in range(ids.shape[1]):
        chosen, h = step(x, h)
        going_on = time < count
        np.testing.assert_array_equal(ids[going_on, time], chosen[going_on])
        x = table[chosen]


def brute_force(step, start, end, width, steps):
    """Beam search with lists: (sequences, log-probabilities)."""
    beams = [((), 0.0, start, False)]
    for _ in range(steps):
        found = []
        for words, score, state, over in beams:
            if over:
                found.append((words + (end,), score, state, True))
                continue
            log_probs, following = step(words, state)
            found += [(words + (w,), score + log_probs[w], following, w == end) for w in range(len(log_probs))]
        beams = sorted(found, key=lambda one: -one[1])[:width]
        if all(one[3] for one in beams):
            break
    return beams


def test_beam_search_finds_what_lists_find():
    classes, width, end = 5, 3, 4
    table = rng.randn(classes, classes).astype(np.float32)  # by word: scores of the next

    class Bigrams(cells.RNNCell):
        output_size, state_size = classes, 1

        def call(self, inputs, state):
            return inputs, state + 1.0

    decoder = seq2seq.BeamSearchDecoder(Bigrams(), tf.constant(table), [0, 1], end, tf.zeros([2 * width, 1]), width)
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=4)
    ids, log_probs = run(outputs.predicted_ids, state.log_probs)
    assert ids.shape == (2, 4, 3)
    log_table = table - np.log(np.exp(table).sum(1, keepdims=True))
    for row, start in enumerate((0, 1)):
        wanted = brute_force(lambda words, last: (log_table[words[-1] if words else start], None), None, end, width, 4)
        for beam, (words, score, _, _) in enumerate(wanted):
            own = ids[row, :, beam].tolist()
            assert own[:len(words)] == list(words)
            np.testing.assert_allclose(log_probs[row, beam], score, rtol=1e-5)


def test_gather_tree():
    steps = np.array([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]])
    parents = np.array([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 2]]])
    assert run(seq2seq.gather_tree(steps, parents, [3], 10))[0].tolist() == [[[2, 2, 2]], [[6, 5, 6]], [[7, 8, 9]]]


def test_tile_batch():
    assert run(seq2seq.tile_batch(tf.constant([[1, 2], [3, 4]]), 2))[0].tolist() == [[1, 2], [1, 2], [3, 4], [3, 4]]


def test_sequence_loss():
    logits = rng.randn(2, 3, 4).astype(np.float32)
    targets, weights = np.array([[0, 1, 2], [3, 2, 1]]), np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
    log_probs = logits - np.log(np.exp(logits).sum(2, keepdims=True))
    losses = -np.take_along_axis(log_probs, targets[:, :, None], 2)[:, :, 0] * weights
    got = run(seq2seq.sequence_loss(logits, targets, weights),
              seq2seq.sequence_loss(logits, targets, weights, average_across_batch=False),
              seq2seq.sequence_loss(logits, targets, weights, average_across_timesteps=False),
              seq2seq.sequence_loss(logits, targets, weights, False, False),
              tf.contrib.legacy_seq2seq.sequence_loss_by_example(
                  tf.unstack(tf.constant(logits), axis=1), tf.unstack(tf.constant(targets), axis=1),
                  tf.unstack(tf.constant(weights), axis=1)))
    wanted = [losses.sum() / weights.sum(), losses.sum(1) / (weights.sum(1) + 1e-12),
              losses.sum(0) / (weights.sum(0) + 1e-12), losses, losses.sum(1) / (weights.sum(1) + 1e-12)]
    for one, other in zip(got, wanted):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("feed_previous", [False, True, "tensor"])
def test_legacy_sequences(feed_previous):
    flag = tf.constant(True) if feed_previous == "tensor" else feed_previous
    encoder = [tf.constant([1, 2, 3]), tf.constant([0, 0, 1])]
    decoder = [tf.constant([1, 2, 0]), tf.constant([0, 1, 1]), tf.constant([2, 2, 2])]
    outputs, _ = tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
        encoder, decoder, cells.BasicLSTMCell(3), 5, 4, 2, feed_previous=flag)
    names = [v.op.name for v in tf.trainable_variables()]
    assert names[0] == "embedding_attention_seq2seq/rnn/embedding_wrapper/embedding"
    assert "embedding_attention_seq2seq/embedding_attention_decoder/attention_decoder/AttnOutputProjection/kernel" in names
    got = run(*outputs, *tf.gradients(outputs, tf.trainable_variables()[-2:]))
    assert [one.shape for one in got[:3]] == [(3, 4)] * 3 and all(np.isfinite(one).all() for one in got)


CELLS = {
    "LSTMBlockCell": (lambda R: R.LSTMBlockCell(4), lambda R: R.BasicLSTMCell(4, name="lstm_cell")),
    "peepholes": (lambda R: R.LSTMBlockCell(4, use_peephole=True), lambda R: R.LSTMCell(4, use_peepholes=True)),
    "GRUBlockCellV2": (lambda R: R.GRUBlockCellV2(4), lambda R: R.GRUCell(4)),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_of_one_op(name):
    results = []
    for make in CELLS[name]:
        with tf.Graph().as_default():
            outputs, _ = tf.nn.dynamic_rnn(make(tf.contrib.rnn), tf.constant(X), N, dtype=tf.float32)
            variables = sorted(tf.trainable_variables(), key=lambda v: v.op.name)
            results.append(([v.op.name for v in variables], run(outputs, *tf.gradients(outputs, variables))))
    assert results[0][0] == results[1][0]
    for one, other in zip(results[0][1], results[1][1]):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_fused_cell():
    outputs, state = tf.contrib.rnn.LSTMBlockFusedCell(4)(X.transpose(1, 0, 2), dtype=tf.float32, sequence_length=N)
    assert [v.op.name for v in tf.trainable_variables()] == ["lstm_fused_cell/kernel", "lstm_fused_cell/bias"]
    got, last, kernel, bias = run(outputs, state, *tf.trainable_variables())
    with tf.Graph().as_default():
        own, own_last = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), tf.constant(X), N, dtype=tf.float32)
        with tf.Session() as sess:
            sess.run([v.assign(value) for v, value in zip(tf.trainable_variables(), (kernel, bias))])
            wanted, wanted_last = sess.run([own, own_last])
    np.testing.assert_allclose(got.transpose(1, 0, 2), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last.c, wanted_last.c, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name, make", [
    ("AttentionCellWrapper", lambda R: R.AttentionCellWrapper(R.BasicLSTMCell(4), 3)),
    ("HighwayWrapper", lambda R: R.HighwayWrapper(R.GRUCell(3))),
    ("InputProjectionWrapper", lambda R: R.InputProjectionWrapper(R.GRUCell(3), 2)),
    ("OutputProjectionWrapper", lambda R: R.OutputProjectionWrapper(R.GRUCell(3), 2)),
    ("LayerNormBasicLSTMCell", lambda R: R.LayerNormBasicLSTMCell(4, dropout_keep_prob=0.5)),
    ("NASCell", lambda R: R.NASCell(4, num_proj=3, use_bias=True)),
    ("UGRNNCell", lambda R: R.UGRNNCell(4)),
    ("SRUCell", lambda R: R.SRUCell(4)),
    ("IndRNNCell", lambda R: R.IndRNNCell(4)),
    ("CudnnCompatibleGRUCell", lambda R: tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(4)),
])
def test_other_cells_learn(name, make):
    outputs, _ = tf.nn.dynamic_rnn(make(tf.contrib.rnn), tf.constant(X), dtype=tf.float32)
    loss = tf.reduce_mean((outputs - 0.3) ** 2)
    step = tf.train.GradientDescentOptimizer(0.2).minimize(loss)
    with tf.Session() as sess:
        sess.run(fill())
        losses = [sess.run([loss, step])[0] for _ in range(12)]
    assert losses[-1] < 0.999 * losses[0]


def test_stacked_bidirectional_networks():
    outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
        [cells.GRUCell(3), cells.GRUCell(2)], [cells.GRUCell(3), cells.GRUCell(2)], tf.constant(X), dtype=tf.float32)
    assert outputs.shape.as_list() == [3, 5, 4] and len(fw) == len(bw) == 2
    assert tf.trainable_variables()[
        0].op.name == "stack_bidirectional_rnn/cell_0/bidirectional_rnn/fw/gru_cell/gates/kernel"


def test_names_that_are_not_there_say_so():
    with pytest.raises(NotImplementedError, match="CudnnCompatibleLSTMCell"):
        tf.contrib.cudnn_rnn.CudnnLSTM(1, 4)
    with pytest.raises(AttributeError, match="TrainingHelper"):
        tf.contrib.seq2seq.TrainingHelpers


def test_cells_over_frequencies_and_with_a_coupled_gate():
    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    x, c, h = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[0.1, 0.2]]), np.array([[0.5, 0.6]])
    with tf.variable_scope("root", initializer=tf.constant_initializer(0.5)):
        _, coupled = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(2, use_peepholes=True)(
            tf.constant(x, tf.float32), cells.LSTMStateTuple(tf.constant(c, tf.float32), tf.constant(h, tf.float32)))
        state = np.concatenate([c, h, c, h], 1)
        outputs, _ = tf.contrib.rnn.TimeFreqLSTMCell(2, feature_size=2, frequency_skip=2)(
            tf.constant(x, tf.float32), tf.constant(state, tf.float32))
    names = [v.op.name.split("/", 2)[-1] for v in tf.global_variables()]
    assert names == ["W_0", "B", "W_F_diag", "W_O_diag", "W_0", "B"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        got, frequencies = sess.run([coupled, outputs])
    s = 0.5 * (x.sum() + h.sum())
    f = sigmoid(s + 1 + 0.5 * c)
    new_c = f * c + (1 - f) * np.tanh(s)
    np.testing.assert_allclose(got.c, new_c, rtol=1e-5)
    np.testing.assert_allclose(got.h, sigmoid(s + 0.5 * new_c) * np.tanh(new_c), rtol=1e-5)
    below, wanted = np.zeros((1, 2)), []
    for piece in (x[:, :2], x[:, 2:]):
        s = 0.5 * (piece.sum() + h.sum() + below.sum())
        below = sigmoid(s) * np.tanh(sigmoid(s + 1) * c + sigmoid(s) * np.tanh(s))
        wanted.append(below)
    np.testing.assert_allclose(frequencies, np.concatenate(wanted, 1), rtol=1e-5)
