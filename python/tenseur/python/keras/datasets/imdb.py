"""Reviews of films as numbers of words: `tf.keras.datasets.imdb`."""

import json

import numpy as np

from tenseur.python.keras.utils.data_utils import get_file

_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def load_data(path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2,
              index_from=3):
    """((lists of words, labels) to learn from, (lists, labels) to test); the rarest words are `oov_char`."""
    path = get_file(path, _BASE + "imdb.npz",
                    file_hash="69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f")
    with np.load(path, allow_pickle=True) as file:
        sets = [(file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])]
    random = np.random.RandomState(seed)
    made = []
    for x, y in sets:
        order = np.arange(len(x))
        random.shuffle(order)
        x, y = x[order], y[order]
        rows = [([start_char] if start_char is not None else []) + [word + index_from for word in row] for row in x]
        if maxlen:
            kept = [place for place, row in enumerate(rows) if len(row) < maxlen]
            rows, y = [rows[place] for place in kept], y[kept]
        largest = num_words or max(max(row) for row in rows) + 1
        if oov_char is not None:
            rows = [[word if skip_top <= word < largest else oov_char for word in row] for row in rows]
        else:
            rows = [[word for word in row if skip_top <= word < largest] for row in rows]
        filled = np.empty(len(rows), dtype=object)
        filled[:] = rows
        made.append((filled, y))
    return made[0], made[1]


def get_word_index(path="imdb_word_index.json"):
    """The numbers of words."""
    path = get_file(path, _BASE + "imdb_word_index.json", file_hash="bfafd718b763782e994055a2d397834f")
    with open(path, encoding="utf-8") as file:
        return json.load(file)
