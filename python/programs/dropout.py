"""An overfitting net and one with dropout: keep_prob fed, the layer's rate, noise shapes."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)
x = np.linspace(-1, 1, 20)[:, np.newaxis]
y = x + 0.3 * rng.randn(20, 1)
test_y = x + 0.3 * rng.randn(20, 1)

tf_x = tf.placeholder(tf.float32, [None, 1])
tf_y = tf.placeholder(tf.float32, [None, 1])
tf_is_training = tf.placeholder(tf.bool, None)
keep_prob = tf.placeholder(tf.float32)


def net(drop):
    h = tf_x
    for i in range(2):
        h = tf.layers.dense(h, 40, tf.nn.relu, kernel_initializer=tf.random_normal_initializer(0, 0.3, seed=i))
        h = drop(h, i)
    out = tf.layers.dense(h, 1, kernel_initializer=tf.random_normal_initializer(0, 0.3, seed=7))
    loss = tf.losses.mean_squared_error(tf_y, out)
    return loss, tf.train.AdamOptimizer(0.01).minimize(loss)


o_loss, o_train = net(lambda h, i: h)
d_loss, d_train = net(lambda h, i: tf.layers.dropout(h, rate=0.5, training=tf_is_training, seed=20 + i))
k_loss, k_train = net(lambda h, i: tf.nn.dropout(h, keep_prob, seed=30 + i))

# What dropout does to ones
ones = tf.ones([6, 10])
dropped = tf.nn.dropout(ones, keep_prob=0.8, seed=4)
rows = tf.nn.dropout(ones, 0.5, noise_shape=[6, 1], seed=5)
by_rate = tf.nn.dropout(ones, rate=0.25, seed=6)

sess = tf.Session()
sess.run(tf.global_variables_initializer())
feed = {tf_x: x, tf_y: y, tf_is_training: True, keep_prob: 0.7}
for t in range(60):
    values = sess.run([o_loss, d_loss, k_loss, o_train, d_train, k_train], feed)[:3]
    if t == 0:
        print("RESULT first", *values)
    if t % 20 == 0:
        print("step", t, values)
test_feed = {tf_x: x, tf_y: test_y, tf_is_training: False, keep_prob: 1.0}
print("RESULT losses", *values)
print("RESULT test", *sess.run([o_loss, d_loss, k_loss], test_feed))
a, b, c = sess.run([dropped, rows, by_rate])
print("RESULT dropped", a.max(), a.sum(), *a[0])
print("RESULT rows", *b[:, 0], b.std(1).max())
print("RESULT by_rate", c.max(), *(c > 0).sum(1))
