"""`tf.saved_model.builder`."""

from tenseur.python.saved_model.builder_impl import SavedModelBuilder  # noqa: F401
