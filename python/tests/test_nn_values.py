"""Every function of `tf.nn`, `tf.losses`, `tf.metrics`, `tf.image`: the numbers are TensorFlow's (`nn_values.txt`)."""

import os
import sys

import numpy as np
import pytest

import tenseur as tf

sys.path.insert(0, os.path.dirname(__file__))
import nn_values  # noqa: E402

CASES = [row for row in nn_values.rows() if not row[0].startswith("#")]


def same(ours, theirs):
    if len(theirs) == 3 and isinstance(theirs[0], str):
        return ours[:2] == theirs[:2] and np.allclose(ours[2], theirs[2], rtol=1e-4, atol=2e-5, equal_nan=True)
    return len(ours) == len(theirs) and all(map(same, ours, theirs))


@pytest.mark.parametrize("expression, value", CASES, ids=[case[0][:70] for case in CASES])
def test_value(expression, value):
    ours = nn_values.written(nn_values.evaluated(tf, expression))
    assert same(ours, value), f"{expression}: {ours}, where TensorFlow has {value}"
