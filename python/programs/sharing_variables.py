"""Variable scopes: one weight in many places, reuse and its errors, scopes' names against name scopes."""

import numpy as np
import tensorflow as tf

with tf.name_scope("a_name_scope"):
    initializer = tf.constant_initializer(value=1)
    var1 = tf.get_variable(name='var1', shape=[1], dtype=tf.float32, initializer=initializer)
    var2 = tf.Variable(name='var2', initial_value=[2], dtype=tf.float32)
    var21 = tf.Variable(name='var2', initial_value=[2.1], dtype=tf.float32)
with tf.variable_scope("a_variable_scope") as scope:
    var3 = tf.get_variable(name='var3', shape=[1], dtype=tf.float32, initializer=tf.constant_initializer(value=3))
    scope.reuse_variables()
    var3_reuse = tf.get_variable(name='var3')
    var4 = tf.Variable(name='var4', initial_value=[4], dtype=tf.float32)
    var4_reuse = tf.Variable(name='var4', initial_value=[4], dtype=tf.float32)

print("RESULT names", var1.name, var2.name, var21.name, var3.name, var4.name, var4_reuse.name, var3 is var3_reuse)


def tower(x, scope_name, reuse=None):
    with tf.variable_scope(scope_name, reuse=reuse, initializer=tf.random_normal_initializer(0, 0.5, seed=1)) as scope:
        w = tf.get_variable("w", [3, 2], regularizer=tf.contrib.layers.l2_regularizer(0.1))
        with tf.variable_scope("inner"):
            b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
        h = tf.add(tf.matmul(x, w), b, name="sum")
        return tf.nn.relu(h), scope.name, tf.get_variable_scope().reuse


left = tf.placeholder(tf.float32, [None, 3])
right = tf.placeholder(tf.float32, [None, 3])
a, first_name, first_reuse = tower(left, "siamese")
b, second_name, second_reuse = tower(right, "siamese", reuse=True)
c, _, _ = tower(right, "siamese", reuse=tf.AUTO_REUSE)
print("RESULT outputs", a.name, b.name, c.name, first_reuse, second_reuse)

messages = []
for kind, call in (("exists", lambda: tower(left, "siamese")), ("missing", lambda: tower(left, "other", reuse=True))):
    try:
        call()
    except ValueError as error:
        messages.append((kind, "already exists" in str(error), "does not exist" in str(error)))
print("RESULT errors", messages)

scale = tf.constant_initializer(2.5)
shared = tf.make_template("shared", lambda t: t * tf.get_variable("scale", [], initializer=scale))
twice = shared(shared(a))
distance = tf.reduce_sum(tf.square(a - b), 1)
loss = tf.reduce_mean(distance + tf.reduce_sum(twice, 1)) + tf.losses.get_regularization_loss()
train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

rng = np.random.RandomState(0)
feed = {left: rng.randn(10, 3), right: rng.randn(10, 3)}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(10):
        value = sess.run([loss, train], feed)[0]
    print("RESULT loss", value)
    print("RESULT difference", np.abs(sess.run(b - c, feed)).max())
    print("RESULT trainable", ",".join(v.name for v in tf.trainable_variables()))
    print("RESULT in_scope",
          ",".join(v.name for v in tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="siamese")))
