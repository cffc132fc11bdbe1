"""Libraries of compiled ops: `tf.load_op_library`. They are made for TensorFlow, and say so here when they are loaded."""

import os

from tenseur.python.framework import errors_impl


def load_op_library(library_filename):
    """Always an error: what is compiled for TensorFlow finds none of its symbols here.

    Raises:
      tf.errors.NotFoundError: where there is no such file.
      tf.errors.UnimplementedError: otherwise. The ops can be functions of Python: `tf.py_func`.
    """
    if not os.path.exists(library_filename):
        raise errors_impl.NotFoundError(
            None, None, f"{library_filename}: cannot open shared object file: No such file or directory")
    raise errors_impl.UnimplementedError(
        None, None, f"{library_filename} is compiled for TensorFlow, and tenseur loads no compiled ops; tf.py_func makes an op "
                    "of a function of Python")


load_library = load_op_library


def load_file_system_library(library_filename):
    """As `load_op_library`."""
    load_op_library(library_filename)
