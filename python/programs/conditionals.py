"""cond, case, where and switches: only the taken branch runs, gradients flow through it, training and test differ."""

import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [])
visits = tf.Variable([0, 0], trainable=False)


def visit(place, value):
    with tf.control_dependencies([tf.scatter_add(visits, [place], [1])]):
        return tf.identity(value)


absolute = tf.cond(x < 0, true_fn=lambda: visit(0, -x), false_fn=lambda: visit(1, x))
slope = tf.gradients(tf.cond(tf.greater(x, 1.0), lambda: x ** 3, lambda: 2.0 * x), x)[0]
pair = tf.cond(x > 0, lambda: (x, tf.constant(1)), lambda: (x * 10, tf.constant(-1)))

grade = tf.case([(x >= 90, lambda: tf.constant("A")), (x >= 80, lambda: tf.constant("B")),
                 (x >= 70, lambda: tf.constant("C"))],
                default=lambda: tf.constant("F"), exclusive=False)
by_pairs = tf.case({tf.less(x, 0): lambda: tf.constant(-1.0), tf.greater_equal(x, 0): lambda: tf.sqrt(x)},
                   exclusive=True)

# Nested, with a variable in a branch
w = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0))
nested = tf.cond(x > 0, lambda: tf.cond(x > 10, lambda: w * x, lambda: w + x), lambda: tf.constant(0.0))
w_slope = tf.gradients(nested, w)[0]

# Element by element
values = tf.constant([[1.0, -2.0], [-3.0, 4.0]])
leaky = tf.where(values > 0, values, 0.1 * values)
rows = tf.where([True, False], values, tf.zeros_like(values))
places = tf.where(values < 0)
masked = tf.boolean_mask(values, values > 0)

# What differs between training and test
is_training = tf.placeholder_with_default(False, [])
noisy = tf.cond(is_training, lambda: values + tf.random_normal([2, 2], seed=1), lambda: values)
checked = tf.Assert(x < 1000, [x, "is too large"])
with tf.control_dependencies([checked]):
    safe = tf.identity(x)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for value in (-4.0, 2.5, -1.0):
        print("abs(%s) = %s" % (value, sess.run(absolute, {x: value})))
    print("RESULT visits", *sess.run(visits))
    print("RESULT slopes", *[sess.run(slope, {x: value}) for value in (2.0, 0.5)])
    print("RESULT pair", *sess.run(pair, {x: 3.0}), *sess.run(pair, {x: -3.0}))
    print("RESULT grades", *[sess.run(grade, {x: score}).decode() for score in (95., 85., 71., 12.)])
    print("RESULT case", *[sess.run(by_pairs, {x: value}) for value in (-2.0, 16.0)])
    print("RESULT nested", *[v for value in (20.0, 5.0, -1.0) for v in sess.run([nested, w_slope], {x: value})])
    print("RESULT where", *sess.run(leaky).ravel(), *sess.run(rows).ravel(), *sess.run(places).ravel(),
          *sess.run(masked))
    print("RESULT noisy", sess.run(noisy).sum(), *sess.run(noisy, {is_training: True}).ravel())
    try:
        sess.run(safe, {x: 2000.0})
    except tf.errors.InvalidArgumentError as error:
        print("RESULT refused", "is too large" in str(error), sess.run(safe, {x: 20.0}))
