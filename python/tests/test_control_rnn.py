"""Recurrent networks: names of variables, sums of outputs and of gradients are TensorFlow's."""

import numpy as np
import pytest

import tenseur as tf

X = np.random.RandomState(0).randn(4, 5, 3).astype(np.float32)
N = np.array([5, 2, 0, 4], np.int32)
cells = tf.nn.rnn_cell


def flat(structure):
    return [leaf for part in structure for leaf in (flat(part) if isinstance(part, (list, tuple)) else [part])]


def dynamic(make, lengths=True):
    return lambda x, n: flat(tf.nn.dynamic_rnn(make(), x, n if lengths else None, dtype=tf.float32))


def ones():
    return tf.constant(1.0)


def multi_with_dropout():
    return cells.MultiRNNCell([cells.DropoutWrapper(cells.BasicLSTMCell(4), input_keep_prob=ones(),
                                                    output_keep_prob=ones())
                               for _ in range(2)])


def variational():
    return cells.DropoutWrapper(cells.BasicLSTMCell(4), output_keep_prob=ones(), state_keep_prob=ones(),
                                variational_recurrent=True, dtype=tf.float32)


def steps(x):
    return tf.unstack(x, axis=1)


def raw(x, n):
    inputs = tf.TensorArray(tf.float32, size=5).unstack(tf.transpose(x, [1, 0, 2]))
    cell = cells.BasicLSTMCell(4)

    def loop_fn(time, output, state, _):
        state = cell.zero_state(tf.shape(x)[0], tf.float32) if output is None else state
        finished = time >= n
        own = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([tf.shape(x)[0], 3]), lambda: inputs.read(time))
        own.set_shape([None, 3])
        return finished, own, state, output, None

    array, state, _ = tf.nn.raw_rnn(cell, loop_fn)
    return [array.stack(), *state]


def nested(x, n):
    def turn(i, a):
        h = tf.while_loop(lambda j, h: j < 2, lambda j, h: (j + 1, tf.tanh(h @ tf.ones([4, 4]) * 0.1)), (0, a))[1]
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: h * 2.0, lambda: h + 1.0)

    _, state = tf.nn.dynamic_rnn(cells.BasicRNNCell(4), x, dtype=tf.float32)
    return [tf.while_loop(lambda i, a: i < 3, turn, (0, state))[1]]


def scan_over(x, n):
    outputs, state = tf.nn.dynamic_rnn(cells.GRUCell(4), x, n, dtype=tf.float32)
    with tf.variable_scope("rnn", reuse=True):
        kernel = tf.get_variable("gru_cell/gates/kernel", [7, 8])
    step = lambda a, e: tf.tanh(a @ kernel[:4, :4] + e)  # noqa: E731
    return [outputs, tf.scan(step, tf.transpose(outputs, [1, 0, 2]), initializer=state)]


def twice(x, n):
    cell = cells.BasicLSTMCell(4)
    first = flat(tf.nn.dynamic_rnn(cell, x, n, dtype=tf.float32, scope="a"))
    return first + flat(tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope="b"))


def unrolled(x, n):
    cell = cells.BasicLSTMCell(4)
    state, outputs = cell.zero_state(4, tf.float32), []
    with tf.variable_scope("RNN"):
        for step in range(5):
            if step > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(x[:, step], state)
            outputs.append(output)
    return outputs


PROGRAMS = {
    "basic": dynamic(lambda: cells.BasicRNNCell(4), False),
    "basic len": dynamic(lambda: cells.BasicRNNCell(4)),
    "lstm": dynamic(lambda: cells.BasicLSTMCell(4), False),
    "lstm len": dynamic(lambda: cells.BasicLSTMCell(4, forget_bias=0.5)),
    "lstm nontuple": dynamic(lambda: cells.BasicLSTMCell(4, state_is_tuple=False)),
    "gru": dynamic(lambda: cells.GRUCell(4)),
    "lstmcell": dynamic(lambda: cells.LSTMCell(4, use_peepholes=True, num_proj=2, cell_clip=0.5, proj_clip=0.3)),
    "multi": dynamic(lambda: cells.MultiRNNCell([cells.BasicLSTMCell(4), cells.GRUCell(3)])),
    "multi nt": dynamic(lambda: cells.MultiRNNCell([cells.BasicRNNCell(4), cells.GRUCell(3)], state_is_tuple=False)),
    "drop": dynamic(multi_with_dropout),
    "dropv": dynamic(variational),
    "residual": dynamic(lambda: cells.ResidualWrapper(cells.GRUCell(3))),
    "bidi": lambda x, n: flat(tf.nn.bidirectional_dynamic_rnn(cells.BasicLSTMCell(4), cells.GRUCell(2), x, n,
                                                              dtype=tf.float32)),
    "bidi2": lambda x, n: flat(tf.nn.bidirectional_dynamic_rnn(cells.BasicLSTMCell(4), cells.GRUCell(2), x,
                                                               dtype=tf.float32,
                                                               scope="both")),
    "static": lambda x, n: flat(tf.nn.static_rnn(cells.BasicLSTMCell(4), steps(x), dtype=tf.float32)),
    "static len": lambda x, n: flat(tf.nn.static_rnn(cells.BasicLSTMCell(4), steps(x), sequence_length=n,
                                                     dtype=tf.float32)),
    "static bidi": lambda x, n: flat(tf.nn.static_bidirectional_rnn(cells.BasicLSTMCell(4), cells.BasicLSTMCell(4),
                                                                    steps(x),
                                                                    dtype=tf.float32)),
    "static bidi len": lambda x, n: flat(tf.nn.static_bidirectional_rnn(
        cells.BasicLSTMCell(4), cells.BasicLSTMCell(4), steps(x), sequence_length=n, dtype=tf.float32)),
    "raw": raw,
    "nested": nested,
    "scan over": scan_over,
    "reuse": twice,
    "unroll": unrolled,
}

#: By program: the names of its variables; by output the sum of magnitudes and the last element; by gradient (of the inputs,
#: then of the variables) the sum of magnitudes.
TENSORFLOW = {
    'basic': (
        'rnn/basic_rnn_cell/kernel rnn/basic_rnn_cell/bias',
        [34.372, 8.229],
        [0.311, 0.311],
        [39.1, 110.25, 42.97]),
    'basic len': (
        'rnn/basic_rnn_cell/kernel rnn/basic_rnn_cell/bias',
        [18.145, 4.709],
        [0.0, -0.211],
        [29.11, 78.41, 26.53]),
    'lstm': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [11.518, 4.191, 2.199],
        [-0.0877, -0.1789, -0.0877],
        [23.29, 62.78, 31.77]),
    'lstm len': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [6.106, 3.655, 1.434],
        [0.0, -0.3024, -0.1438],
        [11.45, 29.02, 14.2]),
    'lstm nontuple': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [6.509, 5.495],
        [0.0, -0.1328],
        [13.66, 35.17, 16.72]),
    'gru': (
        'rnn/gru_cell/gates/kernel rnn/gru_cell/gates/bias rnn/gru_cell/candidate/kernel rnn/gru_cell/candidate/bias',
        [9.886, 3.485],
        [0.0, -0.1294],
        [17.86, 5.2, 3.54, 30.63, 9.64]),
    'lstmcell': (
        'rnn/lstm_cell/kernel rnn/lstm_cell/bias rnn/lstm_cell/w_f_diag rnn/lstm_cell/w_i_diag '
        'rnn/lstm_cell/w_o_diag rnn/lstm_cell/projection/kernel',
        [1.524, 3.733, 0.402],
        [0.0, -0.3136, 0.1247],
        [4.15, 8.49, 5.31, 0.09, 0.12, 0.09, 2.19]),
    'multi': (
        'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias '
        'rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel rnn/multi_rnn_cell/cell_1/gru_cell/gates/bias '
        'rnn/multi_rnn_cell/cell_1/gru_cell/candidate/kernel '
        'rnn/multi_rnn_cell/cell_1/gru_cell/candidate/bias',
        [7.006, 4.806, 1.801, 2.242],
        [0.0, 0.1278, 0.0636, 0.1754],
        [26.75, 48.3, 37.99, 1.63, 2.2, 15.29, 21.65]),
    'multi nt': (
        'rnn/multi_rnn_cell/cell_0/basic_rnn_cell/kernel rnn/multi_rnn_cell/cell_0/basic_rnn_cell/bias '
        'rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel rnn/multi_rnn_cell/cell_1/gru_cell/gates/bias '
        'rnn/multi_rnn_cell/cell_1/gru_cell/candidate/kernel '
        'rnn/multi_rnn_cell/cell_1/gru_cell/candidate/bias',
        [5.887, 5.944],
        [0.0, 0.1598],
        [14.09, 38.43, 8.28, 1.65, 1.21, 14.13, 12.51]),
    'drop': (
        'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias '
        'rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel rnn/multi_rnn_cell/cell_1/basic_lstm_cell/bias',
        [5.947, 4.806, 1.801, 6.923, 2.136],
        [0.0, 0.1278, 0.0636, 0.1261, 0.0522],
        [27.15, 77.69, 60.34, 118.18, 146.57]),
    'dropv': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [6.509, 3.944, 1.551],
        [0.0, -0.2785, -0.1328],
        [14.29, 36.72, 17.72]),
    'residual': (
        'rnn/gru_cell/gates/kernel rnn/gru_cell/gates/bias rnn/gru_cell/candidate/kernel rnn/gru_cell/candidate/bias',
        [26.384, 1.641],
        [0.0, -0.0725],
        [54.59, 10.46, 0.86, 32.72, 14.89]),
    'bidi': (
        'bidirectional_rnn/fw/basic_lstm_cell/kernel bidirectional_rnn/fw/basic_lstm_cell/bias '
        'bidirectional_rnn/bw/gru_cell/gates/kernel bidirectional_rnn/bw/gru_cell/gates/bias '
        'bidirectional_rnn/bw/gru_cell/candidate/kernel bidirectional_rnn/bw/gru_cell/candidate/bias',
        [5.843, 6.278, 3.281, 1.884, 1.883],
        [0.0, 0.0, 0.2736, 0.184, 0.5281],
        [22.89, 39.67, 23.9, 13.91, 5.16, 33.58, 25.04]),
    'bidi2': (
        'both/fw/basic_lstm_cell/kernel both/fw/basic_lstm_cell/bias both/bw/gru_cell/gates/kernel '
        'both/bw/gru_cell/gates/bias both/bw/gru_cell/candidate/kernel both/bw/gru_cell/candidate/bias',
        [10.325, 11.918, 4.214, 1.955, 2.5],
        [0.1706, 0.3231, 0.3082, 0.1706, 0.0958],
        [36.11, 60.68, 46.07, 28.28, 8.09, 58.87, 31.43]),
    'static': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [1.986, 2.283, 2.626, 2.425, 2.199, 4.191, 2.199],
        [0.1349, 0.1092, 0.0094, -0.1328, -0.0877, -0.1789, -0.0877],
        [70.22, 189.6, 96.43]),
    'static len': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [1.629, 1.92, 1.125, 1.197, 0.638, 3.944, 1.551],
        [0.1349, 0.1092, 0.0094, -0.1328, 0.0, -0.2785, -0.1328],
        [42.42, 109.07, 52.13]),
    'static bidi': (
        'bidirectional_rnn/fw/basic_lstm_cell/kernel bidirectional_rnn/fw/basic_lstm_cell/bias '
        'bidirectional_rnn/bw/basic_lstm_cell/kernel bidirectional_rnn/bw/basic_lstm_cell/bias',
        [3.951, 4.318, 4.364, 3.368, 2.947, 3.377, 1.83, 4.359, 2.309],
        [0.1358, 0.069, -0.0192, 0.1421, 0.0051, 0.2157, 0.1162, 0.2599, 0.1358],
        [77.66, 113.43, 82.44, 145.14, 75.36]),
    'static bidi len': (
        'bidirectional_rnn/fw/basic_lstm_cell/kernel bidirectional_rnn/fw/basic_lstm_cell/bias '
        'bidirectional_rnn/bw/basic_lstm_cell/kernel bidirectional_rnn/bw/basic_lstm_cell/bias',
        [2.84, 3.431, 1.919, 1.866, 1.062, 3.281, 1.884, 3.078, 1.533],
        [0.1371, 0.0707, -0.0184, 0.1398, 0.0, 0.2736, 0.184, 0.2619, 0.1371],
        [45.83, 83.01, 51.22, 101.57, 41.1]),
    'raw': (
        'rnn/basic_lstm_cell/kernel rnn/basic_lstm_cell/bias',
        [6.509, 3.944, 1.551],
        [0.0, -0.2785, -0.1328],
        [14.29, 36.72, 17.72]),
    'nested': (
        'rnn/basic_rnn_cell/kernel rnn/basic_rnn_cell/bias',
        [4.75],
        [0.3001],
        [0.07, 0.2, 0.08]),
    'scan over': (
        'rnn/gru_cell/gates/kernel rnn/gru_cell/gates/bias rnn/gru_cell/candidate/kernel rnn/gru_cell/candidate/bias',
        [9.886, 14.891],
        [0.0, 0.1354],
        [44.45, 79.06, 7.76, 53.23, 4.97]),
    'reuse': (
        'a/basic_lstm_cell/kernel a/basic_lstm_cell/bias',
        [5.879, 3.213, 1.851, 10.138, 3.64, 1.922],
        [0.0, 0.2969, 0.1996, 0.1423, 0.26, 0.1423],
        [36.71, 140.41, 104.73]),
    'unroll': (
        'RNN/basic_lstm_cell/kernel RNN/basic_lstm_cell/bias',
        [1.986, 2.283, 2.626, 2.425, 2.199],
        [0.1349, 0.1092, 0.0094, -0.1328, -0.0877],
        [14.97, 50.25, 28.28]),
}


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def fill():
    """Values for all variables that do not depend on any generator."""
    def value(v):
        shape = v.get_shape().as_list()
        return (np.sin(np.arange(int(np.prod(shape))) * 0.7 + len(v.op.name)) * 0.5).reshape(shape)
    return [v.assign(value(v)) for v in tf.global_variables()]


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_tensorflow(name):
    names, sums, lasts, gradients = TENSORFLOW[name]
    x, n = tf.placeholder(tf.float32, [None, 5, 3]), tf.placeholder(tf.int32, [None])
    outputs = PROGRAMS[name](x, n)
    loss = sum(tf.reduce_sum(tf.square(output)) * (k + 1.0) for k, output in enumerate(outputs))
    variables = tf.trainable_variables()
    assert [v.op.name for v in variables] == names.split()
    with tf.Session() as sess:
        sess.run(fill())
        got, slopes = sess.run([outputs, tf.gradients(loss, [x, *variables])], {x: X, n: N})
    np.testing.assert_allclose([np.abs(one).sum() for one in got], sums, atol=1e-3, rtol=1e-4)
    np.testing.assert_allclose([one.ravel()[-1] for one in got], lasts, atol=1e-4, rtol=1e-3)
    np.testing.assert_allclose([np.abs(one).sum() for one in slopes], gradients, atol=0.011, rtol=1e-4)


def test_loss_of_the_last_state_alone():
    x = tf.placeholder(tf.float32, [None, 5, 3])
    _, state = tf.nn.dynamic_rnn(cells.BasicRNNCell(4), x, dtype=tf.float32)
    variables = tf.trainable_variables()
    with tf.Session() as sess:
        sess.run(fill())
        got = sess.run(tf.gradients(tf.reduce_sum(state ** 2), variables), {x: X})
    assert all(np.abs(one).sum() > 0 for one in got)


def test_shapes_and_outputs_after_the_end():
    x = tf.placeholder(tf.float32, [None, 5, 3])
    outputs, state = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), x, N, dtype=tf.float32)
    assert outputs.shape.as_list() == [4, 5, 4] or outputs.shape.as_list() == [None, 5, 4]
    assert isinstance(state, cells.LSTMStateTuple)
    with tf.Session() as sess:
        sess.run(fill())
        got, last = sess.run([outputs, state], {x: X})
    assert not got[1, 2:].any() and got[1, :2].all() and not got[2].any()
    np.testing.assert_array_equal(got[1, 1], last.h[1])


def test_time_major():
    x = tf.constant(X)
    first, _ = tf.nn.dynamic_rnn(cells.GRUCell(4), x, dtype=tf.float32)
    second, _ = tf.nn.dynamic_rnn(cells.GRUCell(4, reuse=True), tf.transpose(x, [1, 0, 2]), dtype=tf.float32,
                                  time_major=True)
    with tf.Session() as sess:
        sess.run(fill())
        one, other = sess.run([first, second])
    np.testing.assert_array_equal(one, other.transpose(1, 0, 2))


def test_dropout_draws_anew_or_once():
    x = tf.ones([2, 30, 1])

    class Echo(cells.RNNCell):
        state_size = output_size = 1

        def call(self, inputs, state):
            return inputs, state

    often, _ = tf.nn.dynamic_rnn(cells.DropoutWrapper(Echo(), output_keep_prob=0.5, seed=1), x, dtype=tf.float32)
    once, _ = tf.nn.dynamic_rnn(cells.DropoutWrapper(Echo(), output_keep_prob=0.5, variational_recurrent=True,
                                                     dtype=tf.float32,
                                                     seed=1), x, dtype=tf.float32)
    with tf.Session() as sess:
        many, one = sess.run([often, once])
    assert set(np.unique(many)) == {0.0, 2.0}
    assert len(np.unique(one[0])) == 1 and len(np.unique(one[1])) == 1


def test_gradients_with_dropout_are_those_of_the_same_draw():
    w = tf.get_variable("w", [1], initializer=tf.constant_initializer(3.0))
    x = tf.ones([1, 40, 1])

    class Times(cells.RNNCell):
        state_size = output_size = 1

        def call(self, inputs, state):
            return inputs * w, state + inputs * w

    outputs, _ = tf.nn.dynamic_rnn(cells.DropoutWrapper(Times(), output_keep_prob=0.5), x, dtype=tf.float32)
    slope, = tf.gradients(outputs, w)
    with tf.Session() as sess:
        sess.run(w.initializer)
        value, gradient = sess.run([outputs, slope])
    # The sum is linear in w.
    np.testing.assert_allclose(gradient[0] * 3.0, value.sum())


def test_state_saver():
    class Saver:
        saved = {}

        def state(self, name):
            return tf.zeros([4, 4])

        def save_state(self, name, value):
            self.saved[name] = value
            return tf.no_op()

    saver = Saver()
    outputs, state = tf.nn.static_state_saving_rnn(cells.BasicLSTMCell(4), steps(tf.constant(X)), saver, ("c", "h"))
    assert len(outputs) == 5 and sorted(saver.saved) == ["c", "h"]
    with tf.Session() as sess:
        sess.run(fill())
        np.testing.assert_array_equal(*sess.run([state.h, saver.saved["h"]]))


def test_what_is_refused():
    with pytest.raises(TypeError, match="not an RNNCell"):
        tf.nn.dynamic_rnn(lambda x, s: (x, s), tf.constant(X), dtype=tf.float32)
    with pytest.raises(ValueError, match="dtype"):
        tf.nn.dynamic_rnn(cells.GRUCell(2), tf.constant(X))
    with pytest.raises(ValueError, match="sequence_length"):
        tf.nn.dynamic_rnn(cells.GRUCell(2), tf.constant(X), sequence_length=tf.constant(3), dtype=tf.float32)
    with pytest.raises(ValueError, match="last dimension|depth|shape"):
        tf.nn.dynamic_rnn(cells.GRUCell(2), tf.placeholder(tf.float32, [None, 5, None]), dtype=tf.float32)
    with pytest.raises(ValueError, match="at least one cell"):
        cells.MultiRNNCell([])


def test_a_variable_that_is_there_is_not_made_again():
    tf.nn.dynamic_rnn(cells.BasicLSTMCell(2), tf.constant(X), dtype=tf.float32)
    with pytest.raises(ValueError, match="already exists"):
        tf.nn.dynamic_rnn(cells.BasicLSTMCell(2), tf.constant(X), dtype=tf.float32)


def test_resource_variables_give_the_same():
    results = []
    for resource in (False, True):
        with tf.Graph().as_default():
            with tf.variable_scope("a", use_resource=resource):
                outputs, _ = tf.nn.dynamic_rnn(cells.BasicLSTMCell(4), tf.constant(X), N, dtype=tf.float32)
                w = tf.get_variable("w", [4])
                y = tf.cond(tf.reduce_sum(outputs) > -100, lambda: outputs * w, lambda: outputs)
                z = tf.map_fn(lambda e: e * w, y)
            with tf.Session() as sess:
                sess.run(fill())
                results.append(sess.run([z, *tf.gradients(tf.reduce_sum(z ** 2), tf.trainable_variables())]))
    for one, other in zip(*results):
        np.testing.assert_allclose(one, other, rtol=1e-5)
