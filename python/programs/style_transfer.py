"""The image is the variable: content and Gram-matrix style of fixed filters, descended with gradients by the image."""

import numpy as np
import tensorflow as tf

rng = np.random.RandomState(5)
rows, columns = np.mgrid[0:12, 0:12]
content = np.stack([(rows > 5), (columns > 5), (rows == columns)], 2).astype(np.float32)
style = np.stack([(rows % 3 == 0)] * 3, 2).astype(np.float32) * rng.rand(3).astype(np.float32)
filters = [rng.randn(3, 3, 3, 6).astype(np.float32) * 0.3, rng.randn(3, 3, 6, 8).astype(np.float32) * 0.2]


def features(image):
    layers, net = {}, tf.expand_dims(image, 0)
    for number, weights in enumerate(filters):
        with tf.name_scope("conv%d" % number):
            net = tf.nn.relu(tf.nn.conv2d(net, tf.constant(weights), [1, 1, 1, 1], "SAME"))
            layers["relu%d" % number] = net
            net = tf.nn.max_pool(net, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    return layers


def gram(layer):
    shape = tf.shape(layer)
    flat = tf.reshape(layer, tf.stack([-1, shape[3]]))
    return tf.matmul(flat, flat, transpose_a=True) / tf.to_float(shape[1] * shape[2] * shape[3])


image = tf.Variable(tf.clip_by_value(content + 0.1, 0.0, 1.0), name="image")
of_image, of_content, of_style = features(image), features(tf.constant(content)), features(tf.constant(style))
content_loss = tf.nn.l2_loss(of_image["relu1"] - of_content["relu1"]) / 100.0
grams = [(gram(of_image[name]), gram(of_style[name])) for name in of_image]
style_loss = tf.add_n([tf.reduce_sum(tf.squared_difference(*pair)) for pair in grams])
variation = tf.reduce_mean(tf.image.total_variation(image)) / 1000.0
loss = content_loss + style_loss + variation
train = tf.train.AdamOptimizer(0.02).minimize(loss, var_list=[image])
with tf.control_dependencies([train]):
    clip = image.assign(tf.clip_by_value(image, 0.0, 1.0))

# A dream: the gradient of one channel with respect to the input, normalized
score = tf.reduce_mean(of_image["relu1"][..., 3])
gradient = tf.gradients(score, image)[0]
normalized = gradient / (tf.math.reduce_std(gradient) + 1e-8)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print("RESULT start", *sess.run([content_loss, style_loss, variation]))
    print("RESULT dream", sess.run(score), *sess.run(normalized)[4, 4])
    for step in range(40):
        value, _ = sess.run([loss, clip.op])
        if step % 10 == 0:
            print("step", step, "loss", value)
    print("RESULT loss", value)
    print("RESULT pixel", *sess.run(image)[3, 7])
