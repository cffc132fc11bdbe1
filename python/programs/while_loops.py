"""tf.while_loop: Fibonacci, Newton's method, a gradient through a loop, nested loops, the Collatz sequence."""

import numpy as np
import tensorflow as tf

# Fibonacci
i, a, b = tf.constant(0), tf.constant(0, tf.int64), tf.constant(1, tf.int64)
_, fibonacci, _ = tf.while_loop(lambda i, a, b: i < 60, lambda i, a, b: (i + 1, b, a + b), [i, a, b])


# Newton's method for a square root, its derivative through the loop
def newton(y):
    def improve(guess, n):
        return 0.5 * (guess + y / guess), n + 1

    def far(guess, n):
        return tf.logical_and(tf.abs(guess * guess - y) > 1e-5, n < 50)

    return tf.while_loop(far, improve, [tf.ones_like(y), 0])


y = tf.placeholder(tf.float32, [])
root, iterations = newton(y)
slope = tf.gradients(root, y)[0]

# Power iteration with a growing tensor, whose shape is not the same in each turn
matrix = tf.constant([[2.0, 1.0], [1.0, 3.0]])


def turn(n, v, history):
    v = tf.matmul(matrix, v)
    v = v / tf.norm(v)
    return n + 1, v, tf.concat([history, tf.transpose(v)], 0)


_, vector, history = tf.while_loop(lambda n, v, h: tf.less(n, 25), turn,
                                   [tf.constant(0), tf.constant([[1.0], [0.0]]), tf.zeros([0, 2])],
                                   shape_invariants=[tf.TensorShape([]), tf.TensorShape([2, 1]),
                                                     tf.TensorShape([None, 2])])
eigenvalue = tf.reduce_sum(vector * tf.matmul(matrix, vector))


# A loop in a loop: the sum of i*j for j <= i
def inner(i):
    return tf.while_loop(lambda j, s: j <= i, lambda j, s: (j + 1, s + i * j), [tf.constant(0), tf.constant(0)])[1]


nested = tf.while_loop(lambda i, s: i < 6, lambda i, s: (i + 1, s + inner(i)), (tf.constant(0), tf.constant(0)))[1]

# A variable that is assigned in the body, a condition in it
counter = tf.Variable(0, trainable=False)


def collatz(n):
    with tf.control_dependencies([tf.assign_add(counter, 1)]):
        return tf.cond(tf.equal(n % 2, 0), lambda: n // 2, lambda: 3 * n + 1)


ended = tf.while_loop(lambda n: n > 1, collatz, [tf.constant(27)], parallel_iterations=1)

# A recurrence with weights that learn
w = tf.Variable(0.5)
unrolled = tf.while_loop(lambda k, h: k < 5, lambda k, h: (k + 1, tf.tanh(w * h + 1.0)), [0, tf.constant([0.1, -2.0])],
                         back_prop=True)[1]
gradient = tf.gradients(tf.reduce_sum(unrolled), w)[0]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT fibonacci", sess.run(fibonacci))
    print("RESULT newton", *sess.run([root, iterations, slope], {y: 7.0}))
    print("RESULT eigenvalue", *sess.run([eigenvalue, tf.shape(history)[0]]), *sess.run(history)[1])
    print("RESULT nested", sess.run(nested))
    print("RESULT collatz", sess.run(ended), sess.run(counter))
    print("RESULT recurrence", *sess.run(unrolled), sess.run(gradient))
