"""XOR, which takes a hidden layer."""

import numpy as np
import tensorflow as tf

x_data = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
y_data = np.array([[0], [1], [1], [0]], dtype=np.float32)

X = tf.placeholder(tf.float32, [None, 2])
Y = tf.placeholder(tf.float32, [None, 1])

W1 = tf.Variable(tf.random_normal([2, 4], seed=5), name='weight1')
b1 = tf.Variable(tf.random_normal([4], seed=6), name='bias1')
layer1 = tf.sigmoid(tf.matmul(X, W1) + b1)

W2 = tf.Variable(tf.random_normal([4, 1], seed=7), name='weight2')
b2 = tf.Variable(tf.random_normal([1], seed=8), name='bias2')
logits = tf.matmul(layer1, W2) + b2
hypothesis = tf.sigmoid(logits)

cost = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=Y, logits=logits))
train = tf.train.AdamOptimizer(0.05).minimize(cost)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.round(hypothesis), Y), dtype=tf.float32))

sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
for step in range(401):
    train.run(feed_dict={X: x_data, Y: y_data})
    if step % 100 == 0:
        print(step, cost.eval({X: x_data, Y: y_data}))

h = hypothesis.eval({X: x_data})
print("Hypothesis:", h.ravel())
print("RESULT cost", cost.eval({X: x_data, Y: y_data}))
print("RESULT hypothesis", *h.ravel())
print("RESULT accuracy", accuracy.eval({X: x_data, Y: y_data}))
sess.close()
