"""Scaled dot-product attention of several heads, with a mask and sinusoidal positions, and layer normalization."""

import numpy as np
import tensorflow as tf

batch, length, d_model, num_heads = 4, 6, 8, 2


def positional_encoding(length, depth):
    angles = np.arange(length)[:, None] / np.power(10000, 2 * (np.arange(depth)[None] // 2) / depth)
    angles[:, 0::2], angles[:, 1::2] = np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])
    return tf.constant(angles, tf.float32)


def normalize(inputs, epsilon=1e-6, scope="ln"):
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        mean, variance = tf.nn.moments(inputs, [-1], keep_dims=True)
        beta = tf.get_variable("beta", inputs.shape[-1:], initializer=tf.zeros_initializer())
        gamma = tf.get_variable("gamma", inputs.shape[-1:], initializer=tf.ones_initializer())
        return gamma * (inputs - mean) / tf.sqrt(variance + epsilon) + beta


def multihead_attention(queries, keys, mask, scope="attention"):
    def project(inputs, name, seed):
        init = tf.random_normal_initializer(stddev=0.4, seed=seed)
        return tf.layers.dense(inputs, d_model, use_bias=False, name=name, kernel_initializer=init)

    def heads(inputs):
        return tf.concat(tf.split(inputs, num_heads, axis=2), axis=0)

    with tf.variable_scope(scope):
        Q, K, V = heads(project(queries, "Q", 1)), heads(project(keys, "K", 2)), heads(project(keys, "V", 3))
        scores = tf.matmul(Q, tf.transpose(K, [0, 2, 1])) / (d_model // num_heads) ** 0.5
        masks = tf.tile(tf.expand_dims(mask, 1), [num_heads, tf.shape(queries)[1], 1])
        scores = tf.where(tf.equal(masks, 0), tf.ones_like(scores) * (-2 ** 32 + 1), scores)
        weights = tf.nn.softmax(scores)
        outputs = tf.concat(tf.split(tf.matmul(weights, V), num_heads, axis=0), axis=2)
        return normalize(outputs + queries), weights


rng = np.random.RandomState(5)
tokens = rng.randint(1, 10, [batch, length])
tokens[1, 4:] = tokens[3, 2:] = 0  # padding
x = tf.placeholder(tf.int32, [None, length])
table = tf.get_variable("table", [10, d_model], initializer=tf.random_uniform_initializer(-1, 1, seed=4))
embedded = tf.nn.embedding_lookup(table, x) * d_model ** 0.5 + positional_encoding(length, d_model)
mask = tf.sign(tf.cast(x, tf.float32))
attended, weights = multihead_attention(embedded, embedded, mask)
pooled = tf.reduce_sum(attended * tf.expand_dims(mask, -1), 1) / tf.reduce_sum(mask, 1, keepdims=True)
logits = tf.layers.dense(pooled, 2, kernel_initializer=tf.random_normal_initializer(seed=6))
labels = tf.constant([0, 1, 1, 0])
loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
train = tf.train.AdamOptimizer(0.01, beta2=0.98, epsilon=1e-9).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    before = sess.run(weights, {x: tokens})
    for step in range(25):
        _, value = sess.run([train, loss], {x: tokens})
    print("attention of the first head:", before[3, 0])
    print("RESULT weights", *before[3, 0])
    print("RESULT sums", np.abs(before.sum(-1) - 1).max())
    print("RESULT loss", value)
    print("RESULT names", ",".join(v.name for v in tf.trainable_variables()))
