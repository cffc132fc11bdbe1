"""This package also has the names that its modules have, as TensorFlow's has."""

from tenseur.python.api.borrowed import lender

__getattr__ = lender(__name__)
