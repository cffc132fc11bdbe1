"""Saved models."""

from tenseur.core import messages
from tenseur.core.protobuf import meta_graph_pb2  # noqa: F401

messages.define(globals(), """
SavedModel
  1 saved_model_schema_version int64
  2 meta_graphs repeated MetaGraphDef
""")
