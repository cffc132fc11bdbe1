"""A CSV file through string_input_producer, TextLineReader and train.batch into a regression."""

import os
import tempfile

import numpy as np
import tensorflow as tf

# A file such as a survey gives: id, two numbers, present or absent, the target
rng = np.random.RandomState(1)
folder = tempfile.mkdtemp()
DATA_PATH = os.path.join(folder, "heart.csv")
with open(DATA_PATH, "w") as f:
    f.write("id,age,weight,famhist,target\n")
    for i in range(40):
        age, weight, present = rng.randint(20, 60), rng.rand(), rng.rand() < 0.5
        f.write("%d,%d,%.3f,%s,%.4f\n" % (i, age, weight, "Present" if present else "", age / 20. - weight + present))

BATCH_SIZE = 8
filename_queue = tf.train.string_input_producer([DATA_PATH], num_epochs=12, shuffle=False)
reader = tf.TextLineReader(skip_header_lines=1)  # skip the first line in the file
_, value = reader.read(filename_queue)

# record_defaults are the default values in case some of our columns are empty
record_defaults = [[0], [0.0], [0.0], ['Absent'], [0.0]]
content = tf.decode_csv(value, record_defaults=record_defaults)
# convert the 4th column (present/absent) to the binary value 0 and 1
condition = tf.equal(content[3], tf.constant('Present'))
content[3] = tf.where(condition, tf.constant(1.0), tf.constant(0.0))
features = tf.stack([content[1] / 20.0, content[2], content[3]])
number_batch, data_batch, label_batch = tf.train.batch([content[0], features, content[4]], batch_size=BATCH_SIZE,
                                                       capacity=BATCH_SIZE * 4)
W = tf.Variable(tf.zeros([3, 1]))
b = tf.Variable(0.0)
loss = tf.reduce_mean(tf.square(tf.squeeze(tf.matmul(data_batch, W), 1) + b - label_batch))
train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)

with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    steps, order = 0, []
    try:
        while not coord.should_stop():
            _, numbers, l = sess.run([train, number_batch, loss])
            order += list(numbers)
            steps += 1
    except tf.errors.OutOfRangeError:
        print("Done training for", steps, "steps")
    finally:
        coord.request_stop()
    coord.join(threads)
    print("RESULT steps", steps)
    print("RESULT in_order", order == list(range(40)) * 12)
    print("RESULT loss", l)
    print("RESULT W", *sess.run(W).ravel(), sess.run(b))
