"""Several readers that fill one queue: `slim.parallel_reader`."""

from tenseur.python.framework import dtypes as _dtypes
from tenseur.python.framework import ops
from tenseur.python.ops import data_flow_ops, math_ops
from tenseur.python.platform import gfile
from tenseur.python.summary import summary
from tenseur.python.training import input as tf_input
from tenseur.python.training import queue_runner_impl


class ParallelReader:
    """`num_readers` readers, each in a thread of its own, whose records come together in `common_queue`."""

    def __init__(self, reader_class, common_queue, num_readers=4, reader_kwargs=None):
        if len(common_queue.dtypes) != 2 or any(not one.is_compatible_with(_dtypes.string) for one in common_queue.dtypes):
            raise TypeError("The common queue takes two strings: a record's key and the record")
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    @property
    def common_queue(self):
        return self._common_queue

    def read(self, queue, name=None):
        """(key, record), of files whose names are in `queue`."""
        self._configure_readers_by(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(self, queue, num_records, name=None):
        """Up to `num_records` keys, and records."""
        self._configure_readers_by(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def _configure_readers_by(self, queue):
        enqueue = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        queue_runner_impl.add_queue_runner(queue_runner_impl.QueueRunner(self._common_queue, enqueue))

    def num_records_produced(self, name=None):
        return math_ops.add_n([reader.num_records_produced() for reader in self._readers], name=name)

    def num_work_units_completed(self, name=None):
        return math_ops.add_n([reader.num_work_units_completed() for reader in self._readers], name=name)


def parallel_read(data_sources, reader_class, num_epochs=None, num_readers=4, reader_kwargs=None, shuffle=True, dtypes=None,
                  capacity=256, min_after_dequeue=128, seed=None, scope=None):
    """(key, record) of the files, in any order with `shuffle`, `num_epochs` times over."""
    files = get_data_files(data_sources)
    with ops.name_scope(scope, "parallel_read"):
        filename_queue = tf_input.string_input_producer(files, num_epochs=num_epochs, shuffle=shuffle, seed=seed,
                                                        name="filenames")
        dtypes = dtypes or [_dtypes.string, _dtypes.string]
        if shuffle:
            common_queue = data_flow_ops.RandomShuffleQueue(capacity=capacity, min_after_dequeue=min_after_dequeue, dtypes=dtypes,
                                                            seed=seed, name="common_queue")
        else:
            common_queue = data_flow_ops.FIFOQueue(capacity=capacity, dtypes=dtypes, name="common_queue")
        summary.scalar(f"fraction_of_{capacity}_full",
                       math_ops.cast(common_queue.size(), _dtypes.float32) * (1.0 / capacity))
        return ParallelReader(reader_class, common_queue, num_readers=num_readers, reader_kwargs=reader_kwargs).read(filename_queue)


def single_pass_read(data_sources, reader_class, reader_kwargs=None, scope=None):
    """(key, record) of the files, one after the other, once."""
    with ops.name_scope(scope, "single_pass_read"):
        filename_queue = tf_input.string_input_producer(get_data_files(data_sources), num_epochs=1, shuffle=False, capacity=1,
                                                        name="filenames")
        return reader_class(**(reader_kwargs or {})).read(filename_queue)


def get_data_files(data_sources):
    """The files that a pattern, or each of a list of patterns, stands for.

    Raises:
      ValueError: where there is none.
    """
    if isinstance(data_sources, (list, tuple)):
        found = [path for source in data_sources for path in get_data_files(source)]
    elif any(mark in data_sources for mark in "*?["):
        found = gfile.Glob(data_sources)
    else:
        found = [data_sources]
    if not found:
        raise ValueError(f"No data files found in {data_sources}")
    return found
