"""The nodes that functions make are called as TensorFlow calls them, and are of its ops (`math_names.txt`)."""

import os

import pytest

import tenseur as tf

with open(os.path.join(os.path.dirname(__file__), "math_names.txt"), encoding="utf-8") as file:
    CASES = [line.split("\t") for line in file.read().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("expression, nodes", CASES, ids=[case[0][:60] for case in CASES])
def test_names(expression, nodes):
    with tf.Graph().as_default() as graph:
        names = {
            "tf": tf, "x": tf.constant([1.0, 2.0], name="x"), "y": tf.constant([3.0, 4.0], name="y"),
            "m": tf.constant([[1.0, 2.0], [3.0, 4.0]], name="m"), "p": tf.placeholder(tf.float32, name="p"),
        }
        before = len(graph.get_operations())
        eval(expression, names)
        made = [f"{op.name}={op.type}" for op in graph.get_operations()[before:]]
    assert made == nodes.split()
