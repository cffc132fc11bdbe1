"""Which versions wrote and may read a graph."""

from tenseur.core import messages

messages.define(globals(), """
VersionDef
  1 producer int32
  2 min_consumer int32
  3 bad_consumers repeated int32
""")
