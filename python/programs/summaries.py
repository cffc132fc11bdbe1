"""Scalars, histograms and images to an event file, which is read back."""

import glob
import tempfile

import numpy as np
import tensorflow as tf

logdir = tempfile.mkdtemp()
rng = np.random.RandomState(2)
xs = rng.rand(30, 16).astype(np.float32)
ys = (xs.sum(1, keepdims=True) / 8).astype(np.float32)

with tf.name_scope("input"):
    x = tf.placeholder(tf.float32, [None, 16], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")
    tf.summary.image("pixels", tf.reshape(x, [-1, 4, 4, 1]), max_outputs=2)


def variable_summaries(var):
    """Attach a lot of summaries to a Tensor (for TensorBoard visualization)."""
    with tf.name_scope('summaries'):
        mean = tf.reduce_mean(var)
        tf.summary.scalar('mean', mean)
        with tf.name_scope('stddev'):
            stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
        tf.summary.scalar('stddev', stddev)
        tf.summary.histogram('histogram', var)


with tf.name_scope("layer"):
    W = tf.Variable(tf.random_normal([16, 1], stddev=0.1, seed=1), name="W")
    variable_summaries(W)
    prediction = tf.matmul(x, W)
loss = tf.reduce_mean(tf.squared_difference(prediction, y), name="loss")
loss_summary = tf.summary.scalar("loss", loss)
train_op = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
merged = tf.summary.merge_all()

with tf.Session() as sess:
    writer = tf.summary.FileWriter(logdir, sess.graph)
    sess.run(tf.global_variables_initializer())
    for i in range(11):
        if i % 5 == 0:
            summary = sess.run(merged, {x: xs, y: ys})
            writer.add_summary(summary, i)
        sess.run(train_op, {x: xs, y: ys})
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="by_hand", simple_value=1.5)]), 11)
    writer.close()

tags, losses, nodes = {}, [], 0
for path in glob.glob(logdir + "/events.out.tfevents.*"):
    for event in tf.train.summary_iterator(path):
        if event.HasField("graph_def"):
            nodes = len(tf.GraphDef.FromString(event.graph_def).node)
        for value in event.summary.value:
            tags[value.tag] = tags.get(value.tag, 0) + 1
            if value.tag.startswith("loss"):
                losses.append(value.simple_value)
            if value.tag.startswith("layer/summaries/histogram") and event.step == 0:
                histogram = value.histo
            if value.tag == "input/pixels/image/0":
                image = value.image
print(sorted(tags))
print("RESULT tags", ",".join("%s=%d" % pair for pair in sorted(tags.items())))
print("RESULT losses", *losses)
print("RESULT histogram", histogram.min, histogram.max, histogram.num, histogram.sum, histogram.sum_squares)
print("RESULT buckets", len(histogram.bucket), sum(histogram.bucket))
print("RESULT image", image.height, image.width, image.colorspace, image.encoded_image_string[1:4] == b"PNG")
print("RESULT graph", nodes > 50, loss_summary.op.type, loss_summary.name)
