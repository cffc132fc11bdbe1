"""Gradients of one's own: custom_gradient, RegisterGradient with gradient_override_map, stop_gradient."""

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)

    def grad(dy):
        return dy * (1 - 1 / (1 + e))

    return tf.log(1 + e), grad


@tf.RegisterGradient("ClippedGrad")
def _clipped(op, grad):
    return tf.clip_by_value(grad, -0.1, 0.1)


@tf.RegisterGradient("FlippedGrad")
def _flipped(op, grad):
    return [tf.negative(grad) * 0.5]


def flip_gradient(x):
    g = tf.get_default_graph()
    with g.gradient_override_map({"Identity": "FlippedGrad"}):
        return tf.identity(x)


def binarize(x):
    """Steps forwards, a hard tanh backwards."""
    with ops.get_default_graph().gradient_override_map({"Sign": "ClippedGrad"}):
        return tf.sign(x)


x = tf.placeholder(tf.float32, [None])
y = log1pexp(x)
stable = tf.gradients(y, x)[0]
naive = tf.gradients(tf.log(1 + tf.exp(x)), x)[0]
flipped = tf.gradients(tf.square(flip_gradient(x)), x)[0]
binary = tf.gradients(3.0 * binarize(x), x)[0]
through = tf.gradients(x * 2.0 + tf.stop_gradient(tf.round(x) - x * 2.0), x)[0]
stopped = tf.gradients(x * tf.stop_gradient(x), x)[0]

# A domain-adversarial net: the features learn against the second head
features = tf.layers.dense(tf.constant([[1., 2.], [3., -1.]]), 3,
                           kernel_initializer=tf.random_normal_initializer(seed=1), name="features")
adversary = tf.layers.dense(flip_gradient(features), 1, kernel_initializer=tf.random_normal_initializer(seed=2),
                            name="adversary")
loss = tf.reduce_mean(tf.square(adversary - 1.0))
kernel_gradient = tf.gradients(loss, tf.trainable_variables("features/kernel"))[0]

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: [-2.0, 0.4, 100.0]}
    with_custom, without = sess.run([stable, naive], feed)
    print("custom", with_custom, "without", without)
    print("RESULT custom", *with_custom)
    print("RESULT naive_is_nan", bool(np.isnan(without[2])))
    print("RESULT flipped", *sess.run(flipped, feed))
    print("RESULT binary", *sess.run(binary, feed))
    print("RESULT through", *sess.run(through, feed))
    print("RESULT stopped", *sess.run(stopped, feed))
    print("RESULT adversary", sess.run(loss), *sess.run(kernel_gradient).ravel())
