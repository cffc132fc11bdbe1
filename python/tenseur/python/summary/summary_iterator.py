"""Events of event files: `tf.train.summary_iterator`."""

from tenseur.core.util import event_pb2
from tenseur.python.lib.io import tf_record


def summary_iterator(path):
    """The events of the file, one after the other."""
    for record in tf_record.tf_record_iterator(path):
        yield event_pb2.Event.FromString(record)
