"""A multilayer perceptron built in name scopes, with the names of everything in the graph."""

import numpy as np
import tensorflow as tf

tf.reset_default_graph()
rng = np.random.RandomState(4)
xs = rng.uniform(-1, 1, [100, 3]).astype(np.float32)
ys = np.eye(2, dtype=np.float32)[(xs[:, 0] * xs[:, 1] > 0).astype(int)]


def layer(inputs, in_size, out_size, seed, activation=None):
    with tf.name_scope('layer'):
        with tf.name_scope('weights'):
            Weights = tf.Variable(tf.truncated_normal([in_size, out_size], stddev=0.5, seed=seed), name='W')
        with tf.name_scope('biases'):
            biases = tf.Variable(tf.zeros([1, out_size]) + 0.1, name='b')
        with tf.name_scope('Wx_plus_b'):
            Wx_plus_b = tf.add(tf.matmul(inputs, Weights), biases)
        return Wx_plus_b if activation is None else activation(Wx_plus_b)


with tf.name_scope('inputs'):
    x_in = tf.placeholder(tf.float32, [None, 3], name='x_in')
    y_in = tf.placeholder(tf.float32, [None, 2], name='y_in')

hidden = layer(x_in, 3, 16, 1, tf.nn.tanh)
hidden = layer(hidden, 16, 8, 2, tf.nn.elu)
logits = layer(hidden, 8, 2, 3)

with tf.name_scope('loss'):
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_in, logits=logits))
with tf.name_scope('train'):
    train_step = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(150):
        _, value = sess.run([train_step, loss], {x_in: xs, y_in: ys})
        if step % 50 == 0:
            print(step, value)

print("RESULT loss", value)
print("RESULT tensor_names", ",".join([x_in.name, hidden.name, logits.name, loss.name, train_step.name]))
print("RESULT trainable", ",".join(v.name for v in tf.trainable_variables()))
print("RESULT slots", ",".join(v.name for v in tf.global_variables() if "Momentum" in v.name))
print("RESULT repr", repr(tf.get_default_graph().get_tensor_by_name("inputs/x_in:0")))
