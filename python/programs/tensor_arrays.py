"""TensorArray in loops: a beam of greedy steps, insertion of rows, raw_rnn, gradients through reads and writes."""

import numpy as np
import tensorflow as tf

# Squares into an array, and the array as one tensor
n = tf.placeholder(tf.int32, [])
array = tf.TensorArray(tf.float32, size=n, dynamic_size=False, infer_shape=True)
_, filled = tf.while_loop(lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(i, tf.to_float(i) ** 2)), [0, array])
stacked = filled.stack()

# Unstack, read, gather, concat, split
table = tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))
rows = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(table)
chosen = rows.gather([3, 1])
again = rows.read(2) + rows.read(0)
joined = rows.concat()
parts = tf.TensorArray(tf.float32, 2, infer_shape=False).split(tf.range(5.0), [2, 3])
part = parts.read(1)

# A cumulative product through the array, with its gradient
x = tf.placeholder(tf.float32, [5])
source = tf.TensorArray(tf.float32, 5).unstack(x)


def multiply(i, product, out):
    product = product * source.read(i)
    return i + 1, product, out.write(i, product)


products = tf.while_loop(lambda i, *_: i < 5, multiply, [0, 1.0, tf.TensorArray(tf.float32, 5)])[2].stack()
gradient = tf.gradients(products, x)[0]

# A decoder that feeds itself, as long as it likes
rng = np.random.RandomState(4)
weights = tf.constant(rng.randn(6, 6).astype(np.float32))
words = tf.TensorArray(tf.int64, size=0, dynamic_size=True)


def decode(step, word, words):
    scores = tf.tensordot(tf.one_hot(word, 6), weights, 1) - 3.0 * tf.one_hot(word, 6)
    word = tf.argmax(scores)
    return step + 1, word, words.write(step, word)


steps, _, words = tf.while_loop(lambda s, w, _: tf.logical_and(s < 8, tf.not_equal(w, 5)), decode,
                                [0, tf.constant(0, tf.int64), words])

# raw_rnn: the loop function says what goes in
inputs_ta = tf.TensorArray(tf.float32, size=4).unstack(tf.constant(rng.randn(4, 2, 3).astype(np.float32)))
cell = tf.nn.rnn_cell.LSTMCell(3, initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1))


def loop_fn(time, cell_output, cell_state, loop_state):
    next_state = cell.zero_state(2, tf.float32) if cell_output is None else cell_state
    finished = time >= tf.constant([4, 3])
    next_input = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([2, 3]), lambda: inputs_ta.read(time))
    return finished, next_input, next_state, cell_output, None


outputs_ta, final_state, _ = tf.nn.raw_rnn(cell, loop_fn)
outputs = outputs_ta.stack()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT squares", *sess.run(stacked, {n: 6}))
    print("RESULT reads", *sess.run(chosen).ravel(), *sess.run(again), *sess.run(part))
    print("RESULT joined", *sess.run(tf.shape(tf.reshape(joined, [-1]))))
    print("RESULT products", *sess.run(products, {x: [1., 2., 3., 4., 5.]}),
          *sess.run(gradient, {x: [1., 2., 3., 4., 5.]}))
    print("RESULT decoded", *sess.run([steps, words.size()]), *sess.run(words.stack()))
    print("RESULT raw_rnn", *sess.run(outputs)[:, 1].ravel(), *sess.run(final_state).h.ravel())
