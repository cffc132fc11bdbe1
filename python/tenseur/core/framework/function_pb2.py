"""Functions that graphs call."""

from tenseur.core import messages
from tenseur.core.framework import attr_value_pb2  # noqa: F401
from tenseur.core.framework import node_def_pb2  # noqa: F401
from tenseur.core.framework import op_def_pb2  # noqa: F401

messages.define(globals(), """
FunctionDefLibrary
  1 function repeated FunctionDef
  2 gradient repeated GradientDef
  3 registered_gradients repeated RegisteredGradient
FunctionDef
  1 signature OpDef
  3 node_def repeated NodeDef
  4 ret map string string
  5 attr map string AttrValue
  6 control_ret map string string
  7 arg_attr map uint32 FunctionDef.ArgAttrs
  8 resource_arg_unique_id map uint32 uint32
FunctionDef.ArgAttrs
  1 attr map string AttrValue
GradientDef
  1 function_name string
  2 gradient_func string
RegisteredGradient
  1 gradient_func string
  2 registered_op_type string
""")
