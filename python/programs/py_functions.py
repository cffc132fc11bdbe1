"""Python within the graph: tf.py_func with state, with strings, with a gradient of its own, with an exception."""

import numpy as np
import tensorflow as tf

calls = []


def roll(values, times):
    calls.append(int(times))
    return np.roll(values, times, axis=0), np.float64(values.sum())


def shout(words):
    return np.array([word.upper() + b"!" for word in words], dtype=object)


def py_func(func, inp, Tout, stateful=True, name=None, grad=None):
    # Need to generate a unique name to avoid duplicates
    rnd_name = 'PyFuncGrad%d' % np.random.RandomState(len(calls)).randint(0, 1e6)
    tf.RegisterGradient(rnd_name)(grad)
    with tf.get_default_graph().gradient_override_map({"PyFunc": rnd_name}):
        return tf.py_func(func, inp, Tout, stateful=stateful, name=name)


def spiky(x):
    r = x % 1
    return np.where(r <= 0.5, r, 0).astype(np.float32)


def spiky_grad(op, grad):
    x = op.inputs[0]
    r = tf.mod(x, 1)
    n_gr = tf.to_float(tf.less_equal(r, 0.5))
    return grad * n_gr


x = tf.placeholder(tf.float32, [None])
rolled, total = tf.py_func(roll, [x, 2], [tf.float32, tf.float64])
rolled.set_shape([None])
words = tf.py_func(shout, [tf.constant(["yes", "no"])], tf.string, name="shout")
activation = py_func(spiky, [x], tf.float32, name="spiky", grad=spiky_grad)
slope = tf.gradients(activation, x)[0]
both = tf.reduce_sum(rolled * activation)


def refuse(value):
    raise ValueError("%.1f is not for me" % value)


refused = tf.py_func(refuse, [total], tf.float32)

with tf.Session() as sess:
    feed = {x: [0.2, 0.7, 1.3, 2.9]}
    print("RESULT rolled", *sess.run(rolled, feed), sess.run(total, feed))
    print("RESULT words", b" ".join(sess.run(words)).decode())
    print("RESULT spiky", *sess.run(activation, feed), *sess.run(slope, feed))
    print("RESULT both", sess.run(both, feed))
    print("RESULT shape", rolled.shape, activation.op.type, activation.op.name)
    try:
        sess.run(refused, feed)
    except tf.errors.InvalidArgumentError as error:
        print("RESULT refused", "5.1 is not for me" in str(error))
    print("RESULT calls", set(calls))
