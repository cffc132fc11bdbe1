"""Which steps lie between the first and the last 1? It takes both directions."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(3)
steps, units = 7, 5
signal = (rng.rand(32, steps, 1) < 0.3).astype(np.float32)
after = np.maximum.accumulate(signal, 1)
before = np.maximum.accumulate(signal[:, ::-1], 1)[:, ::-1]
inside = (after * before).astype(np.float32)

x = tf.placeholder(tf.float32, [None, steps, 1])
y = tf.placeholder(tf.float32, [None, steps, 1])

with tf.variable_scope("both", initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=1)):
    fw = tf.nn.rnn_cell.LSTMCell(units, use_peepholes=True, num_proj=4)
    bw = tf.nn.rnn_cell.LSTMCell(units, use_peepholes=True, num_proj=4)
    (out_fw, out_bw), (state_fw, state_bw) = tf.nn.bidirectional_dynamic_rnn(fw, bw, x, dtype=tf.float32)
    # The same with unrolled steps
    lists = tf.unstack(x, axis=1)
    cells = [tf.contrib.rnn.BasicLSTMCell(units) for _ in range(2)]
    static, _, _ = tf.contrib.rnn.static_bidirectional_rnn(cells[0], cells[1], lists, dtype=tf.float32, scope="static")

joined = tf.concat([out_fw, out_bw, tf.stack(static, axis=1)], axis=2)
logits = tf.layers.dense(joined, 1, kernel_initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=2))
loss = tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(targets=y, logits=logits, pos_weight=0.8))
train = tf.train.AdagradOptimizer(0.3).minimize(loss)
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.cast(logits > 0, tf.float32), y), tf.float32))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: signal, y: inside}
    for step in range(41):
        value, _ = sess.run([loss, train], feed)
        if step % 10 == 0:
            print(step, value, accuracy.eval(feed))
    print("RESULT loss", value)
    print("RESULT state", *sess.run(state_bw, feed).h[0], *sess.run(state_fw, feed).c[0])
    print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
    print("RESULT number", sum(int(np.prod(v.get_shape().as_list())) for v in tf.trainable_variables()))
