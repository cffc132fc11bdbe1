"""Graphs as files: `tf.train.write_graph`."""

import os

from tenseur.python.framework import ops
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format


def write_graph(graph_or_graph_def, logdir, name, as_text=True):
    """Writes the graph to the file `name` in the folder `logdir`, as text or as bytes; gives its path."""
    graph_def = graph_or_graph_def.as_graph_def() if isinstance(graph_or_graph_def, ops.Graph) else graph_or_graph_def
    if logdir:
        file_io.recursive_create_dir(logdir)
    path = os.path.join(logdir, name)
    if as_text:
        file_io.atomic_write_string_to_file(path, text_format.MessageToString(graph_def))
    else:
        file_io.atomic_write_string_to_file(path, graph_def.SerializeToString())
    return path
