"""Clipping gradients three ways, on a recurrent net that explodes without it; noise, and gradients of gradients."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
inputs = tf.constant(rng.randn(16, 12, 2).astype(np.float32))
wanted = tf.constant(rng.randn(16, 1).astype(np.float32))

state = tf.zeros([16, 4])
with tf.variable_scope("rnn", initializer=tf.random_normal_initializer(stddev=1.2, seed=1)):
    w_in, w_state = tf.get_variable("w_in", [2, 4]), tf.get_variable("w_state", [4, 4])
    w_out = tf.get_variable("w_out", [4, 1])
for step in range(12):
    state = tf.matmul(inputs[:, step], w_in) + tf.nn.relu(tf.matmul(state, w_state))
loss = tf.reduce_mean(tf.square(tf.matmul(state, w_out) - wanted))

tvars = tf.trainable_variables()
optimizer = tf.train.GradientDescentOptimizer(0.05)
grads = tf.gradients(loss, tvars)
clipped, global_norm = tf.clip_by_global_norm(grads, 1.0)
train_op = optimizer.apply_gradients(zip(clipped, tvars))

gvs = optimizer.compute_gradients(loss, tvars)
by_value = [tf.clip_by_value(g, -0.1, 0.1) for g, _ in gvs]
by_norm = [tf.clip_by_norm(g, 0.5) for g, _ in gvs]
by_average = tf.clip_by_average_norm(gvs[0][0], 0.2)
flat = tf.concat([tf.reshape(g, [-1]) for g in by_value], 0)

# A derivative's derivative
x = tf.placeholder(tf.float32, [])
y = tf.sin(x) * x ** 3
first = tf.gradients(y, x)[0]
second = tf.gradients(first, x)[0]
hessian = tf.hessians(tf.reduce_sum(tf.exp(w_out) * w_out), w_out)[0]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT norm", sess.run(global_norm))
    print("RESULT global", *[np.linalg.norm(g) for g in sess.run(clipped)])
    print("RESULT by_value", np.abs(sess.run(flat)).max(), len(sess.run(flat)))
    print("RESULT by_norm", *[np.linalg.norm(g) for g in sess.run(by_norm)])
    print("RESULT by_average", *sess.run(by_average)[0])
    print("RESULT derivatives", *sess.run([y, first, second], {x: 1.5}))
    print("RESULT hessian", *np.diag(sess.run(hessian)[:, 0, :, 0]))
    for i in range(30):
        value, _ = sess.run([loss, train_op])
        if i % 10 == 0:
            print(i, value)
    print("RESULT finite", bool(np.isfinite(sess.run(loss))))
