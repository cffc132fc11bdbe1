"""REINFORCE on a bandit with a context: the policy's log-probability times a normalized reward."""

import numpy as np
import tensorflow as tf

np.random.seed(2)
N_FEATURES, N_ACTIONS = 3, 3


class PolicyGradient:
    def __init__(self, learning_rate=0.02):
        self.ep_obs, self.ep_as, self.ep_rs = [], [], []
        with tf.name_scope('inputs'):
            self.tf_obs = tf.placeholder(tf.float32, [None, N_FEATURES], name="observations")
            self.tf_acts = tf.placeholder(tf.int32, [None, ], name="actions_num")
            self.tf_vt = tf.placeholder(tf.float32, [None, ], name="actions_value")
        layer = tf.layers.dense(inputs=self.tf_obs, units=10, activation=tf.nn.tanh, name='fc1',
                                kernel_initializer=tf.random_normal_initializer(mean=0, stddev=0.3, seed=1),
                                bias_initializer=tf.constant_initializer(0.1))
        all_act = tf.layers.dense(inputs=layer, units=N_ACTIONS, activation=None, name='fc2',
                                  kernel_initializer=tf.random_normal_initializer(mean=0, stddev=0.3, seed=2))
        self.all_act_prob = tf.nn.softmax(all_act, name='act_prob')
        with tf.name_scope('loss'):
            neg_log_prob = tf.reduce_sum(-tf.log(self.all_act_prob) * tf.one_hot(self.tf_acts, N_ACTIONS), axis=1)
            self.loss = tf.reduce_mean(neg_log_prob * self.tf_vt)
        with tf.name_scope('train'):
            self.train_op = tf.train.AdamOptimizer(learning_rate).minimize(self.loss)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def choose_action(self, observation):
        prob_weights = self.sess.run(self.all_act_prob, feed_dict={self.tf_obs: observation[np.newaxis, :]})
        return np.random.choice(range(prob_weights.shape[1]),
                                p=prob_weights.ravel().astype(float) / prob_weights.sum(dtype=float))

    def store_transition(self, s, a, r):
        self.ep_obs.append(s)
        self.ep_as.append(a)
        self.ep_rs.append(r)

    def learn(self):
        rewards = np.array(self.ep_rs, float)
        rewards = (rewards - rewards.mean()) / (rewards.std() + 1e-8)
        _, loss = self.sess.run([self.train_op, self.loss], feed_dict={
            self.tf_obs: np.vstack(self.ep_obs), self.tf_acts: np.array(self.ep_as), self.tf_vt: rewards})
        mean = np.mean(self.ep_rs)
        self.ep_obs, self.ep_as, self.ep_rs = [], [], []
        return loss, mean


agent = PolicyGradient()
for episode in range(60):
    for _ in range(20):
        context = np.random.randint(N_FEATURES)
        observation = np.eye(N_FEATURES)[context]
        action = agent.choose_action(observation)
        agent.store_transition(observation, action, 1.0 if action == (context + 1) % N_ACTIONS else 0.0)
    loss, reward = agent.learn()
    if episode == 0:
        print('RESULT first', loss, reward)
    if episode % 15 == 0:
        print('episode', episode, 'reward', reward)
prob = agent.sess.run(agent.all_act_prob, {agent.tf_obs: np.eye(3)})
print(prob)
print('RESULT learned', *prob.argmax(1))
print('RESULT sure', bool(prob.max(1).min() > 0.6))
