"""Examples: `tf.train.Example`, `tf.train.SequenceExample`."""

from tenseur.core import messages
from tenseur.core.example import feature_pb2  # noqa: F401

messages.define(globals(), """
Example
  1 features Features
SequenceExample
  1 context Features
  2 feature_lists FeatureLists
""")
