"""Transformations for `Dataset.apply`."""

import numpy as np

from tenseur.python.data.ops import dataset_ops, functions
from tenseur.python.data.util import nest, random_seed, structure
from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_shape

AUTOTUNE = dataset_ops.AUTOTUNE
OptimizationOptions = ThreadingOptions = dataset_ops.Options


def map_and_batch(map_func, batch_size, num_parallel_batches=None, drop_remainder=False,
                  num_parallel_calls=None):
    """`map(map_func)`, then `batch(batch_size)`."""
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError("The `num_parallel_batches` and `num_parallel_calls` arguments are mutually exclusive.")
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder)


map_and_batch_with_legacy_function = map_and_batch


def shuffle_and_repeat(buffer_size, count=None, seed=None):
    """`shuffle(buffer_size, seed)`, then `repeat(count)`."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def parallel_interleave(map_func, cycle_length, block_length=1, sloppy=False, buffer_output_elements=None,
                        prefetch_input_elements=None):
    """`interleave`, always in the same order."""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def sloppy_interleave(map_func, cycle_length, block_length=1):
    return parallel_interleave(map_func, cycle_length, block_length)


def batch_and_drop_remainder(batch_size):
    """`batch(batch_size)` without a last batch that is smaller."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def padded_batch_and_drop_remainder(batch_size, padded_shapes, padding_values=None):
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


def unbatch():
    """The rows of each element."""
    return lambda dataset: dataset.unbatch()


def enumerate_dataset(start=0):
    """Pairs (number, element)."""
    return lambda dataset: dataset.enumerate(start)


def prefetch_to_device(device, buffer_size=None):
    return lambda dataset: dataset.prefetch(buffer_size or 1)


def copy_to_device(target_device, source_device="/cpu:0"):
    return lambda dataset: dataset.prefetch(1)


def latency_stats(tag):
    return lambda dataset: dataset.prefetch(0)


bytes_produced_stats = latency_stats


class StatsAggregator:
    """Statistics of datasets are not gathered."""

    def get_summary(self):
        from tenseur.python.framework import constant_op
        return constant_op.constant(b"")


def cardinality(dataset):
    """The number of elements, where it is plain: -1 for ever, -2 where it is not known."""
    from tenseur.python.framework import constant_op
    return constant_op.constant(_cardinality(dataset), dtype=dtypes.int64)


def _cardinality(dataset):
    own = type(dataset)
    if own is dataset_ops.TensorDataset:
        return 1
    if own is dataset_ops.RangeDataset and not dataset._own_tensors:
        return len(range(dataset._start, dataset._stop, dataset._step))
    if own is dataset_ops.TensorSliceDataset and not dataset._own_tensors:
        return min(len(leaf) for leaf in dataset._leaves)
    if own in (dataset_ops.MapDataset, dataset_ops._Same, dataset_ops.ShuffleDataset, dataset_ops.CacheDataset):
        return _cardinality(dataset._input_dataset)
    if own is dataset_ops.RepeatDataset:
        inner, count = _cardinality(dataset._input_dataset), dataset._count
        return inner if inner <= 0 else inner * count if isinstance(count, int) and count >= 0 else -1 if isinstance(count, int) else -2
    if own in (dataset_ops.BatchDataset, dataset_ops.PaddedBatchDataset) and isinstance(dataset._size, int):
        inner = _cardinality(dataset._input_dataset)
        return inner if inner < 0 else inner // dataset._size if dataset._drop else -(-inner // dataset._size)
    if own is dataset_ops.TakeDataset and isinstance(dataset._count, int):
        inner = _cardinality(dataset._input_dataset)
        return inner if inner == -2 or dataset._count < 0 else dataset._count if inner == -1 else min(inner, dataset._count)
    return -2


def get_single_element(dataset):
    """The tensors of a dataset's only element."""
    from tenseur.python.client import session as session_lib
    tensors = dataset._all_tensors()
    specs = structure.specs(dataset._structure)
    facts = [fact for spec in specs for fact in spec.tensors()]

    def first(inputs):
        found = list(dataset.take(2)._iterate(functions.Run(session_lib.running_session(), dict(zip(tensors, inputs)))))
        if len(found) != 1:
            raise errors_impl.InvalidArgumentError(
                None, None, "Dataset was empty." if not found else "Dataset had more than one element.")
        arrays = [array for spec, leaf in zip(specs, found[0]) for array in spec.arrays(leaf)]
        return [structure.array(value, dtype) for value, (dtype, _) in zip(arrays, facts)]

    op = ops.get_default_graph().create_op("DatasetToSingleElement", tensors, attrs={},
                                           host=([(dtype.as_datatype_enum, sizes) for dtype, sizes in facts], first))
    made = iter(op.outputs)
    return nest.pack_sequence_as(dataset._structure, [spec.pack(made) for spec in specs])


class _Ignoring(dataset_ops.UnaryDataset):
    """The elements that can be computed."""

    def __init__(self, input_dataset):
        super().__init__(input_dataset._structure, input_dataset)

    def _iterate(self, run):
        source = self._input_dataset
        if not isinstance(source, dataset_ops.MapDataset) or source._function.dataset is not None:
            yield from source._iterate(run)
            return
        # A generator is over after an error, so the function is called here, element by element.
        call = source._function.bound(run)
        for leaves in source._input_dataset._iterate(run):
            try:
                found = call(leaves)
            except errors_impl.OpError:
                continue
            yield found


def ignore_errors():
    """Leaves out the elements that the last `map` fails for."""
    return _Ignoring


class _TakeWhile(dataset_ops.FilterDataset):
    def _iterate(self, run):
        call = self._function.bound(run)
        for leaves in self._input_dataset._iterate(run):
            if not call(leaves)[0]:
                return
            yield leaves


def take_while(predicate):
    """The elements before the first for which `predicate` gives false."""
    return lambda dataset: _TakeWhile(dataset, predicate)


class _Unique(dataset_ops.UnaryDataset):
    def __init__(self, input_dataset):
        super().__init__(input_dataset._structure, input_dataset)

    def _iterate(self, run):
        seen = set()
        for leaves in self._input_dataset._iterate(run):
            key = leaves[0] if isinstance(leaves[0], bytes) else np.asarray(leaves[0]).item()
            if key not in seen:
                seen.add(key)
                yield leaves


def unique():
    """Each element once."""
    return _Unique


class _Scan(dataset_ops.UnaryDataset):
    def __init__(self, input_dataset, initial_state, scan_func):
        of, self._start, tensors = dataset_ops._source(initial_state)
        self._function = functions.Function(scan_func, (of, input_dataset._structure))
        self._count = len(structure.specs(of))
        super().__init__(self._function.structure[1], input_dataset, [*tensors, *self._function.around])

    def _iterate(self, run):
        call = self._function.bound(run)
        state = [dataset_ops._value(run, leaf) for leaf in self._start]
        for leaves in self._input_dataset._iterate(run):
            found = call(state + leaves)
            state = found[:self._count]
            yield found[self._count:]


def scan(initial_state, scan_func):
    """`scan_func(state, element)` gives (new state, element) for each element."""
    return lambda dataset: _Scan(dataset, initial_state, scan_func)


class _Sampled(dataset_ops.DatasetV1):
    """Elements of several, of which chance or a dataset of numbers says whose turn it is."""

    def __init__(self, datasets, weights=None, seed=None, choices=None):
        self._weights, self._choices = weights, choices
        self._seeds = random_seed.get_seed(seed)
        super().__init__(datasets[0]._structure, list(datasets) + ([choices] if choices is not None else []))
        self._count = len(datasets)

    def _turns(self, run, going):
        if self._choices is not None:
            for leaves in self._choices._iterate(run):
                yield int(leaves[0])
            return
        draw = np.random.RandomState(None if self._seeds == (0, 0) else [seed % 2**32 for seed in self._seeds])
        weights = np.ones(self._count) if self._weights is None else np.asarray(run.value(self._weights), np.float64)
        while (weights * going).any():
            left = weights * going
            yield int(draw.choice(self._count, p=left / left.sum()))

    def _iterate(self, run):
        elements = [one._iterate(run) for one in self._inputs[:self._count]]
        going = np.ones(self._count, bool)
        for turn in self._turns(run, going):
            leaves = next(elements[turn], None) if going[turn] else None
            if leaves is None:
                going[turn] = False
                if not any(going):
                    return
                continue
            yield leaves


def sample_from_datasets(datasets, weights=None, seed=None):
    """A dataset that takes each element from one of the datasets, drawn by the weights."""
    return _Sampled(datasets, weights, seed)


def choose_from_datasets(datasets, choice_dataset):
    """A dataset that takes each element from the dataset whose number comes next in `choice_dataset`."""
    return _Sampled(datasets, choices=choice_dataset)


def Counter(start=0, step=1, dtype=dtypes.int64):
    """The numbers start, start + step, … without end."""
    counted = dataset_ops.Dataset.range(start, np.iinfo(np.int64).max if step > 0 else np.iinfo(np.int64).min, step)
    if dtype == dtypes.int64:
        return counted
    from tenseur.python.ops import math_ops
    return counted.map(lambda number: math_ops.cast(number, dtype))


class RandomDataset(dataset_ops.DatasetSource):
    """Numbers of 32 bits by chance, as int64, without end."""

    def __init__(self, seed=None):
        self._seeds = random_seed.get_seed(seed)
        super().__init__(structure.Spec(dtypes.int64, []))

    def _iterate(self, run):
        import random
        from tenseur.python.ops import _philox
        seeds = self._seeds if self._seeds != (0, 0) else (random.getrandbits(63), random.getrandbits(63))
        stream = _philox.Philox(*seeds)
        while True:
            yield [np.int64(stream.next32())]


class _Dense(dataset_ops.UnaryDataset):
    def __init__(self, input_dataset, batch_size, row_shape):
        self._size = functions.known(batch_size)
        self._row = tensor_shape.as_shape(row_shape)
        spec = input_dataset._structure
        super().__init__(structure.Spec(spec.dtype, tensor_shape.TensorShape([None]).concatenate(self._row), sparse=True),
                         input_dataset, [self._size])

    def _iterate(self, run):
        for (batch,) in _Lists(self._input_dataset, run.number(self._size), run):
            places, values = [], []
            shape = [len(batch), *(max(np.shape(one)[axis] for one in batch) if size is None else size
                                   for axis, size in enumerate(self._row._dims))]
            for row, one in enumerate(batch):
                for place in np.ndindex(*np.shape(one)):
                    places.append((row, *place))
                    values.append(one[place])
            yield [sparse_tensor.SparseTensorValue(np.array(places, np.int64).reshape(-1, len(shape)), np.array(values),
                                                   np.array(shape, np.int64))]


def _Lists(dataset, size, run):
    rows = []
    for leaves in dataset._iterate(run):
        rows.append(leaves)
        if len(rows) == size:
            yield list(zip(*rows))
            rows = []
    if rows:
        yield list(zip(*rows))


def dense_to_sparse_batch(batch_size, row_shape):
    """Batches of rows of different lengths, as sparse tensors."""
    return lambda dataset: _Dense(dataset, batch_size, row_shape)


def assert_element_shape(expected_shapes):
    """Says the shapes of elements, which are looked at as they come."""
    def apply(dataset):
        def check(*element):
            element = element if len(element) > 1 or isinstance(dataset._structure, tuple) else element[0]
            for tensor, shape in zip(nest.flatten(element), nest.flatten_up_to(dataset._structure, expected_shapes)):
                tensor.set_shape(shape)
            return element
        return dataset.map(check)
    return apply


def parse_example_dataset(features, num_parallel_calls=1):
    """Parses batches of serialized Examples."""
    from tenseur.python.ops import parsing_ops
    return lambda dataset: dataset.map(lambda serialized: parsing_ops.parse_example(serialized, features))


class TFRecordWriter:
    """Writes a dataset of strings to a TFRecord file: `write(dataset)` gives the operation that does."""

    def __init__(self, filename, compression_type=None):
        self._filename, self._kind = filename, compression_type

    def write(self, dataset):
        from tenseur.python.client import session as session_lib
        from tenseur.python.lib.io import tf_record
        if not isinstance(dataset._structure, structure.Spec) or dataset._structure.dtype != dtypes.string:
            raise TypeError("`dataset` must produce scalar `DT_STRING` tensors")
        tensors = dataset._all_tensors()
        name = ops.convert_to_tensor(self._filename, dtype=dtypes.string)

        def work(inputs):
            run = functions.Run(session_lib.running_session(), dict(zip(tensors, inputs[1:])))
            with tf_record.TFRecordWriter(inputs[0], tf_record.TFRecordOptions(self._kind)) as writer:
                for (record,) in dataset._iterate(run):
                    writer.write(record)
            return []

        return ops.get_default_graph().create_op("DatasetToTFRecord", [name, *tensors], attrs={}, host=([], work))
