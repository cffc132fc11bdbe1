"""Handwritten digits: `input_data.read_data_sets`."""

import gzip
import os

import numpy as np

from tenseur.contrib.learn.python.learn.datasets import base
from tenseur.python.framework import dtypes, random_seed

#: Where the files are published.
DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
SOURCE_URL = DEFAULT_SOURCE_URL


def _read32(stream):
    return int.from_bytes(stream.read(4), "big")


def _unpacked(f):
    return gzip.GzipFile(fileobj=f)


def extract_images(f):
    """Pictures of a gzipped IDX file, of shape [count, rows, columns, 1].

    Raises:
      ValueError: where it is no such file.
    """
    with _unpacked(f) as stream:
        magic = _read32(stream)
        if magic != 2051:
            raise ValueError(f"Invalid magic number {magic} in MNIST image file: {f.name}")
        count, rows, columns = _read32(stream), _read32(stream), _read32(stream)
        data = np.frombuffer(stream.read(count * rows * columns), dtype=np.uint8)
    return data.reshape(count, rows, columns, 1)


def dense_to_one_hot(labels_dense, num_classes):
    """A row for each label, 1 in its column and 0 elsewhere."""
    one_hot = np.zeros((labels_dense.shape[0], num_classes))
    one_hot[np.arange(labels_dense.shape[0]), labels_dense.ravel()] = 1
    return one_hot


def extract_labels(f, one_hot=False, num_classes=10):
    """Labels of a gzipped IDX file.

    Raises:
      ValueError: where it is no such file.
    """
    with _unpacked(f) as stream:
        magic = _read32(stream)
        if magic != 2049:
            raise ValueError(f"Invalid magic number {magic} in MNIST label file: {f.name}")
        labels = np.frombuffer(stream.read(_read32(stream)), dtype=np.uint8)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


class DataSet:
    """Pictures and labels, in batches."""

    def __init__(self, images, labels, fake_data=False, one_hot=False, dtype=dtypes.float32, reshape=True, seed=None):
        first, second = random_seed.get_seed(seed)
        np.random.seed(first if seed is None else second)
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        if fake_data:
            self._num_examples = 10000
            self.one_hot = one_hot
        else:
            if images.shape[0] != labels.shape[0]:
                raise ValueError(f"images.shape: {images.shape} labels.shape: {labels.shape}")
            self._num_examples = images.shape[0]
            if reshape:
                images = images.reshape(images.shape[0], -1)
            if dtype == dtypes.float32:
                images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._fake_data = fake_data
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

    def _shuffle(self):
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images, self._labels = self._images[order], self._labels[order]

    def next_batch(self, batch_size, fake_data=False, shuffle=True):
        """The next pictures and labels; when all have been given, in another order from the beginning."""
        if fake_data:
            image = [1] * 784
            label = [1] + [0] * 9 if self.one_hot else 0
            return [image] * batch_size, [label] * batch_size
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size <= self._num_examples:
            self._index_in_epoch += batch_size
            return self._images[start:self._index_in_epoch], self._labels[start:self._index_in_epoch]
        self._epochs_completed += 1
        images, labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = batch_size - len(images)
        return (np.concatenate((images, self._images[: self._index_in_epoch]), axis=0),
                np.concatenate((labels, self._labels[: self._index_in_epoch]), axis=0))


def read_data_sets(train_dir, fake_data=False, one_hot=False, dtype=dtypes.float32, reshape=True, validation_size=5000,
                   seed=None, source_url=DEFAULT_SOURCE_URL):
    """MNIST from the folder, to which it is downloaded if it is not there: (train, validation, test).

    Raises:
      ValueError: where there are fewer than `validation_size` pictures.
    """
    options = {"dtype": dtype, "reshape": reshape, "seed": seed}
    if fake_data:
        empty = [DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)]
        return base.Datasets(*empty)
    source_url = source_url or DEFAULT_SOURCE_URL

    def opened(name):
        return open(base.maybe_download(name, train_dir, source_url + name), "rb")

    with opened("train-images-idx3-ubyte.gz") as file:
        train_images = extract_images(file)
    with opened("train-labels-idx1-ubyte.gz") as file:
        train_labels = extract_labels(file, one_hot=one_hot)
    with opened("t10k-images-idx3-ubyte.gz") as file:
        test_images = extract_images(file)
    with opened("t10k-labels-idx1-ubyte.gz") as file:
        test_labels = extract_labels(file, one_hot=one_hot)
    if not 0 <= validation_size <= len(train_images):
        raise ValueError(f"Validation size should be between 0 and {len(train_images)}. Received: {validation_size}.")
    train = DataSet(train_images[validation_size:], train_labels[validation_size:], **options)
    validation = DataSet(train_images[:validation_size], train_labels[:validation_size], **options)
    test = DataSet(test_images, test_labels, **options)
    return base.Datasets(train=train, validation=validation, test=test)


def load_mnist(train_dir="MNIST-data"):
    return read_data_sets(train_dir)
