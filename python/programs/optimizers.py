"""Nine optimizers on one valley: where each is after thirty steps, and what slots it keeps."""

import tensorflow as tf


def beale(x, y):
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2


optimizers = {
    "sgd": tf.train.GradientDescentOptimizer(0.01),
    "momentum": tf.train.MomentumOptimizer(0.005, momentum=0.9),
    "nesterov": tf.train.MomentumOptimizer(0.005, momentum=0.9, use_nesterov=True),
    "adagrad": tf.train.AdagradOptimizer(0.3),
    "adadelta": tf.train.AdadeltaOptimizer(learning_rate=5.0, rho=0.9, epsilon=1e-3),
    "rmsprop": tf.train.RMSPropOptimizer(0.02, decay=0.9, momentum=0.5),
    "centered": tf.train.RMSPropOptimizer(0.02, centered=True),
    "adam": tf.train.AdamOptimizer(0.1, beta1=0.8),
    "ftrl": tf.train.FtrlOptimizer(0.3, l1_regularization_strength=0.01),
    "proximal": tf.train.ProximalGradientDescentOptimizer(0.01, l2_regularization_strength=0.1),
    "proximal_adagrad": tf.train.ProximalAdagradOptimizer(0.3, l1_regularization_strength=0.01),
    "adagrad_da": None,
}
global_step = tf.train.get_or_create_global_step()
optimizers["adagrad_da"] = tf.train.AdagradDAOptimizer(0.3, global_step)

variables, losses, steps = {}, {}, []
for name, optimizer in optimizers.items():
    with tf.variable_scope(name):
        x, y = tf.Variable(1.0, name="x"), tf.Variable(0.8, name="y")
        variables[name], losses[name] = (x, y), beale(x, y)
        step = None if name != "adagrad_da" else global_step
        steps.append(optimizer.minimize(losses[name], global_step=step))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(30):
        sess.run(steps)
    for name, optimizer in optimizers.items():
        where, loss = sess.run([variables[name], losses[name]])
        print("%-17s at (%.4f, %.4f), loss %.5f" % (name, where[0], where[1], loss))
        print("RESULT", name, *where, loss)
        slots = [(slot, optimizer.get_slot(variables[name][0], slot).name) for slot in optimizer.get_slot_names()]
        print("RESULT %s_slots %s" % (name, ",".join("%s=%s" % pair for pair in slots)))
    beta1, beta2 = [v for v in tf.global_variables() if v.name.startswith("adam/beta")]
    print("RESULT powers", beta1.name, beta2.name)
