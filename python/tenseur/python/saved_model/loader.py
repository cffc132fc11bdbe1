"""`tf.saved_model.loader`."""

from tenseur.python.saved_model.loader_impl import load, maybe_saved_model_directory  # noqa: F401
