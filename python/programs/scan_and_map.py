"""map_fn, scan, foldl and foldr, with several tensors, and a hidden Markov model's forward pass."""

import numpy as np
import tensorflow as tf

elems = tf.constant([1., 2., 3., 4., 5., 6.])
squares = tf.map_fn(lambda x: x * x, elems)
alternates = tf.map_fn(lambda pair: pair[0] * pair[1], (elems, tf.constant([1., -1., 1., -1., 1., -1.])),
                       dtype=tf.float32)
two = tf.map_fn(lambda x: (x, -x), elems, dtype=(tf.float32, tf.float32))
total = tf.foldl(lambda a, x: a + x, elems)
right = tf.foldr(lambda a, x: a - x, elems)
sums = tf.scan(lambda a, x: a + x, elems)
backwards = tf.scan(lambda a, x: a * 0.5 + x, elems, reverse=True)
fibonacci = tf.scan(lambda a, _: (a[1], a[0] + a[1]), np.arange(10), initializer=(np.array(0), np.array(1)))
determinants = tf.map_fn(tf.matrix_determinant, tf.reshape(tf.range(12.0), [3, 2, 2]) ** 2)


class HMM(object):
    """Forward probabilities by scan; alpha is normalized in each step and the logarithms of the norms are summed."""

    def __init__(self, initial, transition, emission):
        self.initial = tf.constant(initial, tf.float64)
        self.transition = tf.constant(transition, tf.float64)
        self.emission = tf.constant(emission, tf.float64)

    def forward(self, observations):
        first = self.initial * self.emission[:, observations[0]]

        def step(before, observation):
            alpha, _ = before
            alpha = tf.reduce_sum(tf.expand_dims(alpha, 1) * self.transition, 0)
            alpha *= tf.gather(self.emission, observation, axis=1)
            norm = tf.reduce_sum(alpha)
            return alpha / norm, norm

        norm = tf.reduce_sum(first)
        alphas, norms = tf.scan(step, observations[1:], initializer=(first / norm, norm))
        return alphas, tf.log(norm) + tf.reduce_sum(tf.log(norms))


model = HMM([0.6, 0.4], [[0.7, 0.3], [0.4, 0.6]], [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])
alphas, likelihood = model.forward(tf.constant([0, 1, 2, 2, 0]))

# A recurrent net by scan, and its gradient
W = tf.Variable(np.random.RandomState(1).randn(3, 3) * 0.5)
states = tf.scan(lambda h, x: tf.tanh(tf.matmul(h, W) + x), np.random.RandomState(2).randn(5, 1, 3),
                 initializer=np.zeros([1, 3]))
gradient = tf.gradients(tf.reduce_sum(states[-1] ** 2), W)[0]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(sums))
    print("RESULT maps", *sess.run(squares), *sess.run(alternates), *sess.run(two)[1])
    print("RESULT folds", *sess.run([total, right]))
    print("RESULT scans", *sess.run(sums), *sess.run(backwards), *sess.run(fibonacci)[0])
    print("RESULT determinants", *sess.run(determinants))
    print("RESULT forward", sess.run(likelihood), *sess.run(alphas)[-1])
    print("RESULT recurrent", *sess.run(states)[-1].ravel())
    print("RESULT gradient", *sess.run(gradient).ravel())
