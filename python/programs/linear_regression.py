"""A straight line through twenty points, one point at a time."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)

# Parameters
learning_rate = 0.01
training_epochs = 50
display_step = 10

# Training data
train_X = np.linspace(0, 5, 20)
train_Y = 0.7 * train_X + 1.5 + rng.normal(0, 0.2, 20)

# Graph input
X = tf.placeholder("float")
Y = tf.placeholder("float")

# Model
W = tf.Variable(0.3, name="weight")
b = tf.Variable(-0.2, name="bias")
pred = tf.add(tf.multiply(X, W), b)

# Mean squared error, and gradient descent
cost = tf.reduce_sum(tf.pow(pred - Y, 2)) / (2 * train_X.shape[0])
optimizer = tf.train.GradientDescentOptimizer(learning_rate).minimize(cost)
init = tf.global_variables_initializer()

with tf.Session() as sess:
    sess.run(init)
    for epoch in range(training_epochs):
        for (x, y) in zip(train_X, train_Y):
            sess.run(optimizer, feed_dict={X: x, Y: y})
        if (epoch + 1) % display_step == 0:
            c = sess.run(cost, feed_dict={X: train_X, Y: train_Y})
            print("Epoch:", "%04d" % (epoch + 1), "cost=", "{:.9f}".format(c),
                  "W=", sess.run(W), "b=", sess.run(b))

    print("Optimization Finished!")
    training_cost = sess.run(cost, feed_dict={X: train_X, Y: train_Y})
    print("RESULT cost", training_cost)
    print("RESULT weight", sess.run(W))
    print("RESULT bias", sess.run(b))
