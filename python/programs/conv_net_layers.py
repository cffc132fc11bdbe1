"""A convolutional network of tf.layers, with regularizers and two collections of losses."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(5)
train_x = rng.rand(40, 10, 10, 2).astype(np.float32)
train_y = (train_x[:, :5].mean((1, 2, 3)) > train_x[:, 5:].mean((1, 2, 3))).astype(np.int32)

tf_x = tf.placeholder(tf.float32, [None, 200])
image = tf.reshape(tf_x, [-1, 10, 10, 2])
tf_y = tf.placeholder(tf.int32, [None])


def uniform(seed):
    return tf.random_uniform_initializer(-0.2, 0.2, seed=seed)


# CNN
conv1 = tf.layers.conv2d(inputs=image, filters=6, kernel_size=3, strides=1, padding='same', activation=tf.nn.relu,
                         kernel_initializer=uniform(1), kernel_regularizer=tf.nn.l2_loss, name='conv1')
pool1 = tf.layers.max_pooling2d(conv1, pool_size=2, strides=2)
conv2 = tf.layers.separable_conv2d(pool1, 8, (3, 3), depth_multiplier=2, padding='valid', activation=tf.nn.relu6,
                                   depthwise_initializer=uniform(2), pointwise_initializer=uniform(3))
pool2 = tf.layers.average_pooling2d(conv2, 2, 1)
flat = tf.layers.flatten(pool2)
fc = tf.layers.dense(flat, 12, tf.nn.leaky_relu, kernel_initializer=uniform(4),
                     bias_initializer=tf.constant_initializer(0.1))
output = tf.layers.dense(fc, 2, kernel_initializer=uniform(5))

tf.losses.sparse_softmax_cross_entropy(labels=tf_y, logits=output)
regularization = 1e-3 * tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
loss = tf.losses.get_total_loss(add_regularization_losses=False) + regularization
train_op = tf.train.AdamOptimizer(0.01).minimize(loss)
accuracy = tf.metrics.accuracy(labels=tf_y, predictions=tf.argmax(output, axis=1))[1]

sess = tf.Session()
sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
feed = {tf_x: train_x.reshape(40, -1), tf_y: train_y}
for step in range(40):
    _, loss_ = sess.run([train_op, loss], feed)
    if step % 10 == 0:
        print('Step:', step, '| train loss: %.4f' % loss_, '| accuracy: %.2f' % sess.run(accuracy, feed))

print("RESULT loss", loss_)
print("RESULT regularization", sess.run(regularization))
print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
print("RESULT shapes", [t.get_shape().as_list() for t in (conv1, pool1, conv2, pool2, flat)])
print("RESULT output", *sess.run(output, feed)[0])
