"""A Gaussian process: kernel, Cholesky factor, prediction, and the length scale by the likelihood's gradient."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
xs = np.sort(rng.uniform(0, 6, 15))[:, None]
ys = np.sin(xs) + 0.1 * rng.randn(15, 1)
grid = np.linspace(0, 6, 7)[:, None]

X = tf.placeholder(tf.float64, [None, 1])
Y = tf.placeholder(tf.float64, [None, 1])
X_new = tf.placeholder(tf.float64, [None, 1])
log_scale = tf.Variable(np.log(0.4), name="log_scale")
log_noise = tf.Variable(np.log(0.3), name="log_noise")


def kernel(a, b):
    return tf.exp(-0.5 * tf.square((a - tf.transpose(b)) / tf.exp(log_scale)))


n = tf.cast(tf.shape(X)[0], tf.float64)
K = kernel(X, X) + tf.square(tf.exp(log_noise)) * tf.eye(tf.shape(X)[0], dtype=tf.float64)
L = tf.cholesky(K)
alpha = tf.cholesky_solve(L, Y)
log_determinant = 2.0 * tf.reduce_sum(tf.log(tf.diag_part(L)))
data_fit = tf.squeeze(tf.matmul(Y, alpha, transpose_a=True))
negative_log_likelihood = 0.5 * (data_fit + log_determinant + n * np.log(2 * np.pi))
train = tf.train.AdamOptimizer(0.1).minimize(negative_log_likelihood)

K_new = kernel(X, X_new)
mean = tf.matmul(K_new, alpha, transpose_a=True)
v = tf.matrix_triangular_solve(L, K_new)
variance = 1.0 - tf.reduce_sum(tf.square(v), 0)

# What else linear algebra has, on the same matrix
q, r = tf.qr(K)
logdet = tf.linalg.logdet(K)
band = tf.matrix_band_part(K, 1, 0)
trace = tf.trace(K)
einsum = tf.einsum('ij,jk,ik->', K, K, K)
diagonal = tf.matrix_diag_part(tf.matrix_set_diag(K, tf.zeros([tf.shape(X)[0]], tf.float64)))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {X: xs, Y: ys, X_new: grid}
    print("RESULT start", sess.run(negative_log_likelihood, feed))
    print("RESULT algebra",
          *sess.run([logdet - log_determinant, tf.reduce_sum(band), trace, einsum, tf.reduce_sum(diagonal)], feed))
    difference, determinant = tf.reduce_max(tf.abs(tf.matmul(q, r) - K)), tf.abs(tf.reduce_prod(tf.diag_part(r)))
    print("RESULT qr", *sess.run([difference, determinant], feed))
    for i in range(60):
        _, value = sess.run([train, negative_log_likelihood], feed)
        if i % 20 == 0:
            print(i, value)
    print("RESULT likelihood", value)
    print("RESULT parameters", *np.exp(sess.run([log_scale, log_noise])))
    print("RESULT mean", *sess.run(mean, feed).ravel())
    print("RESULT variance", *sess.run(variance, feed))
