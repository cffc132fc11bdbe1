"""Rows of an image, one after the other, into an LSTM that is unrolled in the graph."""

import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

# Training parameters
learning_rate = 0.05
training_steps = 40
timesteps, num_input, num_hidden, num_classes = 6, 4, 10, 2

rng = np.random.RandomState(8)
data_x = rng.uniform(-1, 1, [64, timesteps, num_input]).astype(np.float32)
data_y = np.eye(2, dtype=np.float32)[(data_x[:, :, 0].sum(1) > 0).astype(int)]

X = tf.placeholder("float", [None, timesteps, num_input])
Y = tf.placeholder("float", [None, num_classes])
weights = {'out': tf.Variable(tf.random_normal([num_hidden, num_classes], seed=1))}
biases = {'out': tf.Variable(tf.random_normal([num_classes], seed=2))}


def RNN(x, weights, biases):
    # A list of 'timesteps' tensors of shape (batch_size, num_input)
    x = tf.unstack(x, timesteps, 1)
    lstm_cell = rnn.BasicLSTMCell(num_hidden, forget_bias=1.0)
    with tf.variable_scope("rnn", initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=3)):
        outputs, states = rnn.static_rnn(lstm_cell, x, dtype=tf.float32)
    return tf.matmul(outputs[-1], weights['out']) + biases['out'], states


logits, states = RNN(X, weights, biases)
prediction = tf.nn.softmax(logits)
loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=Y))
optimizer = tf.train.GradientDescentOptimizer(learning_rate=learning_rate)
train_op = optimizer.minimize(loss_op)
correct_pred = tf.equal(tf.argmax(prediction, 1), tf.argmax(Y, 1))
accuracy = tf.reduce_mean(tf.cast(correct_pred, tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(1, training_steps + 1):
        _, loss = sess.run([train_op, loss_op], feed_dict={X: data_x, Y: data_y})
        if step % 10 == 0 or step == 1:
            acc = sess.run(accuracy, feed_dict={X: data_x, Y: data_y})
            print("Step " + str(step) + ", Loss= " + "{:.4f}".format(loss) + ", Accuracy= " + "{:.3f}".format(acc))
    final = sess.run(states, feed_dict={X: data_x[:1]})
    print("RESULT loss", loss)
    print("RESULT state", *final.c[0, :3], *final.h[0, :3])
    print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
