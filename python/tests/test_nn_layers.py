"""`tf.layers` and `tf.keras`: names and numbers are TensorFlow's (`nn_layers.json`)."""

import json
import os
import sys

import numpy as np
import pytest

import tenseur as tf

sys.path.insert(0, os.path.dirname(__file__))
import nn_layers  # noqa: E402

with open(nn_layers.PATH, encoding="utf-8") as file:
    TABLE = json.load(file)


def compare(ours, theirs):
    assert [number[0] for number in ours] == [number[0] for number in theirs]
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(one[2], other[2], rtol=2e-3, atol=2e-4)
        np.testing.assert_allclose(one[1], other[1], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", nn_layers.LAYERS)
def test_layers(name):
    names, numbers = nn_layers.of_layers(tf, nn_layers.LAYERS[name])
    assert names == TABLE["layers"][name][0]
    compare(numbers, TABLE["layers"][name][1])


@pytest.mark.parametrize("name", nn_layers.KERAS)
def test_keras(name):
    compare(nn_layers.of_keras(tf, nn_layers.KERAS[name]), TABLE["keras"][name])
