"""Shapes of tensors."""

from tenseur.core import messages

messages.define(globals(), """
TensorShapeProto
  2 dim repeated TensorShapeProto.Dim
  3 unknown_rank bool
TensorShapeProto.Dim
  1 size int64
  2 name string
""")
