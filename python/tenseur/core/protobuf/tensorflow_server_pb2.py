"""Servers of a cluster."""

from tenseur.core import messages
from tenseur.core.protobuf import cluster_pb2  # noqa: F401
from tenseur.core.protobuf import config_pb2  # noqa: F401

messages.define(globals(), """
ServerDef
  1 cluster ClusterDef
  2 job_name string
  3 task_index int32
  4 default_session_config ConfigProto
  5 protocol string
  6 port int32
  8 replica int32
""")
