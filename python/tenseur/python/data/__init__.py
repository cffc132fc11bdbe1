"""Datasets and iterators: `tf.data`."""

from tenseur.python.data import experimental  # noqa: F401
from tenseur.python.data.ops.dataset_ops import (Dataset, Options, get_legacy_output_classes, get_legacy_output_shapes,  # noqa: F401
                                                 get_legacy_output_types, make_initializable_iterator, make_one_shot_iterator)
from tenseur.python.data.ops.iterator_ops import Iterator  # noqa: F401
from tenseur.python.data.ops.readers import FixedLengthRecordDataset, TextLineDataset, TFRecordDataset  # noqa: F401
