"""Batch normalization: the layer and its update ops, and the same by hand with moments and moving averages."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(1)
x = (rng.randn(200, 3) * [1, 5, 0.1] + [0, 10, -3]).astype(np.float32)
y = np.tanh(x @ np.array([[1.], [.1], [3.]])).astype(np.float32)


class NN(object):
    def __init__(self, by_hand):
        self.tf_x = tf.placeholder(tf.float32, [None, 3])
        self.tf_y = tf.placeholder(tf.float32, [None, 1])
        self.is_train = tf.placeholder(tf.bool, [])
        self.by_hand, updates = by_hand, len(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        self.extra = []
        net = self.normalize(self.tf_x)
        for i in range(2):
            init = tf.random_normal_initializer(0., .3, seed=i)
            net = tf.nn.tanh(self.normalize(tf.layers.dense(net, 6, kernel_initializer=init)))
        self.out = tf.layers.dense(net, 1, kernel_initializer=tf.random_normal_initializer(0., .3, seed=5))
        self.loss = tf.losses.mean_squared_error(self.tf_y, self.out)
        update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)[updates:]
        with tf.control_dependencies(update_ops + self.extra):
            self.train = tf.train.GradientDescentOptimizer(0.2).minimize(self.loss)

    def normalize(self, net):
        if not self.by_hand:
            return tf.layers.batch_normalization(net, momentum=0.9, epsilon=1e-3, training=self.is_train)
        size = net.get_shape().as_list()[1]
        scale, shift = tf.Variable(tf.ones([size])), tf.Variable(tf.zeros([size]))
        fc_mean, fc_var = tf.nn.moments(net, axes=[0])
        mean, var = tf.Variable(tf.zeros([size]), trainable=False), tf.Variable(tf.ones([size]), trainable=False)
        self.extra += [tf.assign(mean, tf.cond(self.is_train, lambda: mean * 0.9 + fc_mean * 0.1, lambda: mean)),
                       tf.assign(var, tf.cond(self.is_train, lambda: var * 0.9 + fc_var * 0.1, lambda: var))]
        use_mean, use_var = tf.cond(self.is_train, lambda: (fc_mean, fc_var),
                                    lambda: (mean.read_value(), var.read_value()))
        return tf.nn.batch_normalization(net, use_mean, use_var, shift, scale, 1e-3)


with tf.variable_scope("layer"):
    layer = NN(by_hand=False)
with tf.variable_scope("hand"):
    hand = NN(by_hand=True)

sess = tf.Session()
sess.run(tf.global_variables_initializer())
for step in range(30):
    batch = slice(step * 40 % 200, step * 40 % 200 + 40)
    for net in (layer, hand):
        sess.run(net.train, {net.tf_x: x[batch], net.tf_y: y[batch], net.is_train: True})
losses = []
for name, net in (("layer", layer), ("hand", hand)):
    feed = {net.tf_x: x[:50], net.tf_y: y[:50]}
    losses.append([sess.run(net.loss, {**feed, net.is_train: flag}) for flag in (True, False)])
    print(name, "loss with the batch's moments and with the averages:", losses[-1])
    print("RESULT", name, *losses[-1])
print("RESULT difference", np.abs(np.subtract(*losses)).max())
moving = {v.name: v for v in tf.global_variables() if "moving" in v.name}
print("RESULT moving", *sess.run(moving["layer/batch_normalization/moving_mean:0"]),
      *sess.run(moving["layer/batch_normalization/moving_variance:0"]))
print("RESULT names",
      ",".join(v.name for v in tf.global_variables() if v.name.startswith("layer/batch_normalization_1/")))
