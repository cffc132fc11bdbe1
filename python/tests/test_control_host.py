"""Python functions in a graph, printing, nested structures, gradients within loops."""

import collections

import numpy as np
import pytest

import tenseur as tf

nest = tf.contrib.framework.nest
Point = collections.namedtuple("Point", "x y")


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def run(*fetches, feed=None):
    with tf.Session() as sess:
        return sess.run(list(fetches), feed)


def test_py_func():
    x = tf.placeholder(tf.float32, [None])
    a, b = tf.py_func(lambda v: (v * 2, np.int64(len(v))), [x], [tf.float32, tf.int64], name="both")
    one = tf.py_func(lambda v: v.sum(), [x], tf.float32)
    text = tf.py_func(lambda s: [s + b"!", b"b"], [tf.constant("a")], tf.string)
    nothing = tf.py_func(lambda: None, [], [])
    assert a.op.type == "PyFunc" and a.name == "both:0" and a.shape.ndims is None
    assert isinstance(nothing, tf.Operation)
    got = run(a, b, one, text, nothing, feed={x: [1.0, 2.0]})
    assert got[0].tolist() == [2.0, 4.0] and got[1:3] == [2, 3.0] and list(got[3]) == [b"a!", b"b"]


def test_py_func_runs_every_time():
    count = []
    y = tf.py_func(lambda: count.append(1) or np.float32(len(count)), [], tf.float32)
    with tf.Session() as sess:
        assert [sess.run(y) for _ in range(3)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("function, kind", [
    (lambda v: v.astype(np.float64), tf.errors.InvalidArgumentError),
    (lambda v: None, tf.errors.OpError),
    (lambda v: {}, tf.errors.UnimplementedError),
    (lambda v: 1 / 0, tf.errors.OpError),
])
def test_py_func_refuses(function, kind):
    with pytest.raises(kind):
        run(tf.py_func(function, [tf.constant([1.0])], tf.float32))


def test_py_func_with_a_gradient_of_its_own():
    def gradient(op, grad):
        return grad * 2.0 * op.inputs[0]

    name = f"square_gradient_{id(gradient)}"
    tf.RegisterGradient(name)(gradient)
    x = tf.constant([3.0])
    with tf.get_default_graph().gradient_override_map({"PyFunc": name}):
        y = tf.py_func(lambda v: v * v, [x], tf.float32)
    assert run(y, *tf.gradients(y, x)) == [np.array([9.0]), np.array([6.0])]


def test_print(capfd):
    x = tf.constant([1.0, 2.0, 3.0, 4.0])
    y = tf.Print(x, [x, tf.constant([[1, 2], [3, 4]]), tf.constant("text"), tf.constant(True)], "told: ", first_n=2)
    slope = tf.gradients(y, x)[0]
    with tf.Session() as sess:
        assert sess.run(y).tolist() == [1.0, 2.0, 3.0, 4.0]
        assert sess.run(slope).tolist() == [1.0] * 4
        sess.run(y), sess.run(y)
    assert capfd.readouterr().err == "told: [1 2 3...][[1 2][3...]...][text][1]\n" * 2


def test_print_of_the_newer_kind(capfd):
    run(tf.print("a", {"b": tf.constant([[1, 2], [3, 4]])}, tf.range(10), 7, sep=", "))
    assert capfd.readouterr().err == "a, {'b': [[1 2]\n [3 4]]}, [0 1 2 ... 7 8 9], 7\n"


def test_nest():
    structure = {"b": [1, (2, 3)], "a": Point(4, {"c": 5})}
    assert nest.flatten(structure) == [4, 5, 1, 2, 3]
    assert nest.pack_sequence_as(structure, list("vwxyz")) == {
        "b": ["x", ("y", "z")], "a": Point("v", {"c": "w"})}
    assert nest.map_structure(lambda x, y: x + y, (1, [2]), (3, [4])) == (4, [6])
    assert nest.flatten("text") == ["text"] and nest.is_sequence([1]) and not nest.is_sequence("text")
    assert nest.flatten_up_to([0, (0, 0)], [[1, 2], ((3,), 4)]) == [[1, 2], (3,), 4]
    assert nest.flatten(np.arange(2).tolist()) == [0, 1]
    with pytest.raises(ValueError):
        nest.assert_same_structure([1, [2]], [1, 2])
    with pytest.raises(TypeError):
        nest.assert_same_structure([1, 2], (1, 2))
    with pytest.raises(ValueError):
        nest.pack_sequence_as([1, 2], [1])


def test_gradients_within_a_loop():
    # The Jacobian, row by row, and it can be differentiated again from outside.
    x = tf.placeholder(tf.float32, [3])
    y = tf.sin(x) * tf.reduce_sum(x)
    rows = tf.map_fn(lambda i: tf.gradients(y[i], x)[0], tf.range(3), dtype=tf.float32)
    value = np.array([0.5, -1.0, 2.0])
    got, again = run(rows, *tf.gradients(rows, x), feed={x: value})
    wanted = np.diag(np.cos(value) * value.sum()) + np.sin(value)[:, None]
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    # The sum of all rows is d/dx of f·S with f = Σcos(x_i)·S + 3Σsin(x_i) …, by differences.
    def total(v):
        return (np.diag(np.cos(v) * v.sum()) + np.sin(v)[:, None]).sum()
    slopes = [(total(value + d) - total(value - d)) / 2e-5 for d in 1e-5 * np.eye(3)]
    np.testing.assert_allclose(again, slopes, rtol=1e-3)


def test_a_step_of_learning_within_a_loop():
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer([1.0, -1.0]))

    def task(x):
        slope, = tf.gradients(tf.square(tf.reduce_sum(w * x)), w)
        return tf.square(tf.reduce_sum((w - 0.1 * slope) * x))

    losses = tf.map_fn(task, tf.constant([[1.0, 2.0], [0.5, 0.0]]))
    slope, = tf.gradients(losses, w)
    with tf.Session() as sess:
        sess.run(w.initializer)
        got, gradient = sess.run([losses, slope])
    # s = w·x, after the step s·(1 − 0.2|x|²); the loss is its square.
    np.testing.assert_allclose(got, [0.0, 0.225625], atol=1e-6)
    np.testing.assert_allclose(gradient, [2 * 0.5 * 0.95 ** 2 * 0.5, 0.0], rtol=1e-5, atol=1e-6)


def test_back_prop_false():
    x = tf.constant(2.0)
    y = tf.while_loop(lambda a: a < 10, lambda a: a * a, [x], back_prop=False)
    assert tf.gradients(y * x, x)[0] is not None
    assert run(*tf.gradients(y * x, x)) == [16.0]


def test_defun():
    from tenseur.python.framework import function

    @function.Defun(tf.float32, tf.float32, python_grad_func=lambda op, grad: (op.inputs[1] * grad * 10.0, None))
    def product(x, y):
        return x * y

    @function.Defun(tf.float32)
    def double(x):
        return x * 2.0

    x = tf.constant(3.0)
    assert run(product(x, x), *tf.gradients(product(x, tf.constant(4.0)), x), double(1)) == [9.0, 40.0, 2.0]
