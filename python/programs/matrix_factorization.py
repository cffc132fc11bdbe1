"""Ratings from factors of users and items; the embeddings' sparse gradients, lazily applied, and a global bias."""

import numpy as np
import tensorflow as tf

USERS, ITEMS, DIM, BATCH_SIZE = 30, 20, 4, 50
rng = np.random.RandomState(21)
true_user, true_item = rng.randn(USERS, 2), rng.randn(ITEMS, 2)
all_pairs = np.array([(u, i) for u in range(USERS) for i in range(ITEMS)])
rng.shuffle(all_pairs)
rates = np.clip(np.round((true_user[all_pairs[:, 0]] * true_item[all_pairs[:, 1]]).sum(1) + 3), 1, 5).astype(np.float32)
train_pairs, test_pairs = all_pairs[:500], all_pairs[500:]


def inference_svd(user_batch, item_batch, user_num, item_num, dim):
    bias_global = tf.get_variable("bias_global", shape=[], initializer=tf.constant_initializer(3.0))
    w_bias_user = tf.get_variable("embd_bias_user", shape=[user_num], initializer=tf.zeros_initializer())
    w_bias_item = tf.get_variable("embd_bias_item", shape=[item_num], initializer=tf.zeros_initializer())
    bias_user = tf.nn.embedding_lookup(w_bias_user, user_batch, name="bias_user")
    bias_item = tf.nn.embedding_lookup(w_bias_item, item_batch, name="bias_item")
    w_user = tf.get_variable("embd_user", [user_num, dim],
                             initializer=tf.truncated_normal_initializer(stddev=0.3, seed=1))
    w_item = tf.get_variable("embd_item", [item_num, dim],
                             initializer=tf.truncated_normal_initializer(stddev=0.3, seed=2))
    embd_user = tf.nn.embedding_lookup(w_user, user_batch, name="embedding_user")
    embd_item = tf.nn.embedding_lookup(w_item, item_batch, name="embedding_item")
    infer = tf.reduce_sum(tf.multiply(embd_user, embd_item), 1)
    infer = tf.add(tf.add(tf.add(infer, bias_global), bias_user), bias_item, name="svd_inference")
    regularizer = tf.add(tf.nn.l2_loss(embd_user), tf.nn.l2_loss(embd_item), name="svd_regularizer")
    return infer, regularizer


user_batch = tf.placeholder(tf.int32, shape=[None], name="id_user")
item_batch = tf.placeholder(tf.int32, shape=[None], name="id_item")
rate_batch = tf.placeholder(tf.float32, shape=[None])
infer, regularizer = inference_svd(user_batch, item_batch, USERS, ITEMS, DIM)
cost_l2 = tf.nn.l2_loss(tf.subtract(infer, rate_batch))
cost = tf.add(cost_l2, tf.multiply(regularizer, tf.constant(0.02, shape=[])))
global_step = tf.train.get_or_create_global_step()
train_ops = [tf.train.AdagradOptimizer(0.2).minimize(cost, global_step=global_step)]
with tf.variable_scope("once_more"):
    train_ops.append(tf.train.MomentumOptimizer(0.005, 0.5).minimize(cost))
rmse = tf.sqrt(tf.reduce_mean(tf.square(infer - rate_batch)))

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(8):
        for i in range(0, 500, BATCH_SIZE):
            users, items = train_pairs[i:i + BATCH_SIZE].T
            sess.run(train_ops[epoch % 2], {user_batch: users, item_batch: items, rate_batch: rates[i:i + BATCH_SIZE]})
        users, items = test_pairs.T
        error = sess.run(rmse, {user_batch: users, item_batch: items, rate_batch: rates[500:]})
        print("epoch {}: test rmse {:.4f}".format(epoch, error))
    print("RESULT rmse", error)
    print("RESULT first_rates", *sess.run(infer, {user_batch: users[:5], item_batch: items[:5]}))
    print("RESULT step", sess.run(global_step))
    print("RESULT names", ",".join(v.name for v in tf.global_variables()))
