"""Text and bytes, whichever comes: `tf.compat`."""

import numbers
import os

import numpy as np


def as_bytes(bytes_or_text, encoding="utf-8"):
    """The text's bytes; bytes as they are.

    Raises:
      TypeError: where it is neither.
    """
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text, encoding="utf-8"):
    """The bytes' text; text as it is.

    Raises:
      TypeError: where it is neither.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value):
    """Text of anything."""
    return as_str(value) if isinstance(value, bytes) else str(value)


def path_to_str(path):
    """A path object's path; anything else as it is."""
    return os.fspath(path) if hasattr(path, "__fspath__") else path


integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
bytes_or_text_types = (bytes, str)


def forward_compatible(year, month, day):
    """Whether graphs may use what TensorFlow had learnt by that day: TensorFlow 1.15's is what there is."""
    return (year, month, day) <= (2019, 9, 1)
