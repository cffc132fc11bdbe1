"""Every kind of random tensor by its seeds: the same in each run of a program, new in each run of a session."""

import numpy as np
import tensorflow as tf

normal = tf.random_normal([4], mean=1.0, stddev=2.0, seed=12)
uniform = tf.random_uniform([4], -10, 10, seed=2)
integers = tf.random_uniform([6], 0, 100, dtype=tf.int32, seed=3)
truncated = tf.truncated_normal([4], seed=4)
double = tf.random_normal([3], dtype=tf.float64, seed=5)
shuffled = tf.random_shuffle(tf.range(8), seed=6)
drawn = tf.multinomial(tf.log([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]]), 8, seed=7)
gamma = tf.random_gamma([3], alpha=[0.5, 2.0], seed=8)
poisson = tf.random_poisson([1.0, 10.0], [4], seed=9)
cropped = tf.random_crop(tf.reshape(tf.range(30), [5, 6]), [2, 3], seed=10)
glorot = tf.get_variable("glorot", [3, 3], initializer=tf.glorot_uniform_initializer(seed=1))
scaled = tf.get_variable("scaled", [3, 3], initializer=tf.variance_scaling_initializer(2.0, "fan_in", seed=1))
orthogonal = tf.get_variable("orthogonal", [4, 4], initializer=tf.orthogonal_initializer(seed=1))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT normal", *sess.run(normal), *sess.run(normal))
    print("RESULT uniform", *sess.run(uniform), *sess.run(integers))
    print("RESULT truncated", *sess.run(truncated), *sess.run(double))
    print("RESULT shuffled", *sess.run(shuffled))
    print("RESULT drawn", *sess.run(drawn).ravel())
    print("RESULT gamma", *sess.run(gamma).ravel(), *sess.run(poisson).ravel())
    print("RESULT cropped", *sess.run(cropped).ravel())
    print("RESULT initializers", *sess.run(glorot)[0], *sess.run(scaled)[0])
    q = sess.run(orthogonal)
    print("RESULT orthogonal", np.abs(q.T @ q - np.eye(4)).max())

with tf.Session() as sess:  # a session begins anew
    print("RESULT again", *sess.run(normal))

# Seeds of a graph and of an op
for graph_seed, op_seed in ((1, None), (None, 1), (1, 2)):
    values = []
    for _ in range(2):
        with tf.Graph().as_default():
            tf.set_random_seed(graph_seed)
            c = tf.random_uniform([2], seed=op_seed)
            with tf.Session() as sess:
                values.append(sess.run(c))
    print(graph_seed, op_seed, values[0])
    print("RESULT graph_%s_op_%s" % (graph_seed, op_seed), bool((values[0] == values[1]).all()),
          values[0] if op_seed else "")
