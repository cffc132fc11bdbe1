"""Sentences to ids by a table, an embedding learned for them, partitioned lookups, assets in collections."""

import numpy as np
import tensorflow as tf

sentences = ["good fun", "great good film", "bad dull film", "awful film", "great fun", "dull bad fun"]
labels = np.array([1, 1, 0, 0, 1, 0], np.float32)

# Words by tf.string_split and a lookup table; unknown words go to the bucket
vocabulary = ["good", "great", "fun", "bad", "dull", "film"]
table = tf.contrib.lookup.index_table_from_tensor(tf.constant(vocabulary), num_oov_buckets=1)
back = tf.contrib.lookup.index_to_string_table_from_tensor(tf.constant(vocabulary), default_value="?")
text = tf.placeholder(tf.string, [None])
tokens = tf.string_split(text)
ids = tf.sparse_tensor_to_dense(table.lookup(tokens), default_value=-1)
mask = tf.cast(ids >= 0, tf.float32)

embedding = tf.get_variable("embedding", [7, 4], initializer=tf.random_uniform_initializer(-0.5, 0.5, seed=3))
vectors = tf.nn.embedding_lookup(embedding, tf.maximum(ids, 0)) * tf.expand_dims(mask, 2)
document = tf.reduce_sum(vectors, 1) / tf.reduce_sum(mask, 1, keepdims=True)
score = tf.squeeze(tf.layers.dense(document, 1, kernel_initializer=tf.ones_initializer(), use_bias=False), 1)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=score))
train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)

# The rows of one table, spread over two variables
halves = [tf.Variable(tf.constant([[0., 0.5], [2., 2.5]])), tf.Variable(tf.constant([[1., 1.5], [3., 3.5]]))]
spread = tf.nn.embedding_lookup(halves, [3, 0, 2], partition_strategy="mod")
sparse_gradient = tf.gradients(tf.reduce_sum(tf.nn.embedding_lookup(embedding, [1, 1, 4]) ** 2), embedding)[0]
summed = tf.unsorted_segment_sum(sparse_gradient.values, sparse_gradient.indices, 7)

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
    print(sess.run(ids, {text: sentences}))
    print("RESULT ids", *sess.run(ids, {text: sentences}).ravel())
    print("RESULT words", b" ".join(sess.run(back.lookup(tf.constant([1, 5, 99], tf.int64)))).decode(),
          sess.run(table.size()))
    print("RESULT spread", *sess.run(spread).ravel())
    print("RESULT gradient", type(sparse_gradient).__name__, *np.abs(sess.run(summed)).sum(1).round(4))
    for step in range(50):
        value, _ = sess.run([loss, train], {text: sentences})
    print("RESULT loss", value)
    print("RESULT scores", *sess.run(score, {text: sentences}))
    print("RESULT unseen", *sess.run(score, {text: ["good great", "dull unheard"]}) > 0)
