"""Sparse tensors: fed, multiplied, reduced, looked up; a regression on sparse features."""

import numpy as np
import tensorflow as tf

sparse = tf.SparseTensor(indices=[[0, 1], [2, 0], [2, 3]], values=[1., 2., 3.], dense_shape=[3, 4])
dense = tf.sparse_tensor_to_dense(sparse)
product = tf.sparse_tensor_dense_matmul(sparse, tf.reshape(tf.range(8.0), [4, 2]))
row_sums = tf.sparse_reduce_sum(sparse, 1)
added = tf.sparse_tensor_to_dense(tf.sparse_add(sparse, tf.SparseTensor([[0, 1], [1, 1]], [10., 20.], [3, 4])))
reshaped = tf.sparse_reshape(sparse, [2, 6])
sliced = tf.sparse_slice(sparse, [2, 0], [1, 4])
ordered = tf.sparse_reorder(tf.SparseTensor([[1, 0], [0, 0]], ["b", "a"], [2, 1]))
softmaxed = tf.sparse_softmax(sparse)
retained = tf.sparse_retain(sparse, sparse.values > 1.5)
joined = tf.sparse_concat(axis=0, sp_inputs=[sparse, sparse])
mask = tf.sparse_to_dense([[0, 0], [1, 2]], [2, 3], 7, default_value=-1)

# Words' ids by row, with a combiner
ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [2, 0], [2, 1], [2, 2]], tf.constant([1, 3, 0, 2, 2, 1], tf.int64),
                      [3, 3])
embeddings = tf.Variable(np.random.RandomState(0).randn(4, 2).astype(np.float32))
averages = tf.nn.embedding_lookup_sparse(embeddings, ids, None, combiner="mean")
norms = tf.nn.embedding_lookup_sparse(embeddings, ids, None, combiner="sqrtn")

# A bag of features, fed as SparseTensorValue
rng = np.random.RandomState(1)
features = (rng.rand(40, 10) < 0.2) * rng.rand(40, 10)
targets = features @ np.arange(10.).reshape(10, 1)
x = tf.sparse_placeholder(tf.float32, shape=[None, 10], name="x")
y = tf.placeholder(tf.float32, [None, 1])
W = tf.Variable(tf.zeros([10, 1]))
loss = tf.reduce_mean(tf.square(tf.sparse_tensor_dense_matmul(x, W) - y))
train = tf.train.AdamOptimizer(0.5).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(dense))
    print("RESULT product", *sess.run(product).ravel())
    print("RESULT sums", *sess.run(row_sums), *sess.run(added)[:2].ravel())
    print("RESULT reshaped", *sess.run(reshaped).indices.ravel(), *sess.run(sliced).values,
          *sess.run(ordered).indices.ravel())
    print("RESULT softmax", *sess.run(softmaxed).values, *sess.run(retained).values, *sess.run(joined).dense_shape)
    print("RESULT mask", *sess.run(mask).ravel())
    print("RESULT lookup", *sess.run(averages).ravel(), *sess.run(norms).ravel())
    where = np.argwhere(features)
    feed = {x: tf.SparseTensorValue(where, features[tuple(where.T)], [40, 10]), y: targets}
    for step in range(60):
        value, _ = sess.run([loss, train], feed)
    print("RESULT loss", value)
    print("RESULT W", *sess.run(W).ravel())
    distance = tf.edit_distance(tf.SparseTensor([[0, 0, i] for i in range(4)], list("beer"), [1, 1, 4]),
                                tf.SparseTensor([[0, 0, i] for i in range(4)], list("bear"), [1, 1, 4]), normalize=True)
    print("RESULT edit_distance", *sess.run(distance).ravel())
