"""A character model of GRUs that is trained on a sentence and then continues it, its state fed back."""

import numpy as np
import tensorflow as tf

TEXT = "she sells sea shells by the sea shore; the shells she sells are sea shells for sure. "
vocab = sorted(set(TEXT))
HIDDEN_SIZE, NUM_STEPS, BATCH = 24, 12, 6


def vocab_encode(text):
    return [vocab.index(x) for x in text if x in vocab]


ids = np.array(vocab_encode(TEXT))
starts = np.arange(0, len(ids) - NUM_STEPS - 1, 12)[:BATCH]
batches = np.array([ids[s:s + NUM_STEPS] for s in starts])

seq = tf.placeholder(tf.int32, [None, None])
one_hot = tf.one_hot(seq, len(vocab))
length = tf.reduce_sum(tf.reduce_max(tf.sign(one_hot), 2), 1)
cell = tf.nn.rnn_cell.GRUCell(HIDDEN_SIZE)
in_state = tf.placeholder_with_default(cell.zero_state(tf.shape(seq)[0], tf.float32), [None, HIDDEN_SIZE])
with tf.variable_scope("gru", initializer=tf.truncated_normal_initializer(stddev=0.3, seed=2)):
    output, out_state = tf.nn.dynamic_rnn(cell, one_hot, tf.cast(length, tf.int32), in_state)
with tf.variable_scope("logits"):
    init = tf.truncated_normal_initializer(stddev=0.3, seed=3)
    logits = tf.layers.dense(output, len(vocab), None, kernel_initializer=init)
loss = tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(logits=logits[:, :-1], labels=one_hot[:, 1:]))
best = tf.argmax(tf.exp(logits[:, -1] / 0.7), 1)

global_step = tf.Variable(0, dtype=tf.int32, trainable=False, name='global_step')
optimizer = tf.train.AdamOptimizer(0.02).minimize(loss, global_step=global_step)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    first = sess.run(loss, {seq: batches})
    for i in range(50):
        batch_loss, _ = sess.run([loss, optimizer], {seq: batches})
        if global_step.eval() % 20 == 0:
            print('Iter {}. Loss {}'.format(global_step.eval(), batch_loss))

    sentence, state, character = "sh", None, "sh"
    for _ in range(30):
        feed = {seq: [vocab_encode(character)]}
        if state is not None:
            feed.update({in_state: state})
        index, state = sess.run([best, out_state], feed)
        character = vocab[index[0]]
        sentence += character
    print(sentence)
    print("RESULT first", first)
    print("RESULT loss", batch_loss)
    print("RESULT state", *state[0, :4])
    print("RESULT sentence", sentence.strip())
