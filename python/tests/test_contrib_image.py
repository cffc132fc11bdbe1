"""`tf.contrib.image` beside a plain loop over the elements of an image."""

import math

import numpy as np
import pytest

import tenseur as tf

IMAGES = np.round(np.random.RandomState(0).rand(2, 5, 4, 2) * 100).astype(np.float32)
TRANSFORMS = np.array([[1, 0.2, -0.5, 0.1, 0.9, 0.3, 0.01, 0.02], [0.7, -0.7, 1.5, 0.7, 0.7, -1, 0, 0]], np.float32)


def run(fetches):
    with tf.Session() as sess:
        return sess.run(fetches)


def read(image, x, y):
    return image[int(y), int(x)] if 0 <= x < image.shape[1] and 0 <= y < image.shape[0] else np.zeros(image.shape[2])


def seen(image, a, height, width, interpolation):
    made = np.zeros([height, width, image.shape[2]])
    for row in range(height):
        for column in range(width):
            k = a[6] * column + a[7] * row + 1
            x, y = (a[0] * column + a[1] * row + a[2]) / k, (a[3] * column + a[4] * row + a[5]) / k
            if interpolation == "NEAREST":
                made[row, column] = read(image, math.copysign(math.floor(abs(x) + 0.5), x), math.copysign(math.floor(abs(y) + 0.5), y))
                continue
            for left, across in ((math.floor(x), 1 - x % 1), (math.floor(x) + 1, x % 1)):
                for top, down in ((math.floor(y), 1 - y % 1), (math.floor(y) + 1, y % 1)):
                    made[row, column] += across * down * read(image, left, top)
    return made


@pytest.mark.parametrize("interpolation", ["NEAREST", "BILINEAR"])
@pytest.mark.parametrize("size", [None, [3, 6]])
def test_transform(interpolation, size):
    made = tf.contrib.image.transform(IMAGES, TRANSFORMS, interpolation, size)
    assert made.shape == [2, *(size or [5, 4]), 2]
    wanted = [seen(image, a, *(size or [5, 4]), interpolation) for image, a in zip(IMAGES, TRANSFORMS)]
    np.testing.assert_allclose(run(made), wanted, rtol=1e-4, atol=1e-3)


def test_a_quarter_turn_and_a_move():
    image = np.arange(9).reshape(3, 3)
    turned, moved, unsigned = run([
        tf.contrib.image.rotate(image.astype(np.float32), math.pi / 2), tf.contrib.image.translate(image, [1, 0]),
        tf.contrib.image.rotate(tf.constant(IMAGES[0].astype(np.uint8)), 0.0)])
    assert turned.tolist() == np.rot90(image).tolist()
    assert moved.dtype == image.dtype and moved.tolist() == [[0, 0, 1], [0, 3, 4], [0, 6, 7]]
    assert unsigned.dtype == np.uint8 and (unsigned == IMAGES[0]).all()


def test_one_transform_for_several():
    """What two moves do one after the other, one transform does."""
    first, second = tf.constant([1, 0, 1, 0, 1, 0, 0, 0], tf.float32), tf.constant([1, 0, 0, 0, 1, -2, 0, 0], tf.float32)
    both = tf.contrib.image.compose_transforms(first, second)
    one = tf.contrib.image.transform(tf.contrib.image.transform(IMAGES, first), second)
    assert (run(tf.contrib.image.transform(IMAGES, both)) == run(one)).all()


def test_gradients_reach_the_images():
    with tf.Graph().as_default():
        images = tf.constant(IMAGES)
        moved = tf.contrib.image.translate(images, [1.0, 0.0])
        slope = run(tf.gradients(tf.reduce_sum(moved), images)[0])
    # What has left the image counts for nothing.
    assert (slope[:, :, :-1] == 1).all() and not slope[:, :, -1].any()


def test_what_is_refused():
    with pytest.raises(ValueError, match="NEAREST or BILINEAR"):
        tf.contrib.image.rotate(IMAGES, 1.0, "CUBIC")
    with pytest.raises(TypeError, match="between 2 and 4"):
        tf.contrib.image.transform([1.0], TRANSFORMS[0])
    with pytest.raises(TypeError, match="rank 1 or 2"):
        tf.contrib.image.transform(IMAGES, TRANSFORMS[None])
