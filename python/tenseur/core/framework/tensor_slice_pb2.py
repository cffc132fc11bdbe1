"""Parts of tensors."""

from tenseur.core import messages

messages.define(globals(), """
TensorSliceProto
  1 extent repeated TensorSliceProto.Extent
TensorSliceProto.Extent
  1 start int64
  2 length int64 in has_length_hack
""")
