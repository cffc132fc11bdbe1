"""Machines that work together."""

from tenseur.core import messages

messages.define(globals(), """
JobDef
  1 name string
  2 tasks map int32 string
ClusterDef
  1 job repeated JobDef
""")
