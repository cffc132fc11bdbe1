"""Keras, as TensorFlow 1.15 has it."""

__version__ = "2.2.4-tf"
