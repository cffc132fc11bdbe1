"""What TensorBoard's embedding projector shows: `tf.contrib.tensorboard.plugins.projector`."""

import os

from tenseur.contrib.tensorboard.plugins.projector.projector_config_pb2 import (EmbeddingInfo, ProjectorConfig,  # noqa: F401
                                                                                SpriteMetadata)
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format

PROJECTOR_FILENAME = "projector_config.pbtxt"


def visualize_embeddings(summary_writer, config):
    """Writes the configuration to the writer's folder."""
    folder = summary_writer if isinstance(summary_writer, str) else summary_writer.get_logdir()
    if folder is None:
        raise ValueError("Summary writer must have a logdir")
    file_io.recursive_create_dir(folder)
    file_io.write_string_to_file(os.path.join(folder, PROJECTOR_FILENAME), text_format.MessageToString(config))
