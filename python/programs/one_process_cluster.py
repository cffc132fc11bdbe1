"""The names of distributed training in one process: a cluster of one worker, a device setter, a queue of tokens."""

import numpy as np
import tensorflow as tf

cluster = tf.train.ClusterSpec({"worker": ["localhost:0"]})
print("RESULT cluster", cluster.jobs, cluster.num_tasks("worker"), cluster.as_dict())
server = tf.train.Server.create_local_server()

rng = np.random.RandomState(3)
x_data = rng.rand(40, 2).astype(np.float32)
y_data = (x_data.sum(1, keepdims=True) > 1).astype(np.float32)

with tf.device(tf.train.replica_device_setter(ps_tasks=0, worker_device="/job:local/task:0/cpu:0")):
    global_step = tf.train.get_or_create_global_step()
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.placeholder(tf.float32, [None, 1])
    w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=tf.matmul(x, w) + b))
    train_op = tf.train.GradientDescentOptimizer(0.5).minimize(loss, global_step=global_step)

# Towers by hand, as for several devices: gradients averaged
tower_grads = []
optimizer = tf.train.GradientDescentOptimizer(0.5)
for i in range(2):
    with tf.device("/cpu:0"), tf.name_scope("tower_%d" % i):
        with tf.variable_scope("towers", reuse=i > 0):
            v = tf.get_variable("v", [2, 1], initializer=tf.ones_initializer())
            part = tf.reduce_mean(tf.square(tf.matmul(x[20 * i:20 * (i + 1)], v) - y[20 * i:20 * (i + 1)]))
            tower_grads.append(optimizer.compute_gradients(part, [v]))


def average_gradients(tower_grads):
    average_grads = []
    for grad_and_vars in zip(*tower_grads):
        grads = [tf.expand_dims(g, 0) for g, _ in grad_and_vars]
        grad = tf.reduce_mean(tf.concat(axis=0, values=grads), 0)
        average_grads.append((grad, grad_and_vars[0][1]))
    return average_grads


apply_op = optimizer.apply_gradients(average_gradients(tower_grads))
hooks = [tf.train.StopAtStepHook(last_step=30)]
feed = {x: x_data, y: y_data}
with tf.train.MonitoredTrainingSession(master=server.target, is_chief=True, hooks=hooks,
                                       log_step_count_steps=None) as mon_sess:
    while not mon_sess.should_stop():
        value, step, _ = mon_sess.run([loss, global_step, train_op], feed)
    print("worker 0 stopped")

with tf.Session(server.target) as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(10):
        sess.run(apply_op, feed)
    print("RESULT v", *sess.run(v).ravel())
print("RESULT loss", value)
print("RESULT variables", ",".join(v.name for v in tf.trainable_variables()))
