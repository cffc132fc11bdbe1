"""tf.test.TestCase: its assertions and sessions, a gradient checker; the program runs its own tests."""

import unittest

import numpy as np
import tensorflow as tf


def softmax(x):
    shifted = x - tf.reduce_max(x, 1, keepdims=True)
    e = tf.exp(shifted)
    return e / tf.reduce_sum(e, 1, keepdims=True)


class SoftmaxTest(tf.test.TestCase):

    def setUp(self):
        super(SoftmaxTest, self).setUp()
        self.x = np.array([[1., 2., 3.], [1000., 0., -1000.]], np.float32)

    def testAgainstLibrary(self):
        with self.test_session():
            self.assertAllClose(softmax(self.x).eval(), tf.nn.softmax(self.x).eval())

    def testSums(self):
        with self.test_session() as sess:
            sums = sess.run(tf.reduce_sum(softmax(self.x), 1))
            self.assertAllEqual(sums.shape, [2])
            self.assertAllClose(sums, [1., 1.], rtol=1e-6)
            self.assertNear(sums[0], 1.0, 1e-6)

    def testShape(self):
        self.assertEqual(softmax(tf.placeholder(tf.float32, [None, 7])).get_shape().as_list(), [None, 7])
        self.assertShapeEqual(self.x, softmax(self.x))

    def testGradient(self):
        with self.test_session():
            x = tf.constant(self.x[:1])
            error = tf.test.compute_gradient_error(x, [1, 3], softmax(x), [1, 3], x_init_value=self.x[:1], delta=1e-2)
            self.assertLess(error, 1e-3)

    def testRefuses(self):
        with self.assertRaisesRegexp(ValueError, "MatMul"):
            tf.matmul(tf.ones([1, 2]), tf.ones([3, 4]))
        with self.test_session() as sess:
            with self.assertRaises(tf.errors.InvalidArgumentError):
                sess.run(tf.placeholder(tf.float32, [2]) + 1.0)

    def testFails(self):
        with self.assertRaises(AssertionError):
            self.assertAllClose([1.0, 2.0], [1.0, 2.1])


if __name__ == "__main__":
    # tf.test.main() would end the program. (test_session is a test by its name, and is skipped.)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(SoftmaxTest)
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    print("RESULT tests", result.testsRun - len(result.skipped), len(result.failures) + len(result.errors))
