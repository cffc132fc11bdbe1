"""Softmax regression on small made-up digits, in mini-batches."""

import numpy as np
import tensorflow as tf


class DataSet(object):
    """Ten random prototypes of 8x8 pixels, and noisy copies of them."""

    def __init__(self, number, seed):
        rng = np.random.RandomState(seed)
        prototypes = np.random.RandomState(0).rand(10, 64)
        classes = rng.randint(0, 10, number)
        self.images = (prototypes[classes] + 0.4 * rng.randn(number, 64)).astype(np.float32)
        self.labels = np.eye(10, dtype=np.float32)[classes]
        self.num_examples = number
        self._at = 0

    def next_batch(self, size):
        if self._at + size > self.num_examples:
            self._at = 0
        start, self._at = self._at, self._at + size
        return self.images[start:self._at], self.labels[start:self._at]


train, test = DataSet(600, 1), DataSet(200, 2)

x = tf.placeholder(tf.float32, [None, 64])
y_ = tf.placeholder(tf.float32, [None, 10])
W = tf.Variable(tf.zeros([64, 10]))
b = tf.Variable(tf.zeros([10]))
y = tf.nn.softmax(tf.matmul(x, W) + b)

# Minimize error using cross entropy
cross_entropy = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
train_step = tf.train.GradientDescentOptimizer(0.1).minimize(cross_entropy)

correct_prediction = tf.equal(tf.argmax(y, 1), tf.arg_max(y_, 1))
accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    for epoch in range(15):
        avg_cost = 0.
        total_batch = int(train.num_examples / 50)
        for i in range(total_batch):
            batch_xs, batch_ys = train.next_batch(50)
            _, c = sess.run([train_step, cross_entropy], feed_dict={x: batch_xs, y_: batch_ys})
            avg_cost += c / total_batch
        print("Epoch:", '%04d' % (epoch + 1), "cost=", "{:.9f}".format(avg_cost))
    result = sess.run(accuracy, feed_dict={x: test.images, y_: test.labels})
    print("Accuracy:", result)
    print("RESULT cost", avg_cost)
    print("RESULT accuracy", result)
    print("RESULT bias", *sess.run(b))
