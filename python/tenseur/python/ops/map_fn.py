"""`tf.map_fn`."""

from tenseur.python.ops.functional_ops import map_fn  # noqa: F401
