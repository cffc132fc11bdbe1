"""Handwritten digits: TensorFlow's first tutorial."""

from tenseur.examples.tutorials.mnist import input_data, mnist  # noqa: F401
