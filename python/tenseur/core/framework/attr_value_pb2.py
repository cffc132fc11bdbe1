"""Attributes of nodes."""

from tenseur.core import messages
from tenseur.core.framework import tensor_pb2  # noqa: F401
from tenseur.core.framework import tensor_shape_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401

messages.define(globals(), """
AttrValue
  1 list AttrValue.ListValue in value
  2 s bytes in value
  3 i int64 in value
  4 f float in value
  5 b bool in value
  6 type DataType in value
  7 shape TensorShapeProto in value
  8 tensor TensorProto in value
  9 placeholder string in value
  10 func NameAttrList in value
AttrValue.ListValue
  2 s repeated bytes
  3 i repeated int64
  4 f repeated float
  5 b repeated bool
  6 type repeated DataType
  7 shape repeated TensorShapeProto
  8 tensor repeated TensorProto
  9 func repeated NameAttrList
NameAttrList
  1 name string
  2 attr map string AttrValue
""")
