"""CIFAR-10's pictures: `tf.keras.datasets.cifar10`."""

import os
import pickle

import numpy as np

from tenseur.python.keras.utils.data_utils import get_file


def _batch(path):
    with open(path, "rb") as file:
        found = pickle.load(file, encoding="bytes")
    return found[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(found[b"labels"], np.uint8).reshape(-1, 1)


def load_data():
    """((pictures, labels) to learn from, (pictures, labels) to test); uint8 `[50000, 32, 32, 3]` and `[50000, 1]`."""
    folder = get_file("cifar-10-batches-py", "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", untar=True)
    parts = [_batch(os.path.join(folder, f"data_batch_{number}")) for number in range(1, 6)]
    train = tuple(np.concatenate(arrays) for arrays in zip(*parts))
    return train, _batch(os.path.join(folder, "test_batch"))
