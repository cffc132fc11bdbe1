"""A linear support vector machine by hinge loss, then a kernel machine by its dual."""

import numpy as np
import tensorflow as tf

np.random.seed(13)
points = np.random.normal(size=[80, 2])
inside = np.sum(points ** 2, 1) < 1.2
targets = np.where(inside, 1., -1.).reshape(-1, 1)
shifted = np.hstack([points + 2.5 * targets, np.ones([80, 1])])

x_data = tf.placeholder(shape=[None, 3], dtype=tf.float32)
y_target = tf.placeholder(shape=[None, 1], dtype=tf.float32)
A = tf.Variable(tf.constant([[0.1], [-0.1], [0.0]]))
model_output = tf.matmul(x_data, A)
l2_norm = tf.reduce_sum(tf.square(A))
alpha = tf.constant([0.01])
classification_term = tf.reduce_mean(tf.maximum(0., tf.subtract(1., tf.multiply(model_output, y_target))))
loss = tf.add(classification_term, tf.multiply(alpha, l2_norm))
train_step = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

# Gaussian kernel, and the dual problem
k_data = tf.placeholder(shape=[None, 2], dtype=tf.float32)
b = tf.Variable(tf.ones([1, 80]) * 0.1)
gamma = tf.constant(-1.0)
dist = tf.reshape(tf.reduce_sum(tf.square(k_data), 1), [-1, 1])
sq_dists = tf.add(tf.subtract(dist, tf.multiply(2., tf.matmul(k_data, tf.transpose(k_data)))), tf.transpose(dist))
my_kernel = tf.exp(tf.multiply(gamma, tf.abs(sq_dists)))
first_term = tf.reduce_sum(b)
b_vec_cross = tf.matmul(tf.transpose(b), b)
y_target_cross = tf.matmul(y_target, tf.transpose(y_target))
second_term = tf.reduce_sum(tf.multiply(my_kernel, tf.multiply(b_vec_cross, y_target_cross)))
dual_loss = tf.negative(tf.subtract(first_term, second_term))
dual_step = tf.train.GradientDescentOptimizer(0.01).minimize(dual_loss)
prediction = tf.sign(tf.matmul(tf.multiply(tf.transpose(y_target), b), my_kernel))
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.squeeze(prediction), tf.squeeze(y_target)), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    linear, dual = {x_data: shifted, y_target: targets}, {k_data: points, y_target: targets}
    for i in range(100):
        sess.run(train_step, feed_dict=linear)
        sess.run(dual_step, feed_dict=dual)
    print('Linear loss = ' + str(sess.run(loss, feed_dict=linear)))
    print('Kernel accuracy: ' + str(sess.run(accuracy, feed_dict=dual)))
    print("RESULT loss", *sess.run(loss, feed_dict=linear))
    print("RESULT A", *sess.run(A).ravel())
    print("RESULT dual_loss", sess.run(dual_loss, feed_dict=dual))
    print("RESULT accuracy", sess.run(accuracy, feed_dict=dual))
