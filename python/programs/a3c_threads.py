"""Workers in threads, each with a copy of the network, push gradients to a global one and pull its parameters."""

import threading

import numpy as np
import tensorflow as tf

N_WORKERS, MAX_GLOBAL_EP, GLOBAL_NET_SCOPE = 3, 90, 'Global_Net'
GLOBAL_EP, lock = 0, threading.Lock()


def init(seed):
    return tf.random_normal_initializer(0., .1, seed=seed)


class ACNet(object):
    def __init__(self, scope, globalAC=None):
        with tf.variable_scope(scope):
            self.s = tf.placeholder(tf.float32, [None, 4], 'S')
            with tf.variable_scope('actor'):
                l_a = tf.layers.dense(self.s, 12, tf.nn.relu6, kernel_initializer=init(1), name='la')
                self.a_prob = tf.layers.dense(l_a, 2, tf.nn.softmax, kernel_initializer=init(2), name='ap')
            with tf.variable_scope('critic'):
                l_c = tf.layers.dense(self.s, 12, tf.nn.relu6, kernel_initializer=init(3), name='lc')
                self.v = tf.layers.dense(l_c, 1, kernel_initializer=init(4), name='v')
            self.a_params = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope=scope + '/actor')
            self.c_params = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope=scope + '/critic')
            if globalAC is None:
                return
            self.a_his = tf.placeholder(tf.int32, [None, ], 'A')
            self.v_target = tf.placeholder(tf.float32, [None, 1], 'Vtarget')
            td = tf.subtract(self.v_target, self.v, name='TD_error')
            self.c_loss = tf.reduce_mean(tf.square(td))
            log_prob = tf.reduce_sum(tf.log(self.a_prob) * tf.one_hot(self.a_his, 2), axis=1, keep_dims=True)
            entropy = -tf.reduce_sum(self.a_prob * tf.log(self.a_prob + 1e-5), axis=1, keep_dims=True)
            self.a_loss = tf.reduce_mean(-(log_prob * tf.stop_gradient(td) + 0.001 * entropy))
            a_grads = tf.gradients(self.a_loss, self.a_params)
            c_grads = tf.gradients(self.c_loss, self.c_params)
            self.pull_op = [l.assign(g) for l, g in zip(self.a_params + self.c_params,
                                                        globalAC.a_params + globalAC.c_params)]
            self.push_op = [OPT_A.apply_gradients(zip(a_grads, globalAC.a_params)),
                            OPT_C.apply_gradients(zip(c_grads, globalAC.c_params))]


def work(number, net):
    """Chooses 0 or 1 at random positions; the right answer is where the position lies."""
    global GLOBAL_EP
    rng = np.random.RandomState(number)
    while not COORD.should_stop():
        where = rng.randint(0, 4, 16)
        states = np.eye(4)[where]
        prob = SESS.run(net.a_prob, {net.s: states})
        actions = (rng.rand(16) < prob[:, 1]).astype(int)
        rewards = (actions == (where >= 2)).astype(float)[:, None]
        SESS.run(net.push_op, {net.s: states, net.a_his: actions, net.v_target: rewards})
        SESS.run(net.pull_op)
        with lock:
            GLOBAL_EP += 1
            if GLOBAL_EP >= MAX_GLOBAL_EP:
                COORD.request_stop()


SESS = tf.Session()
with tf.device("/cpu:0"):
    OPT_A = tf.train.RMSPropOptimizer(0.02, name='RMSPropA')
    OPT_C = tf.train.RMSPropOptimizer(0.02, name='RMSPropC')
    GLOBAL_AC = ACNet(GLOBAL_NET_SCOPE)
    nets = [ACNet('W_%i' % i, GLOBAL_AC) for i in range(N_WORKERS)]

COORD = tf.train.Coordinator()
SESS.run(tf.global_variables_initializer())
print('RESULT start', *SESS.run(GLOBAL_AC.a_prob, {GLOBAL_AC.s: np.eye(4)})[0])
threads = [threading.Thread(target=work, args=(i, net)) for i, net in enumerate(nets)]
for thread in threads:
    thread.start()
COORD.join(threads)
prob, v = SESS.run([GLOBAL_AC.a_prob, GLOBAL_AC.v], {GLOBAL_AC.s: np.eye(4)})
print(np.hstack([prob, v]))
print('RESULT learned', *prob.argmax(1))
print('RESULT sure', bool(prob.max(1).min() > 0.8))
print('RESULT variables', len(tf.global_variables()), len(tf.trainable_variables()))
