"""Two clouds of points, told apart by a line that is found with cross-entropy."""

import numpy as np
import tensorflow as tf

np.random.seed(3)
x_data = np.vstack([np.random.normal([3, 2], 1.0, [60, 2]), np.random.normal([0, -1], 1.0, [60, 2])]).astype(np.float32)
y_data = np.hstack([np.ones(60), np.zeros(60)]).reshape(-1, 1)

X = tf.placeholder(tf.float32, shape=[None, 2], name="X")
Y = tf.placeholder(tf.float32, shape=[None, 1], name="Y")
W = tf.Variable(tf.random_normal([2, 1], seed=7), name="weight")
b = tf.Variable(tf.random_normal([1], seed=8), name="bias")

# Hypothesis using sigmoid: tf.div(1., 1. + tf.exp(tf.matmul(X, W)))
hypothesis = tf.sigmoid(tf.matmul(X, W) + b)
cost = -tf.reduce_mean(Y * tf.log(hypothesis) + (1 - Y) * tf.log(1 - hypothesis))
train = tf.train.GradientDescentOptimizer(learning_rate=0.1).minimize(cost)

# Accuracy computation: True if hypothesis > 0.5 else False
predicted = tf.cast(hypothesis > 0.5, dtype=tf.float32)
accuracy = tf.reduce_mean(tf.cast(tf.equal(predicted, Y), dtype=tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(W)
    for step in range(301):
        cost_val, _ = sess.run([cost, train], feed_dict={X: x_data, Y: y_data})
        if step % 100 == 0:
            print(step, cost_val)
    h, c, a = sess.run([hypothesis, predicted, accuracy], feed_dict={X: x_data, Y: y_data})
    print("\nHypothesis: ", h[:3].ravel(), "\nCorrect (Y): ", c[:3].ravel(), "\nAccuracy: ", a)
    print("RESULT start", *first.ravel())
    print("RESULT cost", cost_val)
    print("RESULT accuracy", a)
    print("RESULT weight", *sess.run(W).ravel())
