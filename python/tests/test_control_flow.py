"""Conditionals and loops: values and gradients are TensorFlow's."""

import numpy as np
import pytest

import tenseur as tf

X = [0.5, -1.0, 2.0]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def run(*fetches, feed=None):
    with tf.Session() as sess:
        return sess.run(list(fetches), feed)


def placeholder():
    return tf.placeholder(tf.float32, [3])


def check(make, value, gradient=None):
    """What `make(x)` is for X, and its gradient."""
    x = placeholder()
    y = make(x)
    got = run(y, *([] if gradient is None else tf.gradients(y, x)), feed={x: X})
    np.testing.assert_allclose(got[0], value, rtol=2e-5, atol=1e-6)
    if gradient is not None:
        np.testing.assert_allclose(got[1], gradient, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("flag, first, second, gradient", [
    (True, [0.25, 1.0, 4.0], [1.648721, 0.367879, 7.389056], [2.648721, -1.632121, 11.389056]),
    (False, [1.5, 0.0, 3.0], [0.479426, -0.841471, 0.909297], [1.877582, 1.540302, 0.583853]),
])
def test_both_sides_of_a_cond(flag, first, second, gradient):
    x, p = placeholder(), tf.placeholder(tf.bool, [])
    y = tf.cond(p, lambda: (x * x, tf.exp(x)), lambda: (x + 1.0, tf.sin(x)))
    assert isinstance(y, tuple)
    got = run(*y, *tf.gradients(y, x), feed={x: X, p: flag})
    for value, wanted in zip(got, (first, second, gradient)):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-6)


def test_a_loop():
    check(lambda x: tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, tf.sin(a) * x), (0, x))[1],
          [0.029591, -0.627572, 1.913477], [0.287646, 2.108912, 0.804009])


def test_a_loop_in_a_loop():
    def body(x):
        def turn(i, a):
            _, b = tf.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b * x + 1.0), (0, a))
            return i + 1, tf.tanh(b)
        return turn

    check(lambda x: tf.while_loop(lambda i, a: i < 3, body(x), (0, x))[1], [0.936736, 0.736452, 0.999998],
          [0.233387, -0.465388, 1.8e-05])


def test_a_cond_in_a_loop():
    def body(x):
        return lambda i, a: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a * x, lambda: a + 2.0))

    check(lambda x: tf.while_loop(lambda i, a: i < 3, body(x), (0, x))[1], [1.125, -3.0, 12.0], [2.75, 5.0, 14.0])


def test_a_loop_in_a_cond():
    def loop(x):
        return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.sin(a) + x), (0, x))[1]

    check(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: loop(x), lambda: x), [1.471191, -1.923843, 2.79035],
          [1.487749, 0.774872, 0.735438])


def test_a_variable_that_grows():
    def body(i, a):
        return i + 1, tf.concat([a, a[-1:] * 2], 0)

    invariants = (tf.TensorShape([]), tf.TensorShape([None]))
    check(lambda x: tf.while_loop(lambda i, a: i < 3, body, (0, x), shape_invariants=invariants)[1],
          [0.5, -1, 2, 4, 8, 16], [1, 1, 15])


def test_a_shape_that_changes_is_refused_without_invariants():
    with pytest.raises(ValueError, match="shape_invariants"):
        tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.concat([a, a], 0)), (0, placeholder()))


def test_what_a_loop_gives_back():
    one = tf.while_loop(lambda a: a < 3, lambda a: a + 1, [tf.constant(0)])
    assert isinstance(one, tf.Tensor)
    same = tf.while_loop(lambda a: a < 3, lambda a: [a + 1], [tf.constant(0)], return_same_structure=True)
    assert isinstance(same, list) and len(same) == 1
    nested = tf.while_loop(lambda i, d: i < 2, lambda i, d: (i + 1, {"a": d["a"] * 2, "b": (d["b"][0] + 1.0,)}),
                           (tf.constant(0), {"a": tf.constant(1), "b": (tf.constant(0.5),)}))
    assert run(one, *same) == [3, 3]
    with tf.Session() as sess:
        assert sess.run(nested) == (2, {"a": 4, "b": (2.5,)})


@pytest.mark.parametrize("most, wanted", [(3, [4.0, -8.0, 16.0]), (0, X)])
def test_maximum_iterations(most, wanted):
    check(lambda x: tf.while_loop(lambda a: True, lambda a: a * 2, [x], maximum_iterations=most), wanted)


def test_another_type_after_a_turn_is_refused():
    with pytest.raises(TypeError, match="after one iteration"):
        tf.while_loop(lambda i: i < 3, lambda i: tf.to_float(i), [tf.constant(0)])


def test_a_body_of_another_structure_is_refused():
    with pytest.raises(ValueError):
        tf.while_loop(lambda i, j: i < 3, lambda i, j: [i + 1], [tf.constant(0), tf.constant(0)])


@pytest.mark.parametrize("flags, wanted", [((False, True), 2), ((True, True), 1), ((False, False), 3)])
def test_case(flags, wanted):
    pairs = [(tf.constant(flags[0]), lambda: tf.constant(1)), (tf.constant(flags[1]), lambda: tf.constant(2))]
    assert run(tf.case(pairs, default=lambda: tf.constant(3))) == [wanted]


def test_case_without_default():
    pairs = [(tf.constant(False), lambda: tf.constant(1)), (tf.placeholder_with_default(True, []), lambda: tf.constant(2))]
    y = tf.case(pairs, exclusive=True)
    assert run(y) == [2]
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(y, feed={pairs[1][0]: False})


def test_exclusive_case_refuses_two():
    pairs = {tf.constant(True): lambda: tf.constant(1), tf.placeholder_with_default(True, []): lambda: tf.constant(2)}
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tf.case(pairs, default=lambda: tf.constant(3), exclusive=True))


def test_only_one_side_runs():
    seen = []

    def told(name):
        return lambda: tf.py_func(lambda: seen.append(name) or np.float32(0), [], tf.float32)

    p = tf.placeholder(tf.bool, [])
    y = tf.cond(p, told("true"), told("false"))
    run(y, feed={p: False})
    assert seen == ["false"]


def test_assignments_within_a_cond_and_a_loop():
    v = tf.Variable(1.0)
    p = tf.placeholder(tf.bool, [])
    both = tf.cond(p, lambda: tf.assign(v, 5.0), lambda: tf.assign_add(v, 1.0))
    only = tf.cond(p, lambda: tf.group(tf.assign(v, 7.0)), tf.no_op)

    def turn(i):
        with tf.control_dependencies([tf.assign_add(v, 10.0)]):
            return tf.identity(i) + 1

    loop = tf.while_loop(lambda i: i < 3, turn, [tf.constant(0)])
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(both, {p: False})
        assert sess.run(v) == 2.0
        sess.run(both, {p: True})
        assert sess.run(v) == 5.0
        sess.run(only, {p: False})
        assert sess.run(v) == 5.0
        sess.run(only, {p: True})
        assert sess.run(v) == 7.0
        assert sess.run(loop) == 3
        assert sess.run(v) == 37.0


def test_minimize_on_one_side():
    v, p = tf.Variable(3.0), tf.placeholder(tf.bool, [])
    loss = v * v
    step = tf.cond(p, lambda: tf.train.GradientDescentOptimizer(0.1).minimize(loss), tf.no_op)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step, {p: False})
        assert sess.run(v) == 3.0
        sess.run(step, {p: True})
        assert abs(sess.run(v) - 2.4) < 1e-6


def test_variables_made_within_a_loop():
    def turn(i, a):
        w = tf.get_variable("w", [3], initializer=tf.constant_initializer(2.0))
        return i + 1, a * w

    x = placeholder()
    y = tf.while_loop(lambda i, a: i < 3, turn, (0, x))[1]
    w, = tf.trainable_variables()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        value, gradient = sess.run([y, tf.gradients(y, w)[0]], {x: X})
    np.testing.assert_allclose(value, np.array(X) * 8)
    np.testing.assert_allclose(gradient, np.array(X) * 12)


def test_order():
    v = tf.Variable(0.0)
    first = tf.assign(v, 1.0)
    with tf.control_dependencies([first]):
        second = tf.assign_add(v, 2.0)
    a, b = tf.tuple([v.read_value() * 1.0 if hasattr(v, "read_value") else v * 1.0, tf.constant(3.0)], control_inputs=[second])
    done = tf.group(a, b, name="done")
    assert done.name == "done" and done.type == "NoOp"
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(b) == 3.0
        assert sess.run(v) == 3.0
        assert sess.run(done) is None


def test_control_inputs_from_outside_of_a_loop():
    v = tf.Variable(0.0)
    with tf.control_dependencies([tf.assign(v, 5.0)]):
        y = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, a + tf.constant(1.0)), (0, tf.constant(0.0)))[1]
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(y) == 2.0
        assert sess.run(v) == 5.0


def test_assert():
    x = tf.placeholder(tf.int32, [])
    with tf.control_dependencies([tf.Assert(x > 0, ["not so:", x])]):
        y = x * 2
    assert run(y, feed={x: 3}) == [6]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not so"):
        run(y, feed={x: -3})


def test_what_is_refused():
    with pytest.raises(TypeError, match="Python bool"):
        tf.cond(True, lambda: tf.constant(1), lambda: tf.constant(2))
    with pytest.raises(ValueError, match="same type"):
        tf.cond(tf.constant(True), lambda: tf.constant(1), lambda: tf.constant(2.0))
    with pytest.raises(ValueError, match="return value"):
        tf.cond(tf.constant(True), lambda: None, lambda: tf.constant(2.0))
    with pytest.raises((TypeError, ValueError)):
        tf.cond(tf.constant(True), lambda: (tf.constant(1), tf.constant(1)), lambda: tf.constant(2))
    with pytest.raises(ValueError, match="No loop variables"):
        tf.while_loop(lambda: True, lambda: None, [])
    inner = []
    tf.cond(tf.constant(True), lambda: inner.append(tf.constant(1)) or inner[0] + 1, lambda: tf.constant(2))
    with pytest.raises(ValueError, match="not fetchable"):
        run(inner[0])


NAMES = """x p cond/Switch cond/switch_t cond/switch_f cond/pred_id cond/double/y cond/double/Switch cond/double
    cond/Neg/Switch cond/Neg cond/Merge while/Const while/Enter while/Enter_1 while/Merge while/Merge_1 while/Less/y while/Less
    while/LoopCond while/Switch while/Switch_1 while/Identity while/Identity_1 while/add/y while/add while/Mul/Enter while/Mul
    while/NextIteration while/NextIteration_1 while/Exit while/Exit_1""".split()


def test_names_are_tensorflows():
    x, p = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: tf.multiply(x, 2.0, name="double"), lambda: tf.negative(x))
    tf.while_loop(lambda i, s: tf.less(i, 3), lambda i, s: [i + 1, tf.multiply(s, x)], [0, y])
    assert sorted(op.name for op in tf.get_default_graph().get_operations()) == sorted(NAMES)


def test_smart_cond():
    smart_cond = tf.contrib.framework.smart_cond
    assert smart_cond(True, lambda: 1, lambda: 2) == 1
    assert smart_cond(tf.constant(False), lambda: 1, lambda: 2) == 2


@pytest.mark.parametrize("name, make, value, gradient", [
    ("scan", lambda x: tf.scan(lambda a, e: a * e + tf.sin(a), x, initializer=0.3), [0.44552, -0.014593, -0.043778],
     [0.182867, 1.782034, -0.014593]),
    ("scan backwards", lambda x: tf.scan(lambda a, e: a * e + tf.sin(a), x, reverse=True), [-1.432303, -1.090702, 2.0],
     [-1.090702, 3.923725, -1.778285]),
    ("map", lambda x: tf.map_fn(lambda e: tf.reduce_sum(e * x), tf.stack([x, x * 2])), [5.25, 10.5], [3.0, -6.0, 12.0]),
    ("foldl", lambda x: tf.foldl(lambda a, e: tf.tanh(a + e) * e, x), 1.971136, [-0.045072, -0.071556, 1.042879]),
    ("foldr", lambda x: tf.foldr(lambda a, e: tf.tanh(a + e) * e, x, initializer=1.0), -0.125935,
     [0.21641, 0.155037, -0.202595]),
])
def test_functions_over_elements(name, make, value, gradient):
    check(make, value, gradient)


def test_map_of_structures():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    y = tf.map_fn(lambda pair: {"sum": pair[0] + pair[1], "one": tf.constant(1)}, (x, x), dtype={"sum": tf.float32, "one": tf.int32})
    assert y["sum"].shape.as_list() == [2, 2] and y["one"].shape.as_list() == [2]
    with tf.Session() as sess:
        got = sess.run(y)
    assert got["sum"].tolist() == [[2, 4], [6, 8]] and got["one"].tolist() == [1, 1]


def test_map_of_nothing():
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.map_fn(lambda e: e * 2, x)
    assert run(y, feed={x: np.zeros((0, 2))})[0].shape == (0, 2)


def test_second_derivatives_through_scan():
    # y = w^3 x: the second derivative is 6 w x.
    w = tf.placeholder(tf.float32, [])
    y = tf.scan(lambda a, e: a * w, tf.zeros([3]), initializer=2.0)[-1]
    slope = tf.gradients(y, w)[0]
    assert run(tf.gradients(slope, w)[0], feed={w: 0.5}) == [6.0]


def test_tensor_arrays():
    def gathered(x):
        array = tf.TensorArray(tf.float32, 3).unstack(x)
        return tf.concat([array.gather([2, 0]), [array.read(1) * 3]], 0) ** 2

    check(gathered, [4.0, 0.25, 9.0], [1.0, -18.0, 4.0])

    def joined(x):
        return tf.TensorArray(tf.float32, 2, infer_shape=False).split(x, [1, 2]).concat() * x

    check(joined, [0.25, 1.0, 4.0], [1.0, -2.0, 4.0])


def test_a_tensor_array_that_grows():
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False)

    def turn(i, array):
        before = tf.cond(i > 0, lambda: array.read(i - 1), lambda: tf.constant(1.0))
        return i + 1, array.write(i, before * 2)

    _, array = tf.while_loop(lambda i, _: i < 4, turn, (0, array))
    assert run(array.stack())[0].tolist() == [2, 4, 8, 16]
    assert run(array.size()) == [4]


def test_tensor_arrays_refuse_what_does_not_fit():
    array = tf.TensorArray(tf.float32, 3).write(0, [1.0, 2.0])
    with pytest.raises(ValueError, match="Inconsistent shapes"):
        array.write(1, [1.0])
    with pytest.raises(ValueError, match="dtype"):
        array.write(1, tf.constant([1, 2]))
    with pytest.raises(ValueError, match="Size"):
        tf.TensorArray(tf.float32)
