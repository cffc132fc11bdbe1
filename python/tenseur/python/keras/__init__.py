"""Keras, as TensorFlow 1.15 has it."""

from tenseur.python.api.borrowed import lender

__version__ = "2.2.4-tf"

__getattr__ = lender(__name__)
