"""An encoder and a decoder learn to reverse short words, letter by letter."""

import numpy as np
import tensorflow as tf

# S: Symbol that shows starting of decoding input
# E: Symbol that shows ending of decoding output
# P: Symbol that will fill in blank sequence
char_arr = [c for c in 'SEPabcdefghijklmnopqrstuvwxyz']
num_dic = {n: i for i, n in enumerate(char_arr)}
dic_len = len(num_dic)
seq_data = [w.ljust(5, 'P') for w in ('graph', 'node', 'loss', 'step', 'layer', 'bias', 'feed', 'rate')]


def make_batch(seq_data):
    encoded = [[num_dic[c] for c in word] for word in seq_data]
    reverse = [word.rstrip('P')[::-1].ljust(5, 'P') for word in seq_data]
    inputs = [np.eye(dic_len)[ids] for ids in encoded]
    outputs = [np.eye(dic_len)[[num_dic[n] for n in 'S' + word]] for word in reverse]
    targets = [[num_dic[n] for n in word + 'E'] for word in reverse]
    return inputs, outputs, targets


n_hidden = 24
enc_input = tf.placeholder(tf.float32, [None, None, dic_len])
dec_input = tf.placeholder(tf.float32, [None, None, dic_len])
targets = tf.placeholder(tf.int64, [None, None])


def init(seed):
    return tf.random_uniform_initializer(-0.25, 0.25, seed=seed)


with tf.variable_scope('encode', initializer=init(1)):
    enc_cell = tf.nn.rnn_cell.BasicRNNCell(n_hidden)
    enc_cell = tf.nn.rnn_cell.DropoutWrapper(enc_cell, output_keep_prob=1.0)
    outputs, enc_states = tf.nn.dynamic_rnn(enc_cell, enc_input, dtype=tf.float32)
with tf.variable_scope('decode', initializer=init(2)):
    dec_cell = tf.nn.rnn_cell.BasicRNNCell(n_hidden)
    outputs, dec_states = tf.nn.dynamic_rnn(dec_cell, dec_input, initial_state=enc_states, dtype=tf.float32)

model = tf.layers.dense(outputs, dic_len, activation=None, kernel_initializer=init(3))
weights = tf.cast(tf.not_equal(targets, num_dic['P']), tf.float32)
cost = tf.contrib.seq2seq.sequence_loss(logits=model, targets=targets, weights=weights)
optimizer = tf.train.AdamOptimizer(0.01).minimize(cost)

sess = tf.Session()
sess.run(tf.global_variables_initializer())
input_batch, output_batch, target_batch = make_batch(seq_data)
feed = {enc_input: input_batch, dec_input: output_batch, targets: target_batch}
for epoch in range(60):
    _, loss = sess.run([optimizer, cost], feed_dict=feed)
    if epoch == 0:
        print('RESULT first', loss)
    if epoch % 20 == 0:
        print('Epoch:', '%04d' % (epoch + 1), 'cost =', '{:.6f}'.format(loss))

prediction = sess.run(tf.argmax(model, 2), feed_dict=feed)
for word, row in zip(seq_data, prediction):
    print(word, '->', ''.join(char_arr[i] for i in row).split('E')[0].replace('P', ''))
print('RESULT loss', loss)
print('RESULT letters_right', ((prediction == target_batch) * (np.array(target_batch) != 2)).sum() > 20)
print('RESULT names', ','.join(v.name for v in tf.trainable_variables()))
