"""Definitions of ops."""

from tenseur.core import messages
from tenseur.core.framework import attr_value_pb2  # noqa: F401
from tenseur.core.framework import full_type_pb2  # noqa: F401
from tenseur.core.framework import resource_handle_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401

messages.define(globals(), """
OpDef
  1 name string
  2 input_arg repeated OpDef.ArgDef
  3 output_arg repeated OpDef.ArgDef
  4 attr repeated OpDef.AttrDef
  5 summary string
  6 description string
  8 deprecation OpDeprecation
  16 is_aggregate bool
  17 is_stateful bool
  18 is_commutative bool
  19 allows_uninitialized_input bool
  20 control_output repeated string
  21 is_distributed_communication bool
OpDef.ArgDef
  1 name string
  2 description string
  3 type DataType
  4 type_attr string
  5 number_attr string
  6 type_list_attr string
  7 handle_data repeated ResourceHandleProto.DtypeAndShape
  16 is_ref bool
  17 experimental_full_type FullTypeDef
OpDef.AttrDef
  1 name string
  2 type string
  3 default_value AttrValue
  4 description string
  5 has_minimum bool
  6 minimum int64
  7 allowed_values AttrValue
OpDeprecation
  1 version int32
  2 explanation string
OpList
  1 op repeated OpDef
""")
