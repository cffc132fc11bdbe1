"""MNIST's digits: `tf.keras.datasets.mnist`."""

import numpy as np

from tenseur.python.keras.utils.data_utils import get_file


def load_data(path="mnist.npz"):
    """((pictures, labels) to learn from, (pictures, labels) to test); uint8 `[60000, 28, 28]` and `[60000]`."""
    path = get_file(path, "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
                    file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1")
    with np.load(path) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
