"""Data sets from files: `tf.contrib.learn.datasets`."""

import collections
import csv
import os
import random
import shutil
import time
import urllib.request

import numpy as np

Dataset = collections.namedtuple("Dataset", ["data", "target"])
Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])


def load_csv_with_header(filename, target_dtype, features_dtype, target_column=-1):
    """A table whose first line tells how many rows and features there are."""
    with open(filename, encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows)
        count, width = int(header[0]), int(header[1])
        data = np.zeros((count, width), dtype=features_dtype)
        target = np.zeros((count,), dtype=target_dtype)
        for number, row in enumerate(rows):
            target[number] = np.asarray(row.pop(target_column), dtype=target_dtype)
            data[number] = np.asarray(row, dtype=features_dtype)
    return Dataset(data=data, target=target)


def load_csv_without_header(filename, target_dtype, features_dtype, target_column=-1):
    """A table of features and, in one column, what they stand for."""
    data, target = [], []
    with open(filename, encoding="utf-8") as file:
        for row in csv.reader(file):
            target.append(row.pop(target_column))
            data.append(np.asarray(row, dtype=features_dtype))
    return Dataset(data=np.array(data), target=np.array(target, dtype=target_dtype))


def shrink_csv(filename, ratio):
    """Writes one row in `ratio` of a table to NAME_small.NAME's ending."""
    name, ending = os.path.splitext(filename)
    with open(filename, encoding="utf-8") as read, open(f"{name}_small{ending}", "w", encoding="utf-8") as written:
        for number, line in enumerate(read):
            if number % ratio == 0:
                written.write(line)


def maybe_download(filename, work_directory, source_url):
    """The path of a file in a folder, fetched if it is not there."""
    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if not os.path.exists(path):
        temporary, _ = urlretrieve_with_retry(source_url)
        shutil.move(temporary, path)
        print("Successfully downloaded", filename, os.path.getsize(path), "bytes.")
    return path


def retry(initial_delay, max_delay, factor=2.0, jitter=0.25, is_retriable=None):
    """Calls a function again, later and later, while its errors may pass."""
    def decorate(function):
        def call(*arguments, **named):
            delay = initial_delay
            while delay <= max_delay:
                try:
                    return function(*arguments, **named)
                except Exception as error:
                    if is_retriable is not None and not is_retriable(error):
                        raise
                    time.sleep(delay * (1.0 + random.uniform(-jitter, jitter)))
                    delay *= factor
            return function(*arguments, **named)
        return call
    return decorate


def urlretrieve_with_retry(url, filename=None):
    return urllib.request.urlretrieve(url, filename)


def load_iris(data_path=None):
    """The irises, from scikit-learn.

    Raises:
      ImportError: where that is not installed.
    """
    if data_path is not None:
        return load_csv_with_header(data_path, np.int64, float)
    from sklearn import datasets
    found = datasets.load_iris()
    return Dataset(data=found.data, target=found.target)


def load_boston(data_path=None):
    """Houses of Boston, from a file.

    Raises:
      NotImplementedError: without a file.
    """
    if data_path is None:
        raise NotImplementedError("load_boston without data_path is not there in tenseur: give a file with a header")
    return load_csv_with_header(data_path, float, float)


def load_dataset(name, size="small", test_with_fake_data=False):
    """"iris" or "boston" by name.

    Raises:
      ValueError: for any other name.
    """
    known = {"iris": load_iris, "boston": load_boston}
    if name not in known:
        raise ValueError(f"Name of dataset is not found: {name}")
    return known[name]()
