"""A dense autoencoder: 32 numbers through a neck of 3, and back."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
angles = rng.uniform(0, 2 * np.pi, [200, 1])
data = (0.5 + 0.5 * np.sin(angles + np.linspace(0, 3, 32))).astype(np.float32)

num_hidden_1 = 16
num_hidden_2 = 3
num_input = 32

X = tf.placeholder("float", [None, num_input])
weights = {
    'encoder_h1': tf.Variable(tf.random_normal([num_input, num_hidden_1], stddev=0.3, seed=1)),
    'encoder_h2': tf.Variable(tf.random_normal([num_hidden_1, num_hidden_2], stddev=0.3, seed=2)),
    'decoder_h1': tf.Variable(tf.random_normal([num_hidden_2, num_hidden_1], stddev=0.3, seed=3)),
    'decoder_h2': tf.Variable(tf.random_normal([num_hidden_1, num_input], stddev=0.3, seed=4)),
}
biases = {
    'encoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'encoder_b2': tf.Variable(tf.zeros([num_hidden_2])),
    'decoder_b1': tf.Variable(tf.zeros([num_hidden_1])),
    'decoder_b2': tf.Variable(tf.zeros([num_input])),
}


def encoder(x):
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['encoder_h1']), biases['encoder_b1']))
    return tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['encoder_h2']), biases['encoder_b2']))


def decoder(x):
    layer_1 = tf.nn.sigmoid(tf.add(tf.matmul(x, weights['decoder_h1']), biases['decoder_b1']))
    return tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights['decoder_h2']), biases['decoder_b2']))


encoder_op = encoder(X)
decoder_op = decoder(encoder_op)
loss = tf.reduce_mean(tf.pow(X - decoder_op, 2))
optimizer = tf.train.RMSPropOptimizer(0.01).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(1, 201):
        batch_x = data[(50 * i) % 200:][:50]
        _, l = sess.run([optimizer, loss], feed_dict={X: batch_x})
        if i % 50 == 0 or i == 1:
            print('Step %i: Minibatch Loss: %f' % (i, l))
    neck, back = sess.run([encoder_op, decoder_op], feed_dict={X: data[:1]})
    print("RESULT loss", l)
    print("RESULT neck", *neck[0])
    print("RESULT reconstruction", *back[0, ::8])
