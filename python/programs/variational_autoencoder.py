"""A variational autoencoder with a normal latent space of two dimensions."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(6)
centres = rng.rand(3, 20) > 0.5
data = (rng.rand(120, 20) < np.where(centres[np.arange(120) % 3], 0.9, 0.1)).astype(np.float32)

X_dim, z_dim, h_dim = 20, 2, 12


def xavier_init(size, seed):
    return tf.random_normal(shape=size, stddev=1. / tf.sqrt(size[0] / 2.), seed=seed)


X = tf.placeholder(tf.float32, shape=[None, X_dim])

# Q(z|X)
Q_W1, Q_b1 = tf.Variable(xavier_init([X_dim, h_dim], 1)), tf.Variable(tf.zeros(shape=[h_dim]))
Q_W2_mu, Q_b2_mu = tf.Variable(xavier_init([h_dim, z_dim], 2)), tf.Variable(tf.zeros(shape=[z_dim]))
Q_W2_sigma, Q_b2_sigma = tf.Variable(xavier_init([h_dim, z_dim], 3)), tf.Variable(tf.zeros(shape=[z_dim]))
h = tf.nn.relu(tf.matmul(X, Q_W1) + Q_b1)
z_mu = tf.matmul(h, Q_W2_mu) + Q_b2_mu
z_logvar = tf.matmul(h, Q_W2_sigma) + Q_b2_sigma

# Reparametrization
eps = tf.random_normal(shape=tf.shape(z_mu), seed=11)
z_sample = z_mu + tf.exp(z_logvar / 2) * eps

# P(X|z)
P_W1, P_b1 = tf.Variable(xavier_init([z_dim, h_dim], 4)), tf.Variable(tf.zeros(shape=[h_dim]))
P_W2, P_b2 = tf.Variable(xavier_init([h_dim, X_dim], 5)), tf.Variable(tf.zeros(shape=[X_dim]))


def P(z):
    logits = tf.matmul(tf.nn.relu(tf.matmul(z, P_W1) + P_b1), P_W2) + P_b2
    return tf.nn.sigmoid(logits), logits


_, logits = P(z_sample)
X_samples, _ = P(tf.constant([[0., 0.], [1., -1.]]))

# E[log P(X|z)], and D_KL(Q(z|X) || P(z)) in closed form as both are Gaussian
recon_loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=X), 1)
kl_loss = 0.5 * tf.reduce_sum(tf.exp(z_logvar) + z_mu ** 2 - 1. - z_logvar, 1)
vae_loss = tf.reduce_mean(recon_loss + kl_loss)
solver = tf.train.AdamOptimizer(0.01).minimize(vae_loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for it in range(101):
        _, loss = sess.run([solver, vae_loss], feed_dict={X: data[(40 * it) % 120:][:40]})
        if it == 0:
            print("RESULT first", loss)
        if it % 25 == 0:
            print('Iter: {}'.format(it))
            print('Loss: {:.4}'. format(loss))
    samples = sess.run(X_samples)
    print("RESULT loss", loss)
    print("RESULT kl", *sess.run(kl_loss, feed_dict={X: data[:3]}))
    print("RESULT sample", *samples[1, :5])
