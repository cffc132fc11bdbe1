"""Reads the table of what TensorFlow computes (`math_values.txt`); run with TensorFlow's Python, it writes the table anew."""

import json
import os

import numpy as np

PATH = os.path.join(os.path.dirname(__file__), "math_values.txt")


def rows():
    """(Expression, value as written in the table, or None), and the comments as they are."""
    with open(PATH, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("#"):
                yield line, None
            else:
                expression, _, value = line.partition("\t")
                yield expression, json.loads(value) if value else None


def written(value):
    """A fetched value as the table has it."""
    if isinstance(value, (list, tuple)):
        return [written(item) for item in value]
    if value is None:
        return None
    array = np.asarray(value)
    flat = array.reshape(-1).tolist()
    if array.dtype.kind in "OS":
        return ["string", list(array.shape), [item.decode("latin1") if isinstance(item, bytes) else item for item in flat]]
    if array.dtype.kind == "c":
        flat = [[item.real, item.imag] for item in flat]
    return [str(array.dtype), list(array.shape), flat]


def evaluated(tf, expression):
    """What the expression gives in a graph and session of its own."""
    with tf.Graph().as_default():
        names = {"tf": tf, "np": np, "x": tf.constant([1.0, 2.0]), "y": tf.constant([3.0, 4.0])}
        fetches = eval(expression, names)
        with tf.Session() as sess:
            return sess.run(fetches)


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def main():
    import tensorflow.compat.v1 as tf
    tf.disable_eager_execution()
    lines = []
    for expression, _ in rows():
        if expression.startswith("#"):
            lines.append(expression)
        else:
            lines.append(f"{expression}\t{json.dumps(_rounded(written(evaluated(tf, expression))))}")
    with open(PATH, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
