"""Handles of variables and tables."""

from tenseur.core import messages
from tenseur.core.framework import tensor_shape_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401

messages.define(globals(), """
ResourceHandleProto
  1 device string
  2 container string
  3 name string
  4 hash_code uint64
  5 maybe_type_name string
  6 dtypes_and_shapes repeated ResourceHandleProto.DtypeAndShape
ResourceHandleProto.DtypeAndShape
  1 dtype DataType
  2 shape TensorShapeProto
""")
