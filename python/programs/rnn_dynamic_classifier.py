"""Sequences of unequal lengths through stacked GRUs: dynamic_rnn with sequence_length, and the last relevant output."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(9)
seq_max_len, n_hidden = 8, 6
seqlen = rng.randint(3, seq_max_len + 1, 48)
batch_x = np.zeros([48, seq_max_len, 1], np.float32)
labels = rng.randint(0, 2, 48)
for row, (length, label) in enumerate(zip(seqlen, labels)):
    start = rng.rand()
    batch_x[row, :length, 0] = start + 0.1 * np.arange(length) if label else rng.rand(length)
batch_y = np.eye(2, dtype=np.float32)[labels]

x = tf.placeholder("float", [None, seq_max_len, 1])
y = tf.placeholder("float", [None, 2])
lengths = tf.placeholder(tf.int32, [None])

inits = [tf.random_normal_initializer(0, 0.4, seed=seed) for seed in (1, 2)]
cells = [tf.nn.rnn_cell.GRUCell(n_hidden, kernel_initializer=init) for init in inits]
cell = tf.nn.rnn_cell.MultiRNNCell(cells)
outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, sequence_length=lengths)

# Indexing: the output of the last time step that a sequence has
batch_size = tf.shape(outputs)[0]
index = tf.range(0, batch_size) * seq_max_len + (lengths - 1)
last = tf.gather(tf.reshape(outputs, [-1, n_hidden]), index)
logits = tf.layers.dense(last, 2, kernel_initializer=tf.random_normal_initializer(seed=4))

cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits, labels=y))
optimizer = tf.train.AdamOptimizer(0.02)
gradients = optimizer.compute_gradients(cost)
train = optimizer.apply_gradients([(tf.clip_by_norm(g, 1.0), v) for g, v in gradients])
same = tf.reduce_max(tf.abs(last - state[-1]))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: batch_x, y: batch_y, lengths: seqlen}
    print("RESULT first", sess.run(cost, feed))
    for step in range(40):
        _, loss = sess.run([train, cost], feed_dict=feed)
        if step % 10 == 0:
            print("Step", step, "loss", loss)
    out, difference = sess.run([outputs, same], feed)
    print("RESULT loss", loss)
    print("RESULT difference", difference)
    print("RESULT zeros_after_the_end", all((out[i, n:] == 0).all() for i, n in enumerate(seqlen)))
    print("RESULT output", *out[0, 0])
    print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
