"""The layers of tf.contrib: arg_scope, regularizers, conv2d and fully_connected by contrib's names."""

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim
from tensorflow.contrib import layers

rng = np.random.RandomState(3)
images = rng.rand(24, 8, 8, 1).astype(np.float32)
labels = (images[:, :4].sum((1, 2, 3)) > images[:, 4:].sum((1, 2, 3))).astype(np.int32)


def init(seed):
    return tf.truncated_normal_initializer(stddev=0.2, seed=seed)


def network(images):
    with slim.arg_scope([slim.conv2d, slim.fully_connected], activation_fn=tf.nn.elu,
                        weights_regularizer=slim.l2_regularizer(0.01)):
        with slim.arg_scope([slim.conv2d], padding='SAME', stride=1):
            net = slim.conv2d(images, 4, [3, 3], weights_initializer=init(1), scope='conv1')
            net = slim.max_pool2d(net, [2, 2], scope='pool1')
            net = slim.conv2d(net, 6, [3, 3], padding='VALID', weights_initializer=init(2), scope='conv2')
        net = slim.flatten(net)
        net = slim.fully_connected(net, 10, weights_initializer=init(3), scope='fc3')
        return slim.fully_connected(net, 2, activation_fn=None, weights_initializer=init(4), scope='fc4')


x = tf.placeholder(tf.float32, [None, 8, 8, 1])
logits = network(x)
cross_entropy = tf.losses.sparse_softmax_cross_entropy(labels, logits)
regularization = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
total = tf.losses.get_total_loss()
train = tf.train.MomentumOptimizer(0.02, 0.9).minimize(total)

# The same layer by its other name, and a default initializer's range
hidden = layers.fully_connected(tf.ones([1, 6]), 50, activation_fn=tf.nn.relu)
weights = tf.get_variable("xavier", [30, 20], initializer=layers.xavier_initializer(seed=5))
limit = np.sqrt(6. / 50)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT first", *sess.run([cross_entropy, regularization], {x: images}))
    for step in range(40):
        value, _ = sess.run([total, train], {x: images})
        if step % 10 == 0:
            print('step', step, 'loss', value)
    print("RESULT total", value)
    print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
    drawn = sess.run(weights)
    print("RESULT xavier", *drawn[0, :3], bool(0.9 * limit < np.abs(drawn).max() <= limit))
    print("RESULT relu", bool((sess.run(hidden) >= 0).all()), hidden.name)
