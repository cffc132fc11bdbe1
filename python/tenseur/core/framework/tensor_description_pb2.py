"""Tensors in memory."""

from tenseur.core import messages
from tenseur.core.framework import allocation_description_pb2  # noqa: F401
from tenseur.core.framework import tensor_shape_pb2  # noqa: F401
from tenseur.core.framework import types_pb2  # noqa: F401

messages.define(globals(), """
TensorDescription
  1 dtype DataType
  2 shape TensorShapeProto
  4 allocation_description AllocationDescription
""")
