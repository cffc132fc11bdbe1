"""`from tensorflow.examples.tutorials.mnist import input_data`."""

from tenseur.contrib.learn.python.learn.datasets.base import Datasets as _Datasets  # noqa: F401
from tenseur.contrib.learn.python.learn.datasets.mnist import DataSet as _DataSet  # noqa: F401
from tenseur.contrib.learn.python.learn.datasets.mnist import (DataSet, dense_to_one_hot, extract_images, extract_labels,  # noqa: F401
                                                               fake_data, read_data_sets)
