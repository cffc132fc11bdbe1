"""The same regression solved four ways: inverse, Cholesky, triangular solves, tf.matrix_solve_ls."""

import numpy as np
import tensorflow as tf

sess = tf.Session()

x_vals = np.linspace(0, 10, 100)
y_vals = x_vals + np.random.RandomState(1).normal(0, 1, 100)
A = np.column_stack((x_vals, np.ones(100)))
b = y_vals.reshape(100, 1)

A_tensor = tf.constant(A)
b_tensor = tf.constant(b)

# The normal equations by the inverse
tA_A = tf.matmul(tf.transpose(A_tensor), A_tensor)
tA_A_inv = tf.matrix_inverse(tA_A)
product = tf.matmul(tA_A_inv, tf.transpose(A_tensor))
solution = tf.matmul(product, b_tensor)
slope, y_intercept = sess.run(solution).ravel()
print("inverse:  y = %.6f x + %.6f" % (slope, y_intercept))

# By Cholesky decomposition
L = tf.cholesky(tA_A)
tA_b = tf.matmul(A_tensor, b_tensor, transpose_a=True)
sol1 = tf.matrix_solve(L, tA_b)
sol2 = tf.matrix_solve(tf.transpose(L), sol1)
by_cholesky = sess.run(sol2).ravel()
print("cholesky: y = %.6f x + %.6f" % tuple(by_cholesky))

# By triangular solves, and as least squares
triangular = tf.matrix_triangular_solve(L, tA_b, lower=True)
triangular = tf.matrix_triangular_solve(L, triangular, lower=True, adjoint=True)
direct = tf.matrix_solve_ls(A_tensor, b_tensor, fast=True)
worst = tf.reduce_max(tf.abs(tf.concat([triangular, direct], 1) - solution))

# What else the matrices are
eigenvalues, eigenvectors = tf.self_adjoint_eig(tA_A)
s = tf.svd(A_tensor, compute_uv=False)

print("RESULT solution", slope, y_intercept)
print("RESULT difference", sess.run(worst))
print("RESULT determinant", sess.run(tf.matrix_determinant(tA_A)))
print("RESULT eigenvalues", *sess.run(eigenvalues))
print("RESULT singular", *sess.run(s))
print("RESULT orthogonal",
      sess.run(tf.norm(tf.matmul(eigenvectors, eigenvectors, transpose_a=True) - tf.eye(2, dtype=tf.float64))))
