"""Actor and critic with a Gaussian policy of one action: the target moves, the actor follows."""

import numpy as np
import tensorflow as tf

np.random.seed(4)
sess = tf.Session()


class Actor(object):
    def __init__(self, sess, lr=0.01):
        self.sess = sess
        self.s = tf.placeholder(tf.float32, [None, 1], "state")
        self.a = tf.placeholder(tf.float32, [None, 1], name="act")
        self.td_error = tf.placeholder(tf.float32, [None, 1], name="td_error")
        init = tf.random_normal_initializer(0., .1, seed=1)
        l1 = tf.layers.dense(self.s, 12, tf.nn.tanh, kernel_initializer=init, name='l1')
        mu = tf.layers.dense(l1, 1, tf.nn.tanh, kernel_initializer=tf.random_normal_initializer(0., .1, seed=2),
                             name='mu')
        sigma = tf.layers.dense(l1, 1, tf.nn.softplus, kernel_initializer=tf.random_normal_initializer(0., .1, seed=3),
                                name='sigma')
        self.mu, self.sigma = 2 * mu, sigma + 0.1
        self.normal_dist = tf.distributions.Normal(self.mu, self.sigma)
        with tf.name_scope('exp_v'):
            log_prob = self.normal_dist.log_prob(self.a)
            self.exp_v = tf.reduce_mean(log_prob * self.td_error + 0.01 * self.normal_dist.entropy())
        with tf.name_scope('train'):
            self.train_op = tf.train.AdamOptimizer(lr).minimize(-self.exp_v)

    def choose_action(self, s):
        mu, sigma = self.sess.run([self.mu, self.sigma], {self.s: s})
        return np.clip(mu + sigma * np.random.randn(*mu.shape), -2, 2)


class Critic(object):
    def __init__(self, sess, lr=0.02):
        self.sess = sess
        with tf.variable_scope('Critic'):
            self.s = tf.placeholder(tf.float32, [None, 1], "state")
            self.r = tf.placeholder(tf.float32, [None, 1], name='r')
            l1 = tf.layers.dense(self.s, 12, tf.nn.relu,
                                 kernel_initializer=tf.random_normal_initializer(0., .3, seed=4))
            self.v = tf.layers.dense(l1, 1, kernel_initializer=tf.random_normal_initializer(0., .3, seed=5))
            self.td_error = self.r - self.v
            self.train_op = tf.train.AdamOptimizer(lr).minimize(tf.reduce_mean(tf.square(self.td_error)))

    def learn(self, s, r):
        return self.sess.run([self.td_error, self.train_op], {self.s: s, self.r: r})[0]


actor, critic = Actor(sess), Critic(sess)
sess.run(tf.global_variables_initializer())
for episode in range(120):
    s = np.random.uniform(-1, 1, [32, 1])
    a = actor.choose_action(s)
    r = -(a - 1.2 * s) ** 2  # the best action is 1.2 times the state
    td_error = critic.learn(s, r)
    _, exp_v = sess.run([actor.train_op, actor.exp_v], {actor.s: s, actor.a: a, actor.td_error: td_error})
    if episode == 0:
        print('RESULT first', exp_v, td_error.mean())
    if episode % 30 == 0:
        print('episode', episode, 'reward', r.mean())

states = np.array([[-0.8], [0.], [0.8]])
mu = sess.run(actor.mu, {actor.s: states})
print(np.hstack([states, mu]))
print('RESULT increases', bool(mu[0, 0] < mu[1, 0] < mu[2, 0]))
print('RESULT near', bool(np.abs(mu - 1.2 * states).max() < 0.6))
print('RESULT names', ','.join(v.name for v in tf.trainable_variables()))
