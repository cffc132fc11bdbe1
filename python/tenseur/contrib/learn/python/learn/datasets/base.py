"""Small datasets of `tf.contrib.learn.datasets`."""

import collections
import csv
import os
import urllib.request

import numpy as np

from tenseur.python.framework import errors_impl

Dataset = collections.namedtuple("Dataset", ["data", "target"])
Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])


def _rows(filename):
    with open(os.fsdecode(filename), newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def load_csv_with_header(filename, target_dtype, features_dtype, target_column=-1):
    """A file whose first line has the number of rows and of features."""
    header, *rows = _rows(filename)
    count, features = int(header[0]), int(header[1])
    data, target = np.zeros((count, features), features_dtype), np.zeros((count,), target_dtype)
    for place, row in enumerate(rows):
        target[place] = np.asarray(row.pop(target_column), dtype=target_dtype)
        data[place] = np.asarray(row, dtype=features_dtype)
    return Dataset(data=data, target=target)


def load_csv_without_header(filename, target_dtype, features_dtype, target_column=-1):
    """A file of rows alone."""
    data, target = [], []
    for row in _rows(filename):
        target.append(row.pop(target_column))
        data.append(np.asarray(row, dtype=features_dtype))
    return Dataset(data=np.array(data), target=np.array(target, dtype=target_dtype).astype(target_dtype))


load_csv = load_csv_with_header


def shrink_csv(filename, ratio):
    """Writes every `ratio`-th line to a file beside it; gives its name."""
    small = filename.replace(".", "_small.")
    with open(filename, encoding="utf-8") as file, open(small, "w", encoding="utf-8") as out:
        out.writelines(line for number, line in enumerate(file) if number % ratio == 0)
    return small


def maybe_download(filename, work_directory, source_url):
    """The path of the file: in the folder, in the one that the environment's TENSEUR_DATA names, or else downloaded.

    Raises:
      NotFoundError: where it is in neither and cannot be downloaded.
    """
    try:
        return found(filename, work_directory, f"it is what {source_url} has")
    except errors_impl.NotFoundError as error:
        path = os.path.join(os.fsdecode(work_directory), filename)
        part = f"{path}.part"
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            urllib.request.urlretrieve(source_url, part)
        except OSError as reason:
            raise errors_impl.NotFoundError(None, None, f"{error.message}; the download failed: {reason}") from None
        os.replace(part, path)
        print("Successfully downloaded", filename, os.path.getsize(path), "bytes.")
        return path


def found(filename, folder, hint):
    """The path of a data file: in `folder`, or in the folder that the environment's TENSEUR_DATA names."""
    folder = os.fsdecode(folder)
    elsewhere = os.environ.get("TENSEUR_DATA")
    for place in [folder] + ([elsewhere, os.path.join(elsewhere, os.path.basename(os.path.normpath(folder))),
                              os.path.join(elsewhere, "mnist")] if elsewhere else []):
        if os.path.exists(os.path.join(place, filename)):
            return os.path.join(place, filename)
    raise errors_impl.NotFoundError(
        None, None, f"{os.path.join(folder, filename)}; No such file or directory: put {filename} into "
                    f"the folder {os.path.abspath(folder)} ({hint}), or name the folder that has it in the environment variable "
                    "TENSEUR_DATA")


def load_iris(data_path=None):
    """150 flowers: four lengths of each, and its kind.

    Args:
      data_path: the file iris.csv, which begins with the line `150,4,setosa,versicolor,virginica`.
    """
    path = data_path or found("iris.csv", "data", "150 lines of four numbers and the kind's after the line "
                                                 "\"150,4,setosa,versicolor,virginica\"")
    return load_csv_with_header(path, target_dtype=int, features_dtype=float)


def load_boston(data_path=None):
    """506 parts of Boston: thirteen numbers of each, and the price of houses.

    Args:
      data_path: the file boston_house_prices.csv, which begins with the line `506,13,…`.
    """
    path = data_path or found("boston_house_prices.csv", "data", "506 lines of thirteen numbers and the price")
    header, names, *rows = _rows(path)
    if names and names[0].replace(".", "").lstrip("-").isdigit():
        rows = [names, *rows]
    numbers = np.array(rows, dtype=float)
    assert len(numbers) == int(header[0])
    return Dataset(data=numbers[:, :-1], target=numbers[:, -1])
