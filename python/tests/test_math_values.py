"""Every function of arithmetic, arrays, linear algebra, strings, …: the numbers are TensorFlow's (`math_values.txt`)."""

import os
import sys

import numpy as np
import pytest

import tenseur as tf

sys.path.insert(0, os.path.dirname(__file__))
import math_values  # noqa: E402

CASES = [row for row in math_values.rows() if not row[0].startswith("#")]


def same(ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    if len(theirs) == 3 and isinstance(theirs[0], str):
        if ours[:2] != theirs[:2]:
            return False
        if theirs[0] == "string":
            return ours[2] == theirs[2]
        return np.allclose(np.array(ours[2], float), np.array(theirs[2], float), rtol=2e-5, atol=1e-6, equal_nan=True)
    return len(ours) == len(theirs) and all(map(same, ours, theirs))


@pytest.mark.parametrize("expression, value", CASES, ids=[case[0][:60] for case in CASES])
def test_value(expression, value):
    ours = math_values.written(math_values.evaluated(tf, expression))
    assert same(ours, value), f"{expression}: {ours}, where TensorFlow has {value}"
