"""What a `tf.train.QueueRunner` is."""

from tenseur.core import messages
from tenseur.core.lib.core import error_codes_pb2  # noqa: F401

messages.define(globals(), """
QueueRunnerDef
  1 queue_name string
  2 enqueue_op_name repeated string
  3 close_op_name string
  4 cancel_op_name string
  5 queue_closed_exception_types repeated Code
""")
