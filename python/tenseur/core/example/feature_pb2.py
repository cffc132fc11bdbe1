"""Features of examples."""

from tenseur.core import messages

messages.define(globals(), """
BytesList
  1 value repeated bytes
FloatList
  1 value repeated float
Int64List
  1 value repeated int64
Feature
  1 bytes_list BytesList in kind
  2 float_list FloatList in kind
  3 int64_list Int64List in kind
Features
  1 feature map string Feature
FeatureList
  1 feature repeated Feature
FeatureLists
  1 feature_list map string FeatureList
""")
