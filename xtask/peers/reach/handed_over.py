"""Calls, conditionals and loops of functions whose gradients must not run them again: they draw random numbers, write variables,
or read what is written after them. The graphs are TensorFlow's forward graphs alone, which tenseur differentiates."""

import numpy as np
import tensorflow as tf

raw, v1 = tf.raw_ops, tf.compat.v1
while_loop, cond = v1.while_loop, v1.cond


def dropped(x, seed):
    """x with some elements dropped: their gradient is that of the same elements. Draws follow what comes before, so that TensorFlow
    cannot take those of a later turn first."""
    with tf.control_dependencies([x]):
        drawn = v1.random_uniform(tf.shape(x), 0.0, 1.0, tf.float32, seed=seed)
    return tf.where(drawn < 0.5, tf.zeros_like(x), x * 2.0) + tf.sin(x) * tf.cast(drawn, tf.float64)


def called(x, w):
    @tf.function(autograph=False)
    def layer(a):
        return dropped(tf.tanh(a * w), 3)
    return layer(x)


def called_within(x, w):
    @tf.function(autograph=False)
    def inner(a):
        return dropped(a, 5) * w

    @tf.function(autograph=False)
    def outer(a, b):
        return inner(a) + dropped(b, 6), a * b
    return outer(x, x * x)[0]


def one_side(x, n):
    return cond(n > 2, lambda: dropped(x * x, 4), lambda: tf.exp(x))


def both_sides(x, n):
    return cond(n > 2, lambda: dropped(x * x, 4) * x, lambda: (tf.exp(dropped(x, 9))))


def sides_within(x, n):
    first = cond(n > 2, lambda: dropped(x, 1), lambda: x)
    return cond(n > 5, lambda: cond(n > 7, lambda: dropped(first * x, 2), lambda: first + x), lambda: dropped(first, 3) * x)


def chosen(x, n):
    return v1.switch_case(n, [lambda: dropped(x * x, 1), lambda: tf.exp(x), lambda: dropped(tf.sin(x), 2) * x]) * x


def turns(x, w):
    return while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, dropped(tf.tanh(y * w), 7) + x), [0, x])[1]


def turns_within(x, w):
    def outer(i, y):
        inner = while_loop(lambda j, z: j < i + 1, lambda j, z: (j + 1, dropped(tf.tanh(z * w), 2) + y), [0, y])[1]
        return i + 1, dropped(inner, 8) * x
    return while_loop(lambda i, y: i < 3, outer, [0, x])[1]


def three_deep(x, w):
    def inner(k, z):
        return k + 1, cond(tf.equal(k % 2, 0), lambda: dropped(z * w, 1), lambda: tf.sin(z) + dropped(z, 2))

    def middle(j, y):
        return j + 1, dropped(while_loop(lambda k, z: k < j + 1, inner, [0, tf.tanh(y)])[1], 3) + 0.5 * y

    def outer(i, y):
        return i + 1, while_loop(lambda j, z: j < 2, middle, [0, y * w])[1] * x
    return while_loop(lambda i, y: i < 2, outer, [0, x])[1]


def sides_in_turns(x, w):
    def turn(i, y):
        return i + 1, cond(tf.equal(i % 2, 0), lambda: dropped(tf.sin(y * w), 1), lambda: dropped(y, 2) * y + x)
    return while_loop(lambda i, y: i < 4, turn, [0, x])[1]


def sides_in_sides_in_turns(x, w):
    def turn(i, y):
        even = lambda: cond(i > 1, lambda: dropped(y * w, 1), lambda: dropped(tf.sin(y), 2))  # noqa: E731
        return i + 1, cond(tf.equal(i % 2, 0), even, lambda: y * dropped(y, 3) + x)
    return while_loop(lambda i, y: i < 4, turn, [0, x])[1]


def turns_in_sides_in_turns(x, w):
    def turn(i, y):
        inner = lambda: while_loop(lambda j, z: j < 2, lambda j, z: (j + 1, dropped(z * w, 4) + y), [0, y])[1]  # noqa: E731
        return i + 1, cond(tf.equal(i % 2, 0), inner, lambda: dropped(y, 2) * x)
    return while_loop(lambda i, y: i < 4, turn, [0, x])[1]


def turns_in_sides(x, n):
    return cond(n > 2, lambda: while_loop(lambda i, y: i < n, lambda i, y: (i + 1, dropped(y, 3) * x), [0, x])[1],
                lambda: dropped(x, 4))


def calls_in_turns(x, w):
    @tf.function(autograph=False)
    def layer(a):
        return dropped(tf.tanh(a * w), 3), a * a
    def turn(i, y):
        first, second = layer(y)
        return i + 1, first + 0.1 * second
    return while_loop(lambda i, y: i < 3, turn, [0, x])[1]


def turns_in_calls(x, w):
    @tf.function(autograph=False)
    def network(a):
        return turns(a, w) * dropped(a, 5)
    return network(x)


def arrays(x, w):
    """A recurrent network with dropout, over rows read from one tensor array and written into another."""
    rows = tf.TensorArray(tf.float64, 3, clear_after_read=False).unstack(x)
    out = tf.TensorArray(tf.float64, 3)

    def turn(i, h, out):
        h = dropped(tf.tanh(tf.matmul(rows.read(i), w) + h), 6)
        return i + 1, h, out.write(i, h * h)
    _, h, out = while_loop(lambda i, h, out: i < 3, turn, [0, tf.zeros([2, 2], tf.float64), out])
    return [h, out.stack()]


def held(value):
    variable = raw.VarHandleOp(dtype=tf.float64, shape=[], shared_name="held")
    return variable, raw.AssignVariableOp(resource=variable, value=tf.constant(value, tf.float64))


def read_before_write(x):
    """The function reads a variable, which is written after it; the gradient is that of what it read."""
    variable, first = held(3.0)

    @tf.function(autograph=False)
    def scaled(a):
        return a * a * raw.ReadVariableOp(resource=variable, dtype=tf.float64)
    with tf.control_dependencies([first]):
        y = scaled(x)
    with tf.control_dependencies([y]):
        later = raw.AssignVariableOp(resource=variable, value=tf.constant(100.0, tf.float64))
    with tf.control_dependencies([later]):
        return tf.identity(y)


def writes(x):
    """The function adds to a variable and gives what it then holds."""
    variable, first = held(3.0)

    @tf.function(autograph=False)
    def counted(a):
        add = raw.AssignAddVariableOp(resource=variable, value=tf.constant(1.0, tf.float64))
        with tf.control_dependencies([add]):
            now = raw.ReadVariableOp(resource=variable, dtype=tf.float64)
        return a * a * now, now
    with tf.control_dependencies([first]):
        y, now = counted(x)
    with tf.control_dependencies([y]):
        last = raw.ReadVariableOp(resource=variable, dtype=tf.float64)
    return y, now, last


def writes_in_turns(x):
    variable, first = held(1.0)

    def turn(i, y):
        # After the turn before.
        with tf.control_dependencies([y]):
            one = tf.constant(1.0, tf.float64)
        add = raw.AssignAddVariableOp(resource=variable, value=one)
        with tf.control_dependencies([add]):
            return i + 1, y * raw.ReadVariableOp(resource=variable, dtype=tf.float64) * x
    with tf.control_dependencies([first]):
        y = while_loop(lambda i, y: i < 3, turn, [0, x])[1]
    with tf.control_dependencies([y]):
        last = raw.ReadVariableOp(resource=variable, dtype=tf.float64)
    return y, last


def record(family):
    rand = np.random.RandomState(11)
    row, one, square = rand.uniform(0.5, 1.5, [4]), rand.uniform(0.5, 1.5, []), rand.uniform(-1.0, 1.0, [2, 2])

    def case(name, feeds, build, version, wrt=None, **how):
        switch = {1: v1.disable_control_flow_v2, 2: v1.enable_control_flow_v2}[version]
        switch()
        wrt = wrt or [key for key, value in feeds.items() if np.asarray(value).dtype.kind == "f"]
        family.case(f"v{version}_{name}", dict(feeds), build, wrt, alone=True, runs=2, **how)
        v1.disable_control_flow_v2()

    for version in 1, 2:
        for number in 0, 3:
            case(f"one_side{number}", {"x": row, "n": np.int32(number)}, one_side, version)
            case(f"both_sides{number}", {"x": row, "n": np.int32(number)}, both_sides, version)
            case(f"turns_in_sides{number}", {"x": row, "n": np.int32(number)}, turns_in_sides, version)
        for number in 1, 4, 6, 8:
            case(f"sides_within{number}", {"x": row, "n": np.int32(number)}, sides_within, version)
        both = {"x": row, "w": one}
        for build in called, called_within, turns, turns_within, calls_in_turns, turns_in_calls:
            case(build.__name__, both, build, version)
        # Of functions, TensorFlow draws now these and now others.
        for build in (sides_in_turns, sides_in_sides_in_turns, turns_in_sides_in_turns) if version == 1 else ():
            case(build.__name__, both, build, 1)
        case("three_deep", both, three_deep, version)
        case("arrays", {"x": rand.uniform(-1.0, 1.0, [3, 2, 2]), "w": square}, arrays, version)
        for build in read_before_write, writes:
            case(build.__name__, {"x": row}, build, version)
    for number in 0, 1, 2, 7:
        case(f"chosen{number}", {"x": row, "n": np.int32(number)}, chosen, 2)
    case("writes_in_turns", {"x": row}, writes_in_turns, 2)
