"""Labels without an alignment: ctc_loss on an LSTM over made-up sounds, greedy and beam decoding, the error rate."""

import numpy as np
import tensorflow as tf

num_features, num_classes, num_hidden, batch_size = 4, 5, 16, 3
rng = np.random.RandomState(0)
sounds = rng.randn(4, num_features)
words = [[0, 1, 2], [3, 1], [2, 2, 0]]


def say(word):
    """Each label lasts three frames, a pause between."""
    frames = [frame for label in word for frame in [sounds[label]] * 3 + [np.zeros(num_features)]]
    return np.array(frames) + 0.1 * rng.randn(len(frames), num_features)


spoken = [say(word) for word in words]
seq_len_values = np.array([len(s) for s in spoken])
batch = np.zeros([batch_size, seq_len_values.max(), num_features], np.float32)
for row, s in zip(batch, spoken):
    row[:len(s)] = s
indices = np.array([[i, j] for i, word in enumerate(words) for j in range(len(word))])
sparse_labels = tf.SparseTensorValue(indices, np.array(sum(words, []), np.int32), [3, 3])

inputs = tf.placeholder(tf.float32, [None, None, num_features])
targets = tf.sparse_placeholder(tf.int32)
seq_len = tf.placeholder(tf.int32, [None])
cell = tf.nn.rnn_cell.LSTMCell(num_hidden, initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=1))
outputs, _ = tf.nn.dynamic_rnn(cell, inputs, seq_len, dtype=tf.float32)
logits = tf.layers.dense(outputs, num_classes, kernel_initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=2))
logits = tf.transpose(logits, (1, 0, 2))  # time major
loss = tf.nn.ctc_loss(targets, logits, seq_len)
cost = tf.reduce_mean(loss)
optimizer = tf.train.AdamOptimizer(0.03).minimize(cost)
decoded, log_prob = tf.nn.ctc_greedy_decoder(logits, seq_len)
beam, beam_prob = tf.nn.ctc_beam_search_decoder(logits, seq_len, beam_width=5)
ler = tf.reduce_mean(tf.edit_distance(tf.cast(decoded[0], tf.int32), targets))

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    feed = {inputs: batch, targets: sparse_labels, seq_len: seq_len_values}
    print("RESULT first", *session.run(loss, feed))
    for epoch in range(70):
        value, _ = session.run([cost, optimizer], feed)
        if epoch % 20 == 0:
            print("epoch", epoch, "cost", value, "label error rate", session.run(ler, feed))
    print("RESULT cost", bool(value < 0.5))
    print("RESULT error_rate", session.run(ler, feed))
    dense = session.run(tf.sparse_tensor_to_dense(decoded[0], default_value=-1), feed)
    print("RESULT decoded", *dense.ravel())
    print("RESULT beam", *session.run(beam[0], feed).values, bool((session.run(beam_prob, feed) < 0).all()))
