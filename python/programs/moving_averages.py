"""Exponential moving averages: of a signal with scan, of variables with shadows, of a loss in the training step."""

import numpy as np
import tensorflow as tf

raw_data = np.random.RandomState(0).normal(10, 1, 60)

# As a formula, step by step
alpha = tf.constant(0.05)
curr_value = tf.placeholder(tf.float32)
prev_avg = tf.Variable(0.)
update_avg = alpha * curr_value + (1 - alpha) * prev_avg
# As one scan
scanned = tf.scan(lambda avg, value: 0.05 * value + 0.95 * avg, tf.constant(raw_data, tf.float32),
                  initializer=tf.constant(0.))

# Shadows of variables, and of a tensor
w = tf.Variable(tf.constant([1.0, 2.0]), name="w")
step = tf.Variable(0, trainable=False, name="step")
x = tf.placeholder(tf.float32, [None, 2])
loss = tf.reduce_mean(tf.square(tf.matmul(x, tf.expand_dims(w, 1)) - 1.0))
train = tf.train.GradientDescentOptimizer(0.05).minimize(loss, global_step=step)
ema = tf.train.ExponentialMovingAverage(decay=0.9, num_updates=step)
loss_averages = tf.train.ExponentialMovingAverage(0.8, name="loss_avg")
with tf.control_dependencies([train]):
    training_op = tf.group(ema.apply([w]), loss_averages.apply([loss]))
restored = ema.variables_to_restore()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for value in raw_data:
        avg = sess.run(update_avg, feed_dict={curr_value: value})
        sess.run(tf.assign(prev_avg, avg))
    print("average", avg)
    print("RESULT average", avg, sess.run(scanned)[-1])
    batches = np.random.RandomState(1).randn(20, 8, 2)
    for batch in batches:
        sess.run(training_op, {x: batch})
    print("RESULT w", *sess.run(w))
    print("RESULT shadow", *sess.run(ema.average(w)))
    print("RESULT loss", sess.run(loss_averages.average(loss)))
    print("RESULT names", ema.average(w).name, ema.average_name(w), loss_averages.average(loss).name)
    print("RESULT restore", ",".join(sorted(restored)))
