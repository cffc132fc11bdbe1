"""Examples to a TFRecord file and back: python_io, the queue reader, and tf.data."""

import os
import tempfile

import numpy as np
import tensorflow as tf

path = os.path.join(tempfile.mkdtemp(), "images.tfrecord")
rng = np.random.RandomState(0)
images = rng.randint(0, 256, [12, 4, 4, 3]).astype(np.uint8)


def _int64_feature(value):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _bytes_feature(value):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


writer = tf.python_io.TFRecordWriter(path)
for label, image in enumerate(images):
    example = tf.train.Example(features=tf.train.Features(feature={
        'label': _int64_feature(label),
        'shape': tf.train.Feature(int64_list=tf.train.Int64List(value=image.shape)),
        'weights': tf.train.Feature(float_list=tf.train.FloatList(value=[0.5] * (label % 3))),
        'image': _bytes_feature(image.tobytes())}))
    writer.write(example.SerializeToString())
writer.close()

# What lies in the file, record by record
records = list(tf.python_io.tf_record_iterator(path))
first = tf.train.Example.FromString(records[5])
print("RESULT records", len(records), first.features.feature['label'].int64_list.value[0],
      len(first.SerializeToString()))


def parse(serialized):
    features = tf.parse_single_example(serialized, features={
        'label': tf.FixedLenFeature([], tf.int64),
        'shape': tf.FixedLenFeature([3], tf.int64),
        'weights': tf.VarLenFeature(tf.float32),
        'image': tf.FixedLenFeature([], tf.string)})
    image = tf.reshape(tf.decode_raw(features['image'], tf.uint8), features['shape'])
    image = tf.cast(image, tf.float32) / 255.0
    return image, features['label'], tf.sparse_tensor_to_dense(features['weights'])


# Through queues, shuffled
filename_queue = tf.train.string_input_producer([path], num_epochs=1)
_, serialized_example = tf.TFRecordReader().read(filename_queue)
image, label, _ = parse(serialized_example)
image.set_shape([4, 4, 3])
image_batch, label_batch = tf.train.shuffle_batch([image, label], batch_size=4, capacity=20, min_after_dequeue=4,
                                                  num_threads=2)

# Through tf.data
dataset = tf.data.TFRecordDataset([path]).map(parse)
image_one, label_one, weights_one = dataset.make_one_shot_iterator().get_next()
mean = tf.reduce_mean(image_one)

with tf.Session() as sess:
    sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    labels, total = [], 0.
    for _ in range(3):
        image_values, label_values = sess.run([image_batch, label_batch])
        labels, total = labels + list(label_values), total + image_values.sum()
    coord.request_stop()
    coord.join(threads)
    print("RESULT shuffled", *sorted(labels), total)
    values = [sess.run([label_one, mean, tf.shape(weights_one)[0]][:2] + [weights_one]) for _ in range(3)]
    print("RESULT data", *[number for label, mean, weights in values for number in (label, mean, weights.sum())])
