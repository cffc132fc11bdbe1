"""Loops, conditionals and functions, of both kinds, which tenseur differentiates: the graphs are TensorFlow's forward graphs
alone."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
while_loop, cond = v1.while_loop, v1.cond


def turns(x):
    """Newton's steps, with x seen in every turn."""
    return while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y - (y * y - x) / (2.0 * y)), [0, tf.ones_like(x)])[1]


def dynamic(x, n):
    return while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.sin(y) * x), [0, x])[1]


def by_value(x):
    """As many turns as the values ask for."""
    return while_loop(lambda y: tf.reduce_sum(y) < 20.0, lambda y: y * 1.5 + x, [x])


def coupled(x, w):
    """Two variables that lead to each other, one that is not used, and a product."""
    def turn(i, a, b, c):
        return i + 1, tf.tanh(tf.matmul(b, w)), a + 0.5 * b, a * 2.0
    return while_loop(lambda i, a, b, c: i < 3, turn, [0, x, x * x, x])[1:]


def crossed(x):
    """What goes round is swapped in each turn."""
    return while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, b, a * a), [0, x, 2.0 * x])[1:]


def nested(x, w):
    def outer(i, y):
        inner = while_loop(lambda j, z: j < i + 1, lambda j, z: (j + 1, tf.tanh(z * w) + y), [0, y])[1]
        return i + 1, inner * x
    return while_loop(lambda i, y: i < 3, outer, [0, x])[1]


def with_conditional(x, w):
    def turn(i, y):
        return i + 1, cond(tf.equal(i % 2, 0), lambda: tf.sin(y * w), lambda: y * y + x)
    return while_loop(lambda i, y: i < 4, turn, [0, x])[1]


def in_conditional(x, n):
    return cond(n > 2, lambda: while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * x), [0, x])[1],
                lambda: tf.exp(x))


def growing(x):
    def turn(i, y):
        return i + 1, tf.concat([y, y[:1] * 2.0], 0)
    shapes = [tf.TensorShape([]), tf.TensorShape([None, 2])]
    return while_loop(lambda i, y: i < 3, turn, [0, x], shape_invariants=shapes)[1]


def arrays(x, w):
    """A recurrent network over rows that are read from one tensor array and written into another."""
    rows = tf.TensorArray(tf.float64, 3, clear_after_read=False).unstack(x)
    out = tf.TensorArray(tf.float64, 3)

    def turn(i, h, out):
        h = tf.tanh(tf.matmul(rows.read(i), w) + h)
        return i + 1, h, out.write(i, h * h)
    _, h, out = while_loop(lambda i, h, out: i < 3, turn, [0, tf.zeros([2, 2], tf.float64), out])
    return [h, out.stack()]


def split_arrays(x):
    rows = tf.TensorArray(tf.float64, 2, infer_shape=False, element_shape=[None, 2]).split(x, [1, 2])
    out = tf.TensorArray(tf.float64, 2, infer_shape=False, element_shape=[None, 2])
    _, out = while_loop(lambda i, out: i < 2, lambda i, out: (i + 1, out.write(i, tf.square(rows.read(i)))), [0, out])
    return out.concat()


def twice(x):
    return turns(dynamic(x, 2) + 1.0)


def none(x):
    """No turn at all."""
    return while_loop(lambda i, y: i < 0, lambda i, y: (i + 1, y * x), [0, x * 2.0])[1]


def drawn(x):
    """Every turn draws its own numbers."""
    def turn(i, y):
        return i + 1, y * tf.cast(v1.random_uniform([3], 0.5, 1.5, tf.float32, seed=7), tf.float64)
    return while_loop(lambda i, y: i < 3, turn, [0, x])[1]


def conditionals(x, n):
    first = cond(n > 2, lambda: x * x, lambda: tf.exp(x))
    return [first, cond(n > 5, lambda: cond(n > 7, lambda: first * x, lambda: first + x), lambda: tf.sin(first) * x)]


def mapped(x):
    return [tf.map_fn(lambda row: tf.reduce_sum(row * row) * row, x), tf.scan(lambda a, row: a * row + row, x)]


def called(x, w):
    @tf.function
    def inner(a):
        return tf.sin(a) * w

    @tf.function
    def outer(a, b):
        return inner(a) + b, inner(a * b)
    return outer(x, x * x)


def chosen(x, n):
    return v1.switch_case(n, [lambda: x * x, lambda: tf.exp(x), lambda: tf.ones_like(x)]) * x


def record(family):
    rand = np.random.RandomState(5)
    row, square = rand.uniform(0.5, 1.5, [3]), rand.uniform(-1.0, 1.0, [2, 2])
    for number in (0, 3):
        family_of(family, "dynamic", number, lambda: ({"x": row, "n": np.int32(number)}, dynamic, ["x"]))
        family_of(family, "in_conditional", number, lambda: ({"x": row, "n": np.int32(number)}, in_conditional, ["x"]))
    for number in (1, 4, 6, 8):
        family_of(family, "conditionals", number, lambda: ({"x": row, "n": np.int32(number)}, conditionals, ["x"]))
    one = rand.uniform(0.5, 1.5, [])
    plain = {
        "turns": ({"x": row}, turns), "by_value": ({"x": row}, by_value), "crossed": ({"x": row}, crossed),
        "coupled": ({"x": square, "w": rand.uniform(-1.0, 1.0, [2, 2])}, coupled),
        "nested": ({"x": row, "w": one}, nested), "with_conditional": ({"x": row, "w": one}, with_conditional),
        "growing": ({"x": square}, growing), "arrays": ({"x": rand.uniform(-1.0, 1.0, [3, 2, 2]), "w": square}, arrays),
        "split_arrays": ({"x": rand.uniform(-1.0, 1.0, [3, 2])}, split_arrays), "twice": ({"x": row}, twice),
        "none": ({"x": row}, none), "mapped": ({"x": rand.uniform(-1.0, 1.0, [3, 2])}, mapped),
    }
    for name, (feeds, build) in plain.items():
        family_of(family, name, "", lambda: (feeds, build, list(feeds)))
    # TensorFlow's gradients stay in the graph, and tenseur's are added: each has tensor arrays of its own.
    for name in "mapped", "arrays":
        feeds, build = plain[name]
        family.case(f"v1_{name}_beside_gradients", dict(feeds), build, list(feeds))
    family.case("v1_drawn", {"x": row}, drawn, ["x"], alone=True)
    for number in (0, 1, 2, 7):
        v1.enable_control_flow_v2()
        family.case(f"v2_chosen{number}", {"x": row, "n": np.int32(number)}, chosen, ["x"], alone=True)
        v1.disable_control_flow_v2()
    family.case("v2_called", {"x": row, "w": one}, called, ["x", "w"], alone=True)


def family_of(family, name, number, made):
    """The case with TensorFlow 1's frames, and with functions."""
    for version, switch in ("v1", v1.disable_control_flow_v2), ("v2", v1.enable_control_flow_v2):
        switch()
        feeds, build, wrt = made()
        family.case(f"{version}_{name}{number}", dict(feeds), build, wrt, alone=True)
    v1.disable_control_flow_v2()
