"""Regression from a tf.data pipeline: slices, map, filter, batch, repeat, prefetch, one-shot and initializable."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(7)
x = rng.uniform(-1, 1, [50, 2]).astype(np.float32)
y = (x @ np.array([[2.], [-1.]]) + 0.5 + 0.1 * rng.randn(50, 1)).astype(np.float32)

training = tf.data.Dataset.from_tensor_slices((x, y))
training = training.filter(lambda x, y: tf.less(tf.reduce_max(tf.abs(x)), 0.95))
training = training.map(lambda x, y: (x * 2.0, y)).batch(10).repeat(30).prefetch(2)
x_batch, y_batch = training.make_one_shot_iterator().get_next()

w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
loss = tf.losses.mean_squared_error(y_batch, tf.matmul(x_batch, w) + b)
train_op = tf.train.GradientDescentOptimizer(0.1).minimize(loss)

# Fed arrays, taken through a placeholder when the iterator is initialized
features = tf.placeholder(tf.float32, [None, 2])
windows = tf.data.Dataset.from_tensor_slices(features).take(12).skip(2).batch(4)
iterator = windows.make_initializable_iterator()
window = iterator.get_next()

# A generator, with its types and shapes; zip; range; flat_map
def squares():
    for i in range(5):
        yield i, [float(i), float(i * i)]


generated = tf.data.Dataset.from_generator(squares, (tf.int64, tf.float32), (tf.TensorShape([]), tf.TensorShape([2])))
letters = tf.data.Dataset.range(3).flat_map(lambda i: tf.data.Dataset.from_tensors(i).repeat(2))
pairs = tf.data.Dataset.zip((generated, letters)).make_one_shot_iterator().get_next()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    steps, sizes = 0, []
    try:
        while True:
            _, loss_value, batch = sess.run([train_op, loss, x_batch])
            steps, sizes = steps + 1, sizes + [len(batch)]
    except tf.errors.OutOfRangeError:
        print("End of training dataset after", steps, "steps")
    print("RESULT steps", steps, *sizes[:5])
    print("RESULT loss", loss_value)
    print("RESULT w", *sess.run(w).ravel(), *sess.run(b))

    for name, data in (("first", x), ("second", -x)):
        sess.run(iterator.initializer, feed_dict={features: data})
        total = []
        while True:
            try:
                total.append(sess.run(window))
            except tf.errors.OutOfRangeError:
                break
        print("RESULT", name, len(total), len(total[-1]), np.concatenate(total).sum())

    rows = [sess.run(pairs) for _ in range(5)]
    print(rows[4])
    print("RESULT generated", *[int(n) for (n, _), _ in rows], *[pair[1] for (_, pair), _ in rows],
          *[l for _, l in rows])
print("RESULT types", training.output_types, training.output_shapes)
