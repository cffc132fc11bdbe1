"""A generative adversarial network learns a normal distribution of one dimension."""

import numpy as np
import tensorflow as tf

LR_G = LR_D = 0.005
np.random.seed(1)


def init(seed):
    return tf.random_normal_initializer(0., .5, seed=seed)


with tf.variable_scope('Generator'):
    G_in = tf.placeholder(tf.float32, [None, 3])
    G_l1 = tf.layers.dense(G_in, 10, tf.nn.relu, kernel_initializer=init(1))
    G_out = tf.layers.dense(G_l1, 1, kernel_initializer=init(2))


def discriminator(x, reuse):
    with tf.variable_scope('Discriminator', reuse=reuse):
        hidden = tf.layers.dense(x, 10, tf.nn.relu, name='l', kernel_initializer=init(3))
        return tf.layers.dense(hidden, 1, tf.nn.sigmoid, name='out', kernel_initializer=init(4))


real = tf.placeholder(tf.float32, [None, 1], name='real_in')
prob_real = discriminator(real, False)
prob_fake = discriminator(G_out, True)  # the same variables

D_loss = -tf.reduce_mean(tf.log(prob_real) + tf.log(1 - prob_fake))
G_loss = tf.reduce_mean(tf.log(1 - prob_fake))

train_D = tf.train.AdamOptimizer(LR_D).minimize(
    D_loss, var_list=tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='Discriminator'))
train_G = tf.train.AdamOptimizer(LR_G).minimize(
    G_loss, var_list=tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='Generator'))

sess = tf.Session()
sess.run(tf.global_variables_initializer())
for step in range(101):
    samples = np.random.normal(2, 0.5, [32, 1])
    ideas = np.random.randn(32, 3)
    fakes, p, d, g = sess.run([G_out, prob_real, D_loss, G_loss, train_D, train_G], {G_in: ideas, real: samples})[:4]
    if step == 0:
        print("RESULT first", p.mean(), d, g)
    if step % 50 == 0:
        print('step %d: D accuracy=%.2f (0.5 for D to converge), mean of fakes %.3f' % (step, p.mean(), fakes.mean()))

print("RESULT losses", d, g)
print("RESULT fakes", fakes.mean(), fakes.std())
print("RESULT variables", ",".join(v.name for v in tf.trainable_variables()))
