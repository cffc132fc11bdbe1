"""A denoising autoencoder of convolutions, with transposed ones on the way back, and tied weights."""

import math

import numpy as np
import tensorflow as tf


def autoencoder(input_shape, n_filters, filter_sizes):
    x = tf.placeholder(tf.float32, input_shape, name='x')
    noise = tf.placeholder_with_default(tf.zeros_like(x), input_shape)
    current_input = x + noise

    encoder, shapes = [], []
    for layer_i, n_output in enumerate(n_filters[1:]):
        n_input = current_input.get_shape().as_list()[3]
        shapes.append(tf.shape(current_input))
        size = filter_sizes[layer_i]
        W = tf.Variable(tf.random_uniform([size, size, n_input, n_output], -1.0 / math.sqrt(n_input * 9),
                                          1.0 / math.sqrt(n_input * 9), seed=10 + layer_i))
        b = tf.Variable(tf.zeros([n_output]))
        encoder.append(W)
        sums = tf.add(tf.nn.conv2d(current_input, W, strides=[1, 2, 2, 1], padding='SAME'), b)
        current_input = tf.nn.leaky_relu(sums)
    z = current_input
    encoder.reverse()
    shapes.reverse()
    for W, shape in zip(encoder, shapes):
        b = tf.Variable(tf.zeros([W.get_shape().as_list()[2]]))
        back = tf.nn.conv2d_transpose(current_input, W, tf.stack([tf.shape(x)[0], shape[1], shape[2], shape[3]]),
                                      strides=[1, 2, 2, 1], padding='SAME')
        current_input = tf.nn.leaky_relu(tf.add(back, b))
    cost = tf.reduce_sum(tf.square(current_input - x))
    return {'x': x, 'noise': noise, 'z': z, 'y': current_input, 'cost': cost}


rng = np.random.RandomState(0)
rows, columns = rng.rand(32, 11, 1, 1), rng.rand(32, 1, 11, 1)
images = (rows * columns - 0.25).astype(np.float32)
noises = 0.1 * rng.randn(*images.shape)

ae = autoencoder([None, 11, 11, 1], [1, 6, 4], [3, 3])
optimizer = tf.train.AdamOptimizer(0.01).minimize(ae['cost'])
sess = tf.Session()
sess.run(tf.global_variables_initializer())
print("RESULT first", sess.run(ae['cost'], feed_dict={ae['x']: images}))
for epoch_i in range(25):
    sess.run(optimizer, feed_dict={ae['x']: images, ae['noise']: noises})
    if epoch_i % 8 == 0:
        print(epoch_i, sess.run(ae['cost'], feed_dict={ae['x']: images}))
print("RESULT cost", sess.run(ae['cost'], feed_dict={ae['x']: images}))
z, y = sess.run([ae['z'], ae['y']], feed_dict={ae['x']: images})
print("RESULT z", *z[0, 0, 0])
print("RESULT shapes", z.shape, y.shape)
