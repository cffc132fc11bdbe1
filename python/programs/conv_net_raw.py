"""A convolutional network of plain tf.nn ops on images with a horizontal or a vertical bar."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
images = 0.3 * rng.rand(64, 12, 12, 1).astype(np.float32)
labels = np.arange(64) % 2
for image, label in zip(images, labels):
    at = rng.randint(2, 10)
    image[at, :, 0 if label == 0 else slice(None)] += 1 if label == 0 else 0
    image[:, at] += label

# Store layers weight & bias
weights = {
    'wc1': tf.Variable(tf.random_normal([3, 3, 1, 8], stddev=0.2, seed=1)),
    'wc2': tf.Variable(tf.random_normal([3, 3, 8, 16], stddev=0.1, seed=2)),
    'wd1': tf.Variable(tf.random_normal([3 * 3 * 16, 32], stddev=0.1, seed=3)),
    'out': tf.Variable(tf.random_normal([32, 2], stddev=0.1, seed=4))
}
biases = {name: tf.Variable(tf.zeros([size])) for name, size in [('bc1', 8), ('bc2', 16), ('bd1', 32), ('out', 2)]}


def conv2d(x, W, b, strides=1):
    x = tf.nn.conv2d(x, W, strides=[1, strides, strides, 1], padding='SAME')
    x = tf.nn.bias_add(x, b)
    return tf.nn.relu(x)


def maxpool2d(x, k=2):
    return tf.nn.max_pool(x, ksize=[1, k, k, 1], strides=[1, k, k, 1], padding='SAME')


def conv_net(x, weights, biases):
    conv1 = maxpool2d(conv2d(x, weights['wc1'], biases['bc1']), k=2)
    conv2 = conv2d(conv1, weights['wc2'], biases['bc2'])
    conv2 = tf.nn.lrn(conv2, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)
    conv2 = tf.nn.avg_pool(conv2, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')
    fc1 = tf.reshape(conv2, [-1, weights['wd1'].get_shape().as_list()[0]])
    fc1 = tf.nn.relu(tf.add(tf.matmul(fc1, weights['wd1']), biases['bd1']))
    return tf.add(tf.matmul(fc1, weights['out']), biases['out'])


X = tf.placeholder(tf.float32, [None, 12, 12, 1])
Y = tf.placeholder(tf.int64, [None])
logits = conv_net(X, weights, biases)
loss_op = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=Y))
train_op = tf.train.AdamOptimizer(learning_rate=0.003).minimize(loss_op)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), Y), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    losses = []
    for step in range(1, 31):
        batch = slice(32 * (step % 2), 32 * (step % 2) + 32)
        _, loss = sess.run([train_op, loss_op], feed_dict={X: images[batch], Y: labels[batch]})
        losses.append(loss)
        if step % 10 == 0 or step == 1:
            print("Step " + str(step) + ", Minibatch Loss= " + "{:.4f}".format(loss))
    print("RESULT first_losses", *losses[:5])
    print("RESULT loss", loss)
    print("RESULT accuracy", sess.run(accuracy, feed_dict={X: images, Y: labels}))
    print("RESULT bias", *sess.run(biases['out']))
