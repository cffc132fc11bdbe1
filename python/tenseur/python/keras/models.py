"""Models: `tf.keras.models`."""

from tenseur.python.keras.engine.sequential import Sequential  # noqa: F401
from tenseur.python.keras.engine.training import Model  # noqa: F401
from tenseur.python.keras.saving import load_model, model_from_config, model_from_json, save_model  # noqa: F401
