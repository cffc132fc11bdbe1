"""One model for two datasets: a reinitializable iterator, a feedable one, padded batches, shuffling, reduction."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
means = np.array([[1.5, 0], [-1.5, 0], [0, 2.0]])
labels = rng.randint(0, 3, 90)
points = (means[labels] + 0.6 * rng.randn(90, 2)).astype(np.float32)

train = tf.data.Dataset.from_tensor_slices((points[:60], labels[:60]))
train = train.shuffle(60, seed=1).batch(20, drop_remainder=True)
test = tf.data.Dataset.from_tensor_slices((points[60:], labels[60:])).batch(30)

iterator = tf.data.Iterator.from_structure(train.output_types, test.output_shapes)
features, label = iterator.get_next()
train_init, test_init = iterator.make_initializer(train), iterator.make_initializer(test)

logits = tf.layers.dense(tf.reshape(features, [-1, 2]), 3, kernel_initializer=tf.zeros_initializer())
entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits)
loss = tf.reduce_mean(entropy, name='loss')
optimizer = tf.train.AdamOptimizer(0.1).minimize(loss)
preds = tf.nn.softmax(logits)
correct_preds = tf.equal(tf.argmax(preds, 1), tf.cast(label, tf.int64))
accuracy = tf.reduce_sum(tf.cast(correct_preds, tf.float32))

# A handle says which of two iterators the graph reads from
counting = tf.data.Dataset.range(5)
down = counting.map(lambda i: 10 - i)
handle = tf.placeholder(tf.string, shape=[])
feedable = tf.data.Iterator.from_string_handle(handle, counting.output_types, counting.output_shapes)
number = feedable.get_next()
up_iterator, down_iterator = counting.make_one_shot_iterator(), down.make_initializable_iterator()

# Rows of unequal length, padded
ragged = tf.data.Dataset.range(1, 5).map(lambda n: tf.fill([n], n)).padded_batch(2, padded_shapes=[None])
padded = ragged.make_one_shot_iterator().get_next()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(15):
        sess.run(train_init)
        total_loss, n_batches, seen = 0, 0, 0
        try:
            while True:
                _, l, f = sess.run([optimizer, loss, features])
                total_loss, n_batches, seen = total_loss + l, n_batches + 1, seen + f.sum()
        except tf.errors.OutOfRangeError:
            pass
        if epoch % 5 == 0:
            print('Average loss epoch {0}: {1}'.format(epoch, total_loss / n_batches))
    print("RESULT seen", seen, n_batches)
    sess.run(test_init)
    right = sess.run(accuracy)
    print('Accuracy {0}'.format(right / 30))
    print("RESULT accurate", bool(right > 26))

    up_handle, down_handle = sess.run([up_iterator.string_handle(), down_iterator.string_handle()])
    sess.run(down_iterator.initializer)
    print("RESULT numbers", *[sess.run(number, {handle: h}) for h in (up_handle, down_handle, down_handle, up_handle)])
    print("RESULT padded", *sess.run(padded).ravel(), *sess.run(padded).ravel())
