"""Boston's houses: `tf.keras.datasets.boston_housing`."""

import numpy as np

from tenseur.python.keras.utils.data_utils import get_file


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """((features, prices) to learn from, (features, prices) to test)."""
    path = get_file(path, "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz",
                    file_hash="f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5")
    with np.load(path) as file:
        x, y = file["x"], file["y"]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])
