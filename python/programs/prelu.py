"""PReLU: the slope of the negative part is a variable for each channel, and is learned."""

import numpy as np
import tensorflow as tf


def prelu(_x, name):
    with tf.variable_scope(name):
        alphas = tf.get_variable('alpha', _x.get_shape()[-1], initializer=tf.constant_initializer(0.25),
                                 dtype=tf.float32)
    pos = tf.nn.relu(_x)
    neg = alphas * (_x - abs(_x)) * 0.5
    return pos + neg


rng = np.random.RandomState(2)
x_train = rng.randn(128, 4).astype(np.float32)
y_train = (np.abs(x_train).sum(1, keepdims=True) - 0.5 * x_train[:, :1]).astype(np.float32)

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
net = x
for number, units in enumerate([8, 8]):
    init = tf.truncated_normal_initializer(stddev=np.sqrt(2. / int(net.shape[1])), seed=number)
    net = tf.layers.dense(net, units, kernel_initializer=init, name='dense%d' % number)
    net = prelu(net, 'prelu%d' % number)
out = tf.layers.dense(net, 1, kernel_initializer=tf.truncated_normal_initializer(stddev=0.3, seed=9))

loss = tf.reduce_mean(tf.squared_difference(out, y))
# No weight decay on alpha; momentum as in the paper.
decay = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables() if 'kernel' in v.name])
train_op = tf.train.MomentumOptimizer(0.02, momentum=0.9).minimize(loss + 1e-4 * decay)
alphas = [v for v in tf.trainable_variables() if 'alpha' in v.name]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    gradient = sess.run(tf.gradients(loss, alphas)[1], {x: x_train, y: y_train})
    for step in range(100):
        _, value = sess.run([train_op, loss], {x: x_train, y: y_train})
        if step % 25 == 0:
            print('step %d, loss %.5f' % (step, value))
    learned = sess.run(alphas)
    print(learned)
    print("RESULT loss", value)
    print("RESULT first_gradient", *gradient)
    print("RESULT alpha0", *learned[0])
    print("RESULT alpha1", *learned[1])
    print("RESULT names", ",".join(a.name for a in alphas))
