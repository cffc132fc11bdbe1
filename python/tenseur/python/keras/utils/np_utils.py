"""Arrays for networks: `tf.keras.utils.to_categorical`, `normalize`."""

import numpy as np


def to_categorical(y, num_classes=None, dtype="float32"):
    """Numbers of classes as rows with a one."""
    y = np.array(y, dtype="int")
    shape = y.shape[:-1] if y.ndim > 1 and y.shape[-1] == 1 else y.shape
    y = y.ravel()
    num_classes = num_classes or (np.max(y) + 1)
    made = np.zeros((y.shape[0], num_classes), dtype=dtype)
    made[np.arange(y.shape[0]), y] = 1
    return made.reshape(shape + (num_classes,))


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm along an axis."""
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)
