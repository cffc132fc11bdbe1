"""What public programs use of TensorFlow 1 is there, and takes the arguments that they give (`names_in_use.txt`)."""

import importlib
import inspect
import os

import pytest

import tenseur as tf

with open(os.path.join(os.path.dirname(__file__), "names_in_use.txt"), encoding="utf-8") as file:
    ROWS = [line.split("\t") for line in file.read().splitlines() if not line.startswith("#")]


def found(symbol):
    """What `tf.symbol` is; modules that only an import gives are imported."""
    owner = tf
    for part in symbol.split("."):
        try:
            owner = getattr(owner, part)
        except AttributeError:
            owner = importlib.import_module(f"{owner.__name__}.{part}")
    return owner


@pytest.mark.parametrize("symbol, arguments", [(row[0], row[1].split() if len(row) > 1 else []) for row in ROWS],
                         ids=[row[0] for row in ROWS])
def test_is_there_with_its_arguments(symbol, arguments):
    value = found(symbol)
    if not callable(value) or not arguments:
        return
    parameters = inspect.signature(value).parameters.values()
    kinds = {parameter.kind for parameter in parameters}
    by_place = sum(parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters)
    named = {parameter.name for parameter in parameters}
    for argument in arguments:
        if argument.startswith("#"):
            assert inspect.Parameter.VAR_POSITIONAL in kinds or int(argument[1:]) <= by_place, argument
        else:
            assert inspect.Parameter.VAR_KEYWORD in kinds or argument in named, argument


def test_the_list_is_whole():
    """A list that were cut would show nothing."""
    assert len(ROWS) > 400 and {"Session", "nn.dynamic_rnn", "contrib.layers.fully_connected"} <= {row[0] for row in ROWS}
