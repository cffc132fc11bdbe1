"""`tf.python_io`."""

from tenseur.python.lib.io.tf_record import (TFRecordCompressionType, TFRecordOptions, TFRecordWriter,  # noqa: F401
                                             tf_record_iterator)
