"""Nodes of graphs."""

from tenseur.core import messages
from tenseur.core.framework import attr_value_pb2  # noqa: F401
from tenseur.core.framework import full_type_pb2  # noqa: F401

messages.define(globals(), """
NodeDef
  1 name string
  2 op string
  3 input repeated string
  4 device string
  5 attr map string AttrValue
  6 experimental_debug_info NodeDef.ExperimentalDebugInfo
  7 experimental_type FullTypeDef
NodeDef.ExperimentalDebugInfo
  1 original_node_names repeated string
  2 original_func_names repeated string
""")
