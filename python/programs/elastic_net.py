"""Regression with an elastic net, with lasso as a heaviside step, and by the distance to the line (Deming)."""

import numpy as np
import tensorflow as tf

np.random.seed(13)
x_vals = np.random.normal(size=[60, 3]) + [1, 0, 2]
y_vals = x_vals @ [0.8, 0.0, -1.2] + 0.7 + 0.1 * np.random.normal(size=60)

x_data = tf.placeholder(shape=[None, 3], dtype=tf.float32)
y_target = tf.placeholder(shape=[None, 1], dtype=tf.float32)


def model(name):
    with tf.variable_scope(name):
        A = tf.get_variable("A", initializer=tf.constant([[0.3], [-0.2], [0.1]]))
        b = tf.get_variable("b", initializer=tf.constant([[0.1]]))
    return A, b, tf.add(tf.matmul(x_data, A), b)


# Elastic net: both norms
A, b, output = model("elastic")
elastic_param1, elastic_param2 = tf.constant(0.1), tf.constant(0.05)
l1_a_loss = tf.reduce_mean(tf.abs(A))
l2_a_loss = tf.reduce_mean(tf.square(A))
e1_term = tf.multiply(elastic_param1, l1_a_loss)
e2_term = tf.multiply(elastic_param2, l2_a_loss)
elastic = tf.expand_dims(tf.add(tf.add(tf.reduce_mean(tf.square(y_target - output)), e1_term), e2_term), 0)

# Lasso by a continuous heaviside: 0 below the cut, large above
L, c, lasso_output = model("lasso")
lasso_param = tf.constant(0.9)
heavyside_step = tf.truediv(1., tf.add(1., tf.exp(tf.multiply(-20., tf.subtract(L, lasso_param)))))
lasso = tf.add(tf.reduce_mean(tf.square(y_target - lasso_output)), tf.reduce_mean(tf.multiply(heavyside_step, 99.)))

# Deming: the distance to the line, not along y
D, d, deming_output = model("deming")
numerator = tf.abs(tf.subtract(y_target, deming_output))
denominator = tf.sqrt(tf.add(tf.reduce_sum(tf.square(D)), 1.))
deming = tf.reduce_mean(tf.truediv(numerator, denominator))

optimizer = tf.train.GradientDescentOptimizer(0.05)
steps = [optimizer.minimize(loss) for loss in (elastic, lasso, deming)]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(80):
        rand_index = np.random.choice(len(x_vals), size=20)
        feed = {x_data: x_vals[rand_index], y_target: np.transpose([y_vals[rand_index]])}
        sess.run(steps, feed_dict=feed)
        if (i + 1) % 40 == 0:
            print('Step #' + str(i + 1) + ' A = ' + str(sess.run(A).ravel()) + ' b = ' + str(sess.run(b)))
    everything = {x_data: x_vals, y_target: y_vals[:, None]}
    print("RESULT elastic", *sess.run(A).ravel(), *sess.run(elastic, everything))
    print("RESULT lasso", *sess.run(L).ravel(), sess.run(lasso, everything))
    print("RESULT deming", *sess.run(D).ravel(), sess.run(deming, everything))
