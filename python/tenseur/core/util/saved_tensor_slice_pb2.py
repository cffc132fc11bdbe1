"""Checkpoints of the first version: what their table holds."""

from tenseur.core import messages
from tenseur.core.framework import tensor_pb2, tensor_shape_pb2, tensor_slice_pb2, types_pb2, versions_pb2  # noqa: F401

messages.define(globals(), """
SavedSliceMeta
  1 name string
  2 shape TensorShapeProto
  3 type DataType
  4 slice repeated TensorSliceProto
SavedTensorSliceMeta
  1 tensor repeated SavedSliceMeta
  2 versions VersionDef
SavedSlice
  1 name string
  2 slice TensorSliceProto
  3 data TensorProto
SavedTensorSlices
  1 meta SavedTensorSliceMeta
  2 data SavedSlice
""")
