"""Optimizers of `tf.contrib.opt`: each against its formula, written out in NumPy."""

import numpy as np
import pytest

import tenseur as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as own:
        yield own


START = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]], np.float32)


def trained(optimizer, use_resource=False, sparse=False, steps=3):
    """The variable after the steps, and the gradients, which are those of 0.5 Σ w² (of rows 0 and 2 where sparse)."""
    w = tf.get_variable("w", initializer=START, use_resource=use_resource)
    rows = tf.gather(w, [0, 2]) if sparse else w
    train = optimizer.minimize(tf.reduce_sum(rows * rows) / 2.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            sess.run(train)
        return sess.run(w)


def written(step, steps=3, rows=slice(None)):
    w = START.astype(np.float64).copy()
    state = {}
    for t in range(1, steps + 1):
        w[rows] = step(w[rows], w[rows].copy(), state, t)
    return w


def adam(w, g, state, t, nesterov=False, lr=0.1, beta1=0.9, beta2=0.999):
    m = state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    if nesterov:
        m = beta1 * m + (1 - beta1) * g
    return w - lr * np.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m / (np.sqrt(v) + 1e-8)


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_nadam(use_resource, sparse):
    rows = [0, 2] if sparse else slice(None)
    expected = written(lambda w, g, s, t: adam(w, g, s, t, nesterov=True), rows=rows)
    assert np.allclose(trained(tf.contrib.opt.NadamOptimizer(0.1), use_resource, sparse), expected, atol=1e-5)


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_lazy_adam(use_resource, sparse):
    rows = [0, 2] if sparse else slice(None)
    assert np.allclose(trained(tf.contrib.opt.LazyAdamOptimizer(0.1), use_resource, sparse), written(adam, rows=rows), atol=1e-5)


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_adamax(use_resource, sparse):
    def step(w, g, state, t):
        m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
        v = state["v"] = np.maximum(0.999 * state.get("v", 0.0), np.abs(g))
        return w - 0.1 / (1 - 0.9 ** t) * m / (v + 1e-8)

    rows = [0, 2] if sparse else slice(None)
    assert np.allclose(trained(tf.contrib.opt.AdaMaxOptimizer(0.1), use_resource, sparse), written(step, rows=rows), atol=1e-5)


@pytest.mark.parametrize("use_resource", [False, True])
def test_signs(use_resource):
    def step(kind):
        def one(w, g, state, t):
            m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * g
            agree = np.sign(g) * np.sign(m)
            return w - 0.1 * (1.0 + agree if kind == "add" else np.exp(agree)) * g
        return one

    with tf.Graph().as_default():
        assert np.allclose(trained(tf.contrib.opt.AddSignOptimizer(0.1), use_resource), written(step("add")), atol=1e-5)
    assert np.allclose(trained(tf.contrib.opt.PowerSignOptimizer(0.1), use_resource), written(step("power")), atol=1e-5)


@pytest.mark.parametrize("use_resource", [False, True])
def test_weight_decay(use_resource):
    def adamw(w, g, state, t):
        return adam(w - 0.01 * w, g, state, t)

    assert np.allclose(trained(tf.contrib.opt.AdamWOptimizer(0.01, 0.1), use_resource), written(adamw), atol=1e-5)


def test_weight_decay_of_some_variables():
    a, b = tf.Variable(2.0, name="a"), tf.Variable(2.0, name="b")
    own = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.GradientDescentOptimizer)(0.1, learning_rate=0.5)
    train = own.minimize(a + b, decay_var_list=[a])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert np.allclose(sess.run([a, b]), [2.0 - 0.2 - 0.5, 1.5])


def test_averages(tmp_path):
    w = tf.Variable(2.0, name="w")
    optimizer = tf.contrib.opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(1.0), average_decay=0.5)
    train = optimizer.minimize(w * 1.0)
    saver = optimizer.swapping_saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        path = saver.save(sess, str(tmp_path / "m"))
    assert tf.train.load_variable(path, "w") == 1.5
    assert tf.train.load_variable(path, "w/ExponentialMovingAverage") == 1.0
