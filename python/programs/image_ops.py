"""Images: PNG and back, crops, flips, resizing, colours, patches, filters."""

import os
import tempfile

import numpy as np
import tensorflow as tf

height, width = 6, 8
red = np.linspace(0, 255, height * width).reshape(height, width)
image = np.stack([red, red[::-1], np.full_like(red, 90)], 2).astype(np.uint8)
folder = tempfile.mkdtemp()

encoded = tf.image.encode_png(image)
write = tf.write_file(os.path.join(folder, "one.png"), encoded)

# From a file through the reader of whole files
filename_queue = tf.train.string_input_producer(tf.train.match_filenames_once(os.path.join(folder, "*.png")))
key, value = tf.WholeFileReader().read(filename_queue)
decoded = tf.image.decode_png(value, channels=3)

picture = tf.placeholder(tf.uint8, [height, width, 3])
floats = tf.image.convert_image_dtype(picture, tf.float32)
flipped = tf.image.flip_left_right(picture)
turned = tf.image.rot90(tf.transpose(tf.image.flip_up_down(picture), [1, 0, 2]))
centre = tf.image.central_crop(picture, 0.5)
box = tf.image.crop_to_bounding_box(picture, 1, 2, 3, 4)
padded = tf.image.resize_image_with_crop_or_pad(picture, 8, 5)
bilinear = tf.image.resize_images(picture, [3, 4])
nearest = tf.image.resize_nearest_neighbor(tf.expand_dims(picture, 0), [9, 12])
cubic = tf.image.resize_images(floats, [5, 5], method=tf.image.ResizeMethod.BICUBIC)
gray = tf.image.rgb_to_grayscale(picture)
hsv = tf.image.rgb_to_hsv(floats)
brighter = tf.image.adjust_brightness(floats, 0.2)
contrast = tf.image.adjust_contrast(floats, 1.5)
hue = tf.image.adjust_hue(floats, 0.3)
standard = tf.image.per_image_standardization(picture)
random = tf.image.random_brightness(tf.image.random_flip_left_right(floats, seed=3), 0.3, seed=4)
patches = tf.extract_image_patches(tf.expand_dims(floats, 0), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
boxes = tf.image.non_max_suppression([[0., 0., 1., 1.], [0., .1, 1., 1.1], [0., 2., 1., 3.]], [.9, .8, .7], 3, 0.5)
variation = tf.image.total_variation(floats)

with tf.Session() as sess:
    sess.run(write)
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(coord=coord)
    from_file, name = sess.run([decoded, key])
    coord.request_stop()
    coord.join(threads)
    print("RESULT png", bool((from_file == image).all()), os.path.basename(name.decode()))
    feed = {picture: image}
    print("RESULT flips", sess.run(flipped, feed)[1, 0, 0], *sess.run(turned, feed)[0, :3, 0])
    print("RESULT crops", *sess.run(tf.shape(centre), feed), sess.run(box, feed).sum(), sess.run(padded, feed).sum())
    print("RESULT sizes", *sess.run(bilinear, feed)[1].ravel(), sess.run(nearest, feed).sum(),
          *sess.run(cubic, feed)[2, 2])
    print("RESULT colours", *sess.run(gray, feed)[2, :, 0], *sess.run(hsv, feed)[3, 3], *sess.run(hue, feed)[3, 3])
    print("RESULT adjusted", *sess.run(brighter, feed)[0, 0], *sess.run(contrast, feed)[0, 0],
          *sess.run(standard, feed)[0, 0])
    print("RESULT random", *sess.run(random, feed)[2, :2].ravel())
    print("RESULT patches", *sess.run(patches, feed)[0, 1, 2], patches.shape)
    print("RESULT boxes", *sess.run(boxes), sess.run(variation, feed))
