"""Handwritten digits, from the four files of MNIST."""

import gzip

import numpy as np

from tenseur.contrib.learn.python.learn.datasets import base
from tenseur.python.framework import dtypes, random_seed

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
SOURCE_URL = DEFAULT_SOURCE_URL
_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def _numbers(f, magic, what):
    content = gzip.decompress(f.read())
    found = int.from_bytes(content[:4], "big")
    if found != magic:
        raise ValueError(f"Invalid magic number {found} in MNIST {what} file: {getattr(f, 'name', '')}")
    axes = content[3]
    sizes = [int.from_bytes(content[4 + 4 * axis:8 + 4 * axis], "big") for axis in range(axes)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(sizes)


def extract_images(f):
    """The images of an open .gz file: [number, rows, columns, 1] of uint8."""
    return _numbers(f, 2051, "image")[..., None]


def dense_to_one_hot(labels_dense, num_classes):
    """Rows with a 1 at the label's place."""
    one_hot = np.zeros((len(labels_dense), num_classes))
    one_hot[np.arange(len(labels_dense)), np.ravel(labels_dense)] = 1
    return one_hot


def extract_labels(f, one_hot=False, num_classes=10):
    """The labels of an open .gz file, as numbers or as rows with a 1."""
    labels = _numbers(f, 2049, "label")
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


class DataSet:
    """Images and labels, to be had in batches."""

    def __init__(self, images, labels, fake_data=False, one_hot=False, dtype=dtypes.float32, reshape=True,
                 seed=None):
        # TensorFlow begins NumPy's own stream of numbers anew here, and programs' numbers depend on it.
        seed1, seed2 = random_seed.get_seed(seed)
        np.random.seed(seed1 if seed is None else seed2)
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        if fake_data:
            self._num_examples = 10000
            self.one_hot = one_hot
        else:
            assert images.shape[0] == labels.shape[0], f"images.shape: {images.shape} labels.shape: {labels.shape}"
            self._num_examples = images.shape[0]
            if reshape:
                assert images.shape[3] == 1
                images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
            if dtype == dtypes.float32:
                images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._images = images
        self._labels = labels
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self):
        return self._images

    @property
    def labels(self):
        return self._labels

    @property
    def num_examples(self):
        return self._num_examples

    @property
    def epochs_completed(self):
        return self._epochs_completed

    def _mix(self):
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next images and labels; each time through all of them in another order."""
        if fake_data:
            image, label = [1] * 784, ([1] + [0] * 9 if self.one_hot else 0)
            return [image for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._mix()
        end = start + batch_size
        if end <= self._num_examples:
            self._index_in_epoch = end
            return self._images[start:end], self._labels[start:end]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._mix()
        self._index_in_epoch = end - self._num_examples
        return (np.concatenate((images, self._images[:self._index_in_epoch]), axis=0),
                np.concatenate((labels, self._labels[:self._index_in_epoch]), axis=0))


def fake_data(one_hot=False, dtype=dtypes.float32, reshape=True, seed=None):
    """Datasets that only say how large they are."""
    def fake():
        return DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed)
    return base.Datasets(train=fake(), validation=fake(), test=fake())


_fake_data = fake_data


def read_data_sets(train_dir, fake_data=False, one_hot=False, dtype=dtypes.float32, reshape=True, validation_size=5000, seed=None,
                   source_url=DEFAULT_SOURCE_URL):
    """The datasets `train`, `validation` and `test` of the four .gz files in the folder; those that are not there are downloaded.

    Args:
      one_hot: whether labels are rows with a 1, rather than numbers.
      reshape: whether an image is a row of 784 numbers, rather than [28, 28, 1].
      dtype: float32 (0 to 1) or uint8 (0 to 255).
      validation_size: how many of the first training images are for validation.

    Raises:
      NotFoundError: where a file is not there and cannot be downloaded: it says what to put where.
    """
    if fake_data:
        return _fake_data(one_hot, dtype, reshape, seed)
    paths = [base.maybe_download(name, train_dir, (source_url or DEFAULT_SOURCE_URL) + name) for name in _FILES]
    parts = []
    for path in paths:
        with open(path, "rb") as file:
            parts.append(extract_images(file) if "images" in path else extract_labels(file, one_hot=one_hot))
    train_images, train_labels, test_images, test_labels = parts
    if not 0 <= validation_size <= len(train_images):
        raise ValueError(f"Validation size should be between 0 and {len(train_images)}. Received: {validation_size}.")

    def made(images, labels):
        return DataSet(images, labels, dtype=dtype, reshape=reshape, seed=seed)

    return base.Datasets(
        train=made(train_images[validation_size:], train_labels[validation_size:]),
        validation=made(train_images[:validation_size], train_labels[:validation_size]),
        test=made(test_images, test_labels))


def load_mnist(train_dir="MNIST-data"):
    return read_data_sets(train_dir)
