"""A network that satisfies a differential equation: u'' + u = 0, u(0) = 0, u'(0) = 1, so u is the sine."""

import numpy as np
import tensorflow as tf


class PhysicsInformedNN:
    def __init__(self, layers):
        self.weights, self.biases = self.initialize_NN(layers)
        self.t_tf = tf.placeholder(tf.float32, shape=[None, 1])
        self.t0_tf = tf.placeholder(tf.float32, shape=[1, 1])
        self.u_pred, self.f_pred = self.net_u(self.t_tf), self.net_f(self.t_tf)
        u0 = self.net_u(self.t0_tf)
        u0_t = tf.gradients(u0, self.t0_tf)[0]
        at_start = tf.reduce_sum(tf.square(u0)) + tf.reduce_sum(tf.square(u0_t - 1.0))
        self.loss = tf.reduce_mean(tf.square(self.f_pred)) + at_start
        self.train_op_Adam = tf.train.AdamOptimizer(0.01).minimize(self.loss)
        self.sess = tf.Session(config=tf.ConfigProto(allow_soft_placement=True, log_device_placement=False))
        self.sess.run(tf.global_variables_initializer())

    def initialize_NN(self, layers):
        weights, biases = [], []
        for l in range(len(layers) - 1):
            weights.append(self.xavier_init([layers[l], layers[l + 1]], seed=l))
            biases.append(tf.Variable(tf.zeros([1, layers[l + 1]], dtype=tf.float32), dtype=tf.float32))
        return weights, biases

    def xavier_init(self, size, seed):
        xavier_stddev = np.sqrt(2 / (size[0] + size[1]))
        return tf.Variable(tf.truncated_normal(size, stddev=xavier_stddev, seed=seed), dtype=tf.float32)

    def neural_net(self, H):
        for W, b in list(zip(self.weights, self.biases))[:-1]:
            H = tf.tanh(tf.add(tf.matmul(H, W), b))
        return tf.add(tf.matmul(H, self.weights[-1]), self.biases[-1])

    def net_u(self, t):
        return self.neural_net(t)

    def net_f(self, t):
        u = self.net_u(t)
        u_t = tf.gradients(u, t)[0]
        u_tt = tf.gradients(u_t, t)[0]
        return u_tt + u

    def train(self, t, nIter):
        tf_dict = {self.t_tf: t, self.t0_tf: [[0.]]}
        losses = []
        for it in range(nIter):
            losses.append(self.sess.run([self.train_op_Adam, self.loss], tf_dict)[1])
            if it % 50 == 0:
                print('It: %d, Loss: %.3e' % (it, losses[-1]))
        return losses


t = np.linspace(0, 2, 25)[:, None]
model = PhysicsInformedNN([1, 12, 12, 1])
losses = model.train(t, 250)
u, f = model.sess.run([model.u_pred, model.f_pred], {model.t_tf: t, model.t0_tf: [[0.]]})
print("RESULT first_losses", *losses[:5])
print("RESULT fiftieth", losses[50])
print("RESULT solved", bool(np.abs(u - np.sin(t)).max() < 0.1), bool(losses[-1] < 0.02))
