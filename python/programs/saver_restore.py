"""Saving every few steps, going on after a restart, and reading a checkpoint's keys."""

import os
import tempfile

import numpy as np
import tensorflow as tf

folder = tempfile.mkdtemp()
rng = np.random.RandomState(3)
x = rng.randn(64, 3).astype(np.float32)
y = x @ np.array([[1.], [2.], [3.]], np.float32)


def build():
    tf.reset_default_graph()
    X = tf.placeholder(tf.float32, [None, 3], name="X")
    with tf.variable_scope("model"):
        hidden = tf.layers.dense(X, 5, tf.nn.tanh, kernel_initializer=tf.random_normal_initializer(seed=1))
        out = tf.layers.dense(hidden, 1, kernel_initializer=tf.random_normal_initializer(seed=2), name="out")
    global_step = tf.Variable(0, trainable=False, name='global_step')
    cost = tf.reduce_mean(tf.square(out - y), name="cost")
    train_op = tf.train.AdamOptimizer(0.02).minimize(cost, global_step=global_step)
    return X, cost, train_op, global_step


def train(steps):
    X, cost, train_op, global_step = build()
    saver = tf.train.Saver(max_to_keep=2)
    with tf.Session() as sess:
        ckpt = tf.train.get_checkpoint_state(folder)
        if ckpt and tf.train.checkpoint_exists(ckpt.model_checkpoint_path):
            saver.restore(sess, ckpt.model_checkpoint_path)
        else:
            sess.run(tf.global_variables_initializer())
        print("starts at step", sess.run(global_step))
        for _ in range(steps):
            _, value = sess.run([train_op, cost], {X: x})
            if sess.run(global_step) % 10 == 0:
                saver.save(sess, os.path.join(folder, "dnn.ckpt"), global_step=global_step)
        return value, sess.run(global_step)


first = train(20)
second = train(20)
print("RESULT cost", first[0], second[0])
print("RESULT step", first[1], second[1])
latest = tf.train.latest_checkpoint(folder)
print("RESULT latest", os.path.basename(latest), len(tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths))

# The keys, and one variable into another
reader = tf.train.NewCheckpointReader(latest)
shapes = reader.get_variable_to_shape_map()
print("RESULT keys", ",".join(sorted(shapes)))
print("RESULT tensor", *reader.get_tensor("model/out/bias"), *reader.get_tensor("model/dense/kernel")[0])
tf.reset_default_graph()
renamed = tf.get_variable("renamed", [5, 1])
with tf.Session() as sess:
    tf.train.Saver({"model/out/kernel": renamed}).restore(sess, latest)
    print("RESULT renamed", *renamed.eval().ravel())

# The graph from its meta file
tf.reset_default_graph()
with tf.Session() as sess:
    saver = tf.train.import_meta_graph(latest + ".meta")
    saver.restore(sess, latest)
    print("RESULT imported", sess.run("cost:0", {"X:0": x}))
