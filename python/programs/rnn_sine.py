"""A plain RNN follows a cosine from a sine; its state goes from one run to the next through a feed."""

import numpy as np
import tensorflow as tf

TIME_STEP = 10
CELL_SIZE = 12
LR = 0.02

tf_x = tf.placeholder(tf.float32, [None, TIME_STEP, 1])
tf_y = tf.placeholder(tf.float32, [None, TIME_STEP, 1])

with tf.variable_scope('net', initializer=tf.random_uniform_initializer(-0.4, 0.4, seed=1)):
    rnn_cell = tf.nn.rnn_cell.BasicRNNCell(num_units=CELL_SIZE)
    init_s = rnn_cell.zero_state(batch_size=1, dtype=tf.float32)
    outputs, final_s = tf.nn.dynamic_rnn(rnn_cell, tf_x, initial_state=init_s, time_major=False)
    outs2D = tf.reshape(outputs, [-1, CELL_SIZE])
    net_outs2D = tf.layers.dense(outs2D, 1)
outs = tf.reshape(net_outs2D, [-1, TIME_STEP, 1])

loss = tf.losses.mean_squared_error(labels=tf_y, predictions=outs)
train_op = tf.train.AdamOptimizer(LR).minimize(loss)

sess = tf.Session()
sess.run(tf.global_variables_initializer())
final_s_ = None
for step in range(60):
    start, end = step * np.pi, (step + 1) * np.pi
    steps = np.linspace(start, end, TIME_STEP)
    x = np.sin(steps)[np.newaxis, :, np.newaxis]
    y = np.cos(steps)[np.newaxis, :, np.newaxis]
    feed_dict = {tf_x: x, tf_y: y}
    if final_s_ is not None:
        feed_dict[init_s] = final_s_  # the state of the run before
    _, pred_, loss_, final_s_ = sess.run([train_op, outs, loss, final_s], feed_dict)
    if step % 15 == 0:
        print('step', step, 'loss', loss_)

print("RESULT loss", loss_)
print("RESULT prediction", *pred_[0, :4, 0])
print("RESULT state", *final_s_[0, :4])
print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
