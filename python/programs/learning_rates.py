"""Learning rates that decay: every schedule, and a descent that uses one through its global step."""

import tensorflow as tf

step = tf.placeholder(tf.int32, [])
rates = {
    "exponential": tf.train.exponential_decay(0.1, step, decay_steps=10, decay_rate=0.5),
    "staircase": tf.train.exponential_decay(0.1, step, 10, 0.5, staircase=True),
    "piecewise": tf.train.piecewise_constant(step, boundaries=[10, 20], values=[1.0, 0.5, 0.1]),
    "polynomial": tf.train.polynomial_decay(0.1, step, 30, end_learning_rate=0.01, power=2.0),
    "cycle": tf.train.polynomial_decay(0.1, step, 8, 0.01, cycle=True),
    "natural": tf.train.natural_exp_decay(0.1, step, 10, 0.5),
    "inverse_time": tf.train.inverse_time_decay(0.1, step, 10, 0.5),
    "cosine": tf.train.cosine_decay(0.1, step, 30, alpha=0.1),
    "restarts": tf.train.cosine_decay_restarts(0.1, step, 8),
    "linear_cosine": tf.train.linear_cosine_decay(0.1, step, 30),
}

# A parabola's minimum, by a rate that halves every fifth step
global_step = tf.Variable(0, trainable=False, name="global_step")
learning_rate = tf.train.exponential_decay(0.4, global_step, 5, 0.5, staircase=True)
w = tf.Variable([5.0, -3.0], name="w")
cost = tf.reduce_sum(tf.square(w - [1.0, 2.0]))
learning_step = tf.train.GradientDescentOptimizer(learning_rate).minimize(cost, global_step=global_step)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for name, rate in rates.items():
        values = [sess.run(rate, {step: at}) for at in (0, 5, 10, 15, 25, 40)]
        print("%-14s" % name, values)
        print("RESULT", name, *values)
    for _ in range(12):
        _, rate, at = sess.run([learning_step, learning_rate, global_step])
    print("after", at, "steps the rate is", sess.run(learning_rate))
    print("RESULT w", *sess.run(w))
    print("RESULT rate", sess.run(learning_rate), sess.run(global_step), tf.train.global_step(sess, global_step))
