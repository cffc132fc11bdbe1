"""A Wasserstein GAN in two dimensions: the critic's weights are clipped by assignment, its penalty is a gradient's."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
z = tf.placeholder(tf.float32, [None, 2])
x = tf.placeholder(tf.float32, [None, 2])


def variable(rows, columns, seed):
    return tf.Variable((np.random.RandomState(seed).randn(rows, columns) / np.sqrt(rows)).astype(np.float32))


theta_G = [variable(2, 8, 1), tf.Variable(tf.zeros([8])), variable(8, 2, 2)]
theta_D = [variable(2, 8, 3), tf.Variable(tf.zeros(shape=[8])), variable(8, 1, 4)]


def generator(z):
    return tf.matmul(tf.nn.softplus(tf.matmul(z, theta_G[0]) + theta_G[1]), theta_G[2])


def critic(x):
    return tf.matmul(tf.nn.tanh(tf.matmul(x, theta_D[0]) + theta_D[1]), theta_D[2])


G_sample = generator(z)
D_real, D_fake = critic(x), critic(G_sample)
eps = tf.placeholder(tf.float32, [None, 1])
X_inter = eps * x + (1. - eps) * G_sample
grad = tf.gradients(critic(X_inter), [X_inter])[0]
grad_norm = tf.sqrt(tf.reduce_sum(grad ** 2, axis=1))
penalty = 0.1 * tf.reduce_mean((grad_norm - 1) ** 2)

D_loss = tf.reduce_mean(D_fake) - tf.reduce_mean(D_real) + penalty
G_loss = -tf.reduce_mean(D_fake)
D_solver = tf.train.RMSPropOptimizer(learning_rate=1e-2).minimize(D_loss, var_list=theta_D)
G_solver = tf.train.RMSPropOptimizer(learning_rate=1e-2).minimize(G_loss, var_list=theta_G)
clip_D = [p.assign(tf.clip_by_value(p, -0.8, 0.8)) for p in theta_D]

sess = tf.Session()
sess.run(tf.global_variables_initializer())
for it in range(60):
    for _ in range(3):
        feed = {x: rng.randn(24, 2) * [1, .3] + [2, -1], z: rng.uniform(-1., 1., [24, 2]), eps: rng.rand(24, 1)}
        _, D_loss_curr = sess.run([D_solver, D_loss], feed_dict=feed)
        sess.run(clip_D)
    _, G_loss_curr = sess.run([G_solver, G_loss], feed_dict={z: rng.uniform(-1., 1., [24, 2])})
    if it % 20 == 0:
        print('Iter: {}; D loss: {:.4}; G_loss: {:.4}'.format(it, D_loss_curr, G_loss_curr))

print("RESULT losses", D_loss_curr, G_loss_curr)
print("RESULT samples", *sess.run(G_sample, {z: [[0., 0.], [1., -1.]]}).ravel())
print("RESULT largest", max(np.abs(p).max() for p in sess.run(theta_D)))
