"""What is measured, in TensorFlow 1: a graph and a session. Data is fed as NumPy arrays."""

import time

import numpy as np
import tensorflow as tensorflow2

import protocol

tf = tensorflow2.compat.v1
tf.disable_v2_behavior()

RATE = 0.01


def session(request, graph=None):
    threads = request["threads"]
    config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
    return tf.Session(graph=graph, config=config)


def start(request):
    """A new graph's arrays, and variables that start with them."""
    tf.reset_default_graph()
    arrays = dict(np.load(request["data"]))
    return arrays, lambda name: tf.Variable(arrays[name], name=name)


def placeholders(arrays):
    return [tf.placeholder(tf.float32, [None, *arrays[name].shape[1:]], name) for name in ("x", "y")]


def descend(request, arrays, cost, x, y):
    train = tf.train.GradientDescentOptimizer(RATE).minimize(cost)
    sess = session(request)
    sess.run(tf.global_variables_initializer())
    feeds = {x: arrays["x"], y: arrays["y"]}
    losses = [sess.run([cost, train], feeds)[0] for _ in range(request.get("losses", 3))]

    def run(steps):
        for _ in range(steps):
            sess.run(train, feeds)

    return protocol.Job(losses, run)


def dense_layers(arrays, variable, signal, activation):
    layers = sum(name.startswith("w") for name in arrays)
    for layer in range(1, layers + 1):
        signal = tf.matmul(signal, variable(f"w{layer}")) + variable(f"b{layer}")
        if layer < layers:
            signal = activation(signal)
    return signal


def cross_entropy_of(y, logits):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))


def small(request):
    arrays, variable = start(request)
    x, y = placeholders(arrays)
    signal = dense_layers(arrays, variable, x, tf.tanh)
    return descend(request, arrays, tf.reduce_mean(tf.square(signal - y)), x, y)


def mlp(request):
    arrays, variable = start(request)
    x, y = placeholders(arrays)
    logits = dense_layers(arrays, variable, x, tf.nn.relu)
    return descend(request, arrays, cross_entropy_of(y, logits), x, y)


def conv(request):
    arrays, variable = start(request)
    x, y = placeholders(arrays)
    signal = x
    for layer in (1, 2):
        convolved = tf.nn.conv2d(signal, variable(f"w{layer}"), strides=[1, 1, 1, 1], padding="SAME")
        signal = tf.nn.relu(tf.nn.bias_add(convolved, variable(f"b{layer}")))
        signal = tf.nn.max_pool(signal, [1, 2, 2, 1], [1, 2, 2, 1], padding="SAME")
    signal = tf.reshape(signal, [-1, arrays["w3"].shape[0]])
    units = tf.nn.relu(tf.matmul(signal, variable("w3")) + variable("b3"))
    logits = tf.matmul(units, variable("w4")) + variable("b4")
    return descend(request, arrays, cross_entropy_of(y, logits), x, y)


def lstm(request):
    """An unrolled network, as `static_rnn` of `BasicLSTMCell` makes it."""
    arrays, variable = start(request)
    cells = arrays["b1"].shape[0] // 4
    x = tf.placeholder(tf.float32, arrays["x"].shape, "x")
    y = tf.placeholder(tf.float32, arrays["y"].shape, "y")
    w, b = variable("w1"), variable("b1")
    memory = state = tf.zeros([arrays["x"].shape[1], cells])
    for frame in tf.unstack(x):
        gates = tf.nn.bias_add(tf.matmul(tf.concat([frame, state], 1), w), b)
        admit, new, forget, show = tf.split(gates, 4, axis=1)
        memory = memory * tf.sigmoid(forget + 1.0) + tf.sigmoid(admit) * tf.tanh(new)
        state = tf.tanh(memory) * tf.sigmoid(show)
    logits = tf.matmul(state, variable("w2")) + variable("b2")
    return descend(request, arrays, cross_entropy_of(y, logits), x, y)


def with_gradients(request, loss, variables):
    gradients = tf.gradients(loss, list(variables.values()))
    sess = session(request)
    sess.run(tf.global_variables_initializer())
    first, *slopes = sess.run([loss, *gradients])
    check = {name: np.abs(slope.astype(np.float64)).sum() for name, slope in zip(variables, slopes)}
    # What is computed stays where it is, as it would within a network.
    targets = [tensor.op for tensor in (loss, *gradients)]

    def run(steps):
        for _ in range(steps):
            sess.run(targets)

    return protocol.Job([first], run, check)


def cross_entropy(request):
    arrays, variable = start(request)
    logits, labels = variable("logits"), variable("labels")
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return with_gradients(request, tf.reduce_mean(losses), {"logits": logits})


def prelu(request):
    _, variable = start(request)
    x, alpha, g = variable("x"), variable("alpha"), variable("g")
    y = tf.maximum(x, 0.0) + alpha * tf.minimum(x, 0.0)
    return with_gradients(request, tf.reduce_sum(y * g), {"x": x, "alpha": alpha})


RUNS = 10


def chain(request):
    """What a node costs; every measurement makes a new graph."""
    nodes, matrices = request["nodes"], request["factors"] == "matrices"
    one = np.ones((1, 1) if matrices else (), np.float32)

    def cycle():
        figures = {}
        graph = tf.Graph()
        clock = time.perf_counter()

        def note(name, times=1):
            nonlocal clock
            figures[name] = (time.perf_counter() - clock) / (nodes * times)
            clock = time.perf_counter()

        with graph.as_default():
            x = y = tf.placeholder(tf.float32, one.shape)
            for _ in range(nodes):
                y = tf.matmul(y, x) if matrices else y * x
            note("build")
            sess = session(request, graph)
            clock = time.perf_counter()
            sess.run(y, {x: one})
            note("first run")
            for _ in range(RUNS):
                sess.run(y, {x: one})
            note("run", RUNS)
            (slope,) = tf.gradients(y, [x])
            note("gradients")
            value = sess.run(slope, {x: one})
            note("first run of the gradient")
            for _ in range(RUNS):
                sess.run(slope, {x: one})
            note("run of the gradient", RUNS)
        sess.close()
        return figures, value

    _, slope = cycle()
    return protocol.Job([], measure=lambda seconds: cycle()[0], check={"slope at 1": np.ravel(slope)[0]})


if __name__ == "__main__":
    protocol.serve(
        {
            "small": small,
            "mlp": mlp,
            "conv": conv,
            "lstm": lstm,
            "cross_entropy": cross_entropy,
            "prelu": prelu,
            "chain": chain,
        }
    )
