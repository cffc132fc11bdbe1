"""Graphs."""

from tenseur.core import messages
from tenseur.core.framework import function_pb2  # noqa: F401
from tenseur.core.framework import node_def_pb2  # noqa: F401
from tenseur.core.framework import versions_pb2  # noqa: F401
from tenseur.core.framework.node_def_pb2 import NodeDef  # noqa: F401  (TensorFlow 0 had it here)

messages.define(globals(), """
GraphDef
  1 node repeated NodeDef
  2 library FunctionDefLibrary
  3 version int32
  4 versions VersionDef
""")
