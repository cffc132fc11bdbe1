"""`tf.data.experimental`, and `tf.contrib.data`."""

from tenseur.python.data.experimental.ops.csv import CsvDataset, make_csv_dataset  # noqa: F401
from tenseur.python.data.experimental.ops.grouping import (bucket_by_sequence_length, group_by_reducer, group_by_window,  # noqa: F401
                                                           Reducer)
from tenseur.python.data.experimental.ops.transformations import (  # noqa: F401
    AUTOTUNE, Counter, OptimizationOptions, RandomDataset, StatsAggregator, ThreadingOptions, TFRecordWriter,
    assert_element_shape, batch_and_drop_remainder, bytes_produced_stats, cardinality, choose_from_datasets, copy_to_device,
    dense_to_sparse_batch, enumerate_dataset, get_single_element, ignore_errors, latency_stats, map_and_batch,
    padded_batch_and_drop_remainder, parallel_interleave, parse_example_dataset, prefetch_to_device, sample_from_datasets, scan,
    shuffle_and_repeat, sloppy_interleave, take_while, unbatch, unique)

INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2
