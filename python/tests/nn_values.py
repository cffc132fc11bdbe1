"""Reads the table of what TensorFlow computes with networks' functions (`nn_values.txt`); run with TensorFlow's Python, it
writes the table anew."""

import json
import os

import numpy as np

PATH = os.path.join(os.path.dirname(__file__), "nn_values.txt")


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
    array = np.asarray(value)
    return [str(array.dtype), list(array.shape), array.reshape(-1).tolist()]


def evaluated(tf, expression):
    """What the expression gives in a graph and session of its own; a metric is updated twice."""
    def wave(*shape):
        return tf.constant(np.sin(1 + 0.7 * np.arange(int(np.prod(shape)))).astype("float32").reshape(shape))

    def part(*shape):
        return tf.constant((0.5 + 0.45 * np.sin(1 + 0.7 * np.arange(int(np.prod(shape))))).astype("float32").reshape(shape))

    def ramp(*shape):
        return tf.constant((np.arange(int(np.prod(shape))) * 37 % 251).astype("uint8").reshape(shape))

    def sparse(indices, values, shape):
        return tf.SparseTensor(np.array(indices, np.int64), values, np.array(shape, np.int64))

    with tf.Graph().as_default():
        names = {"tf": tf, "np": np, "nn": tf.nn, "image": tf.image, "wave": wave, "part": part, "ramp": ramp, "sparse": sparse}
        fetches = eval(expression, names)
        with tf.Session() as sess:
            if expression.startswith("tf.metrics"):
                sess.run(tf.local_variables_initializer())
                sess.run(fetches[1])
                return [sess.run(fetches[0]), sess.run(fetches[1])]
            return sess.run(fetches)


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def main():
    import tensorflow.compat.v1 as tf
    tf.disable_eager_execution()
    lines = []
    for expression, _ in rows():
        if expression.startswith("#"):
            lines.append(expression)
        else:
            try:
                lines.append(f"{expression}\t{json.dumps(_rounded(written(evaluated(tf, expression))))}")
            except Exception as error:
                raise SystemExit(f"{expression}: {error}") from error
    with open(PATH, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
