"""The nearest neighbour, and the five nearest weighted by their distance; no training."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
Xtr = rng.rand(300, 3).astype(np.float32)
Ytr = (Xtr.sum(1) * 2).astype(int)
Xte = rng.rand(40, 3).astype(np.float32)
Yte = (Xte.sum(1) * 2).astype(int)

# tf Graph input
xtr = tf.placeholder("float", [None, 3])
xte = tf.placeholder("float", [3])
# Nearest Neighbor calculation using L1 Distance
distance = tf.reduce_sum(tf.abs(tf.add(xtr, tf.negative(xte))), reduction_indices=1)
pred = tf.arg_min(distance, 0)

# Five nearest, for all at once
batch = tf.placeholder(tf.float32, [None, 3])
target = tf.placeholder(tf.float32, [None, 1])
distances = tf.reduce_sum(tf.abs(tf.subtract(xtr, tf.expand_dims(batch, 1))), axis=2)
top_k_xvals, top_k_indices = tf.nn.top_k(tf.negative(distances), k=5)
x_sums = tf.expand_dims(tf.reduce_sum(top_k_xvals, 1), 1)
x_sums_repeated = tf.matmul(x_sums, tf.ones([1, 5], tf.float32))
x_val_weights = tf.expand_dims(tf.div(top_k_xvals, x_sums_repeated), 1)
top_k_yvals = tf.gather(target, top_k_indices)
prediction = tf.squeeze(tf.matmul(x_val_weights, top_k_yvals), axis=[1])
mse = tf.div(tf.reduce_sum(tf.square(tf.subtract(prediction, tf.expand_dims(Yte.astype(np.float32), 1)))), len(Yte))

accuracy = 0.
with tf.Session() as sess:
    for i in range(len(Xte)):
        nn_index = sess.run(pred, feed_dict={xtr: Xtr, xte: Xte[i, :]})
        if i < 3:
            print("Test", i, "Prediction:", Ytr[nn_index], "True Class:", Yte[i])
        if Ytr[nn_index] == Yte[i]:
            accuracy += 1. / len(Xte)
    print("Done! Accuracy:", accuracy)
    predictions, error, indices = sess.run([prediction, mse, top_k_indices],
                                           {xtr: Xtr, batch: Xte, target: Ytr.reshape(-1, 1)})
    print("RESULT accuracy", accuracy)
    print("RESULT last", nn_index)
    print("RESULT error", error)
    print("RESULT predictions", *predictions[:4].ravel())
    print("RESULT neighbours", *indices[0])
