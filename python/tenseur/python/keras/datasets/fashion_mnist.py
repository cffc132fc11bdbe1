"""Fashion-MNIST's clothes: `tf.keras.datasets.fashion_mnist`."""

import gzip

import numpy as np

from tenseur.python.keras.utils.data_utils import get_file


def load_data():
    """((pictures, labels) to learn from, (pictures, labels) to test); uint8 `[60000, 28, 28]` and `[60000]`."""
    base = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    arrays = []
    for name, offset in (("train-images-idx3", 16), ("train-labels-idx1", 8), ("t10k-images-idx3", 16), ("t10k-labels-idx1", 8)):
        file_name = f"{name}-ubyte.gz"
        path = get_file(file_name, base + file_name, cache_subdir="datasets/fashion-mnist")
        with gzip.open(path, "rb") as file:
            values = np.frombuffer(file.read(), np.uint8, offset=offset)
        arrays.append(values.reshape(-1, 28, 28) if offset == 16 else values)
    return (arrays[0], arrays[1]), (arrays[2], arrays[3])
