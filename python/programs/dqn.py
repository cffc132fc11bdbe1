"""Deep Q-learning on a corridor: an evaluation net, a target net, replacement ops and a replay memory."""

import numpy as np
import tensorflow as tf

np.random.seed(1)


class Corridor:
    """Seven cells; the agent starts in the middle, reward 1 at the right end, 0 at the left."""

    n_actions, n_features = 2, 7

    def reset(self):
        self.at = 3
        return np.eye(7)[self.at]

    def step(self, action):
        self.at += 1 if action == 1 else -1
        return np.eye(7)[self.at], float(self.at == 6), self.at in (0, 6)


class DeepQNetwork:
    def __init__(self, n_actions, n_features, gamma=0.9):
        self.n_actions, self.gamma = n_actions, gamma
        self.memory, self.losses = [], []
        self.s = tf.placeholder(tf.float32, [None, n_features], name='s')
        self.s_ = tf.placeholder(tf.float32, [None, n_features], name='s_')
        self.r = tf.placeholder(tf.float32, [None, ], name='r')
        self.a = tf.placeholder(tf.int32, [None, ], name='a')
        self.done = tf.placeholder(tf.float32, [None, ], name='done')
        with tf.variable_scope('eval_net'):
            self.q_eval = self._net(self.s, 1)
        with tf.variable_scope('target_net'):
            self.q_next = self._net(self.s_, 3)
        q_target = tf.stop_gradient(self.r + self.gamma * (1 - self.done) * tf.reduce_max(self.q_next, axis=1))
        a_indices = tf.stack([tf.range(tf.shape(self.a)[0], dtype=tf.int32), self.a], axis=1)
        q_eval_wrt_a = tf.gather_nd(params=self.q_eval, indices=a_indices)
        self.loss = tf.reduce_mean(tf.squared_difference(q_target, q_eval_wrt_a, name='TD_error'))
        self.train = tf.train.RMSPropOptimizer(0.01).minimize(self.loss)
        t_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='target_net')
        e_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='eval_net/')[:len(t_params)]
        self.target_replace_op = [tf.assign(t, e) for t, e in zip(t_params, e_params)]
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def _net(self, s, seed):
        first, second = (tf.random_normal_initializer(0., 0.3, seed=seed + i) for i in range(2))
        hidden = tf.layers.dense(s, 10, tf.nn.relu, name='e1', kernel_initializer=first)
        return tf.layers.dense(hidden, self.n_actions, name='q', kernel_initializer=second)

    def choose_action(self, observation, epsilon):
        if np.random.uniform() < epsilon:
            return np.argmax(self.sess.run(self.q_eval, feed_dict={self.s: observation[np.newaxis]}))
        return np.random.randint(0, self.n_actions)

    def learn(self):
        if len(self.losses) % 20 == 0:
            self.sess.run(self.target_replace_op)
        rows = [self.memory[i] for i in np.random.choice(len(self.memory), size=16)]
        s, a, r, s_, done = (np.array(column) for column in zip(*rows))
        feed = {self.s: s, self.a: a, self.r: r, self.s_: s_, self.done: done}
        self.losses.append(self.sess.run([self.train, self.loss], feed_dict=feed)[1])


env = Corridor()
agent = DeepQNetwork(env.n_actions, env.n_features)
for episode in range(30):
    observation, done, steps = env.reset(), False, 0
    while not done and steps < 30:
        action = agent.choose_action(observation, epsilon=min(0.9, episode / 20))
        observation_, reward, done = env.step(action)
        agent.memory.append((observation, action, reward, observation_, float(done)))
        if len(agent.memory) > 16:
            agent.learn()
        observation, steps = observation_, steps + 1
    print('episode', episode, 'steps', steps, 'reward', reward)

values = agent.sess.run(agent.q_eval, {agent.s: np.eye(7)[1:6]})
print(values)
print('RESULT first_losses', *agent.losses[:3])
print('RESULT steps', len(agent.losses) > 50)
print('RESULT goes_right', *values.argmax(1))
print('RESULT discounted', bool(np.all(np.abs(values[1:, 1] - 0.9 ** np.arange(3, -1, -1)) < 0.3)))
