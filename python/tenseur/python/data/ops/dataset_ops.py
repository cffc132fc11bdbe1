"""Datasets: sequences of elements, each a structure of tensors. `tf.data.Dataset`.

A dataset describes where elements come from; an iterator (see `iterator_ops`) goes through them in a session.
"""

import numpy as np

from tenseur.python.data.ops import functions
from tenseur.python.data.util import nest, structure
from tenseur.python.framework import ops, sparse_tensor

AUTOTUNE = -1


class DatasetV2:
    """A sequence of elements."""

    def __init__(self, of, inputs=(), tensors=()):
        self._structure = of
        self._inputs = list(inputs)
        self._own_tensors = [tensor for tensor in tensors if isinstance(tensor, ops.Tensor)]
        self._options = Options()
        for one in self._inputs:
            self._options = self._options.merge(one._options)

    def _iterate(self, run):
        """The elements, each a list of leaves."""
        raise NotImplementedError

    def _all_tensors(self):
        """The tensors whose values an iterator needs."""
        found = dict.fromkeys(self._own_tensors)
        for one in self._inputs:
            found.update(dict.fromkeys(one._all_tensors()))
        return list(found)

    # --- what elements are ---------------------------------------------------------------------------------------------

    @property
    def output_types(self):
        """The types of an element's leaves."""
        return nest.map_structure(lambda spec: spec.dtype, self._structure)

    @property
    def output_shapes(self):
        """The shapes of an element's leaves."""
        return nest.map_structure(lambda spec: spec.shape, self._structure)

    @property
    def output_classes(self):
        return nest.map_structure(lambda spec: spec.cls if isinstance(spec, structure.Spec) else type(self),
                                  self._structure)

    @property
    def element_spec(self):
        return self._structure

    def __repr__(self):
        shapes = str(nest.map_structure(str, self.output_shapes)).replace("'", "")
        types = str(nest.map_structure(repr, self.output_types)).replace("'", "")
        return f"<DatasetV1Adapter shapes: {shapes}, types: {types}>"

    def __iter__(self):
        raise RuntimeError("__iter__() is only supported inside of tf.function or when eager execution is enabled.")

    def options(self):
        return self._options

    def with_options(self, options):
        """The same dataset; the options say how it might be run faster, which changes nothing here."""
        made = _Same(self)
        made._options = self._options.merge(options)
        return made

    # --- iterators -----------------------------------------------------------------------------------------------------

    def make_one_shot_iterator(self):
        """An iterator that begins by itself, and goes through the elements once."""
        from tenseur.python.data.ops import iterator_ops
        return iterator_ops.one_shot(self)

    def make_initializable_iterator(self, shared_name=None):
        """An iterator whose `initializer` must run first; placeholders that the dataset uses are fed then."""
        from tenseur.python.data.ops import iterator_ops
        iterator = iterator_ops.Iterator._named(self._structure, shared_name)
        iterator._initializer = iterator._begin(self, "MakeIterator")
        return iterator

    # --- sources -------------------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors):
        """A dataset of one element."""
        return TensorDataset(tensors)

    @staticmethod
    def from_tensor_slices(tensors):
        """A dataset of the rows of the tensors: element i has row i of each."""
        return TensorSliceDataset(tensors)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor_):
        """A dataset of the rows of a sparse tensor."""
        if not isinstance(sparse_tensor_, sparse_tensor.SparseTensor):
            raise TypeError(f"`sparse_tensor` must be a `tf.SparseTensor` object.Was {sparse_tensor_}.")
        return TensorSliceDataset(sparse_tensor_)

    @staticmethod
    def from_generator(generator, output_types, output_shapes=None, args=None):
        """A dataset of what the iterator that `generator(*args)` gives yields."""
        return GeneratorDataset(generator, output_types, output_shapes, args)

    @staticmethod
    def range(*args):
        """The numbers 0 … stop, start … stop, or start, start + step … stop, as int64."""
        return RangeDataset(*args)

    @staticmethod
    def zip(datasets):
        """A dataset whose elements are the structure `datasets` with an element of each in its place."""
        return ZipDataset(datasets)

    @staticmethod
    def list_files(file_pattern, shuffle=None, seed=None):
        """The names of the files that match the pattern or patterns, shuffled unless `shuffle` is false."""
        made = FilesDataset(file_pattern)
        return made if shuffle is False else made.shuffle(1 << 40, seed=seed)

    # --- transformations -----------------------------------------------------------------------------------------------

    def concatenate(self, dataset):
        """The elements of this one, then those of `dataset`."""
        return ConcatenateDataset(self, dataset)

    def prefetch(self, buffer_size):
        """The same elements."""
        return _Same(self, [functions.known(buffer_size)])

    def map(self, map_func, num_parallel_calls=None):
        """`map_func` of each element."""
        return MapDataset(self, map_func)

    def map_with_legacy_function(self, map_func, num_parallel_calls=None):
        return MapDataset(self, map_func)

    def flat_map(self, map_func):
        """The elements of the datasets that `map_func` gives for each element, one dataset after the other."""
        return FlatMapDataset(self, map_func)

    def interleave(self, map_func, cycle_length=AUTOTUNE, block_length=1, num_parallel_calls=None):
        """The elements of the datasets that `map_func` gives: `block_length` of each of `cycle_length` of them in turn."""
        return InterleaveDataset(self, map_func, cycle_length, block_length)

    def filter(self, predicate):
        """The elements for which `predicate` gives true."""
        return FilterDataset(self, predicate)

    filter_with_legacy_function = filter

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=None):
        """The elements, each drawn from a buffer of the next `buffer_size`."""
        return ShuffleDataset(self, buffer_size, seed, reshuffle_each_iteration)

    def repeat(self, count=None):
        """The elements, `count` times over; for ever, where that is None or -1."""
        return RepeatDataset(self, count)

    def batch(self, batch_size, drop_remainder=False):
        """`batch_size` elements at a time, stacked; the last fewer, or dropped."""
        return BatchDataset(self, batch_size, drop_remainder)

    def padded_batch(self, batch_size, padded_shapes, padding_values=None, drop_remainder=False):
        """`batch_size` elements at a time, filled up to `padded_shapes` (None and -1: the largest of the batch)."""
        return PaddedBatchDataset(self, batch_size, padded_shapes, padding_values, drop_remainder)

    def cache(self, filename=""):
        """The same elements; they are computed the first time only."""
        return CacheDataset(self, filename)

    def take(self, count):
        """The first `count` elements; all of them for -1."""
        return TakeDataset(self, count)

    def skip(self, count):
        """All but the first `count` elements."""
        return SkipDataset(self, count)

    def shard(self, num_shards, index):
        """Every `num_shards`-th element, from element `index` on."""
        return ShardDataset(self, num_shards, index)

    def enumerate(self, start=0):
        """Pairs (number, element)."""
        return DatasetV1.zip((RangeDataset(start, np.iinfo(np.int64).max), self))

    def window(self, size, shift=None, stride=1, drop_remainder=False):
        """Datasets of `size` elements each, `shift` apart, with every `stride`-th element."""
        return WindowedDataset(self, size, shift, stride, drop_remainder)

    def unbatch(self):
        """The rows of each element."""
        return UnbatchDataset(self)

    def apply(self, transformation_func):
        """What `transformation_func` makes of the dataset."""
        made = transformation_func(self)
        if not isinstance(made, DatasetV2):
            raise TypeError(f"`transformation_func` must return a Dataset. Got {made}.")
        return made

    def reduce(self, initial_state, reduce_func):
        """A tensor: what `reduce_func(state, element)` makes of `initial_state` over all elements."""
        from tenseur.python.data.ops import iterator_ops
        return iterator_ops.reduced(self, initial_state, reduce_func)


class DatasetV1(DatasetV2):
    """A sequence of elements."""


Dataset = DatasetV1


class DatasetV1Adapter(DatasetV1):
    """TensorFlow's wrapper of newer datasets."""


class DatasetSource(DatasetV1):
    """A dataset that is not made of others."""


class UnaryDataset(DatasetV1):
    """A dataset made of another."""

    def __init__(self, of, input_dataset, tensors=()):
        super().__init__(of, [input_dataset], tensors)
        self._input_dataset = input_dataset


class Options:
    """How a dataset might be run; all attributes may be set, and change nothing."""

    def __init__(self):
        self.__dict__["_set"] = {}

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._set.setdefault(name, Options()) if name.startswith(("experimental_optimization", "experimental_threading",
                                                                         "threading", "autotune")) else self._set.get(name)

    def __setattr__(self, name, value):
        self._set[name] = value

    def merge(self, other):
        made = Options()
        made._set.update(self._set)
        made._set.update(other._set)
        return made


def get_legacy_output_types(dataset_or_iterator):
    return dataset_or_iterator.output_types


def get_legacy_output_shapes(dataset_or_iterator):
    return dataset_or_iterator.output_shapes


def get_legacy_output_classes(dataset_or_iterator):
    return dataset_or_iterator.output_classes


def make_one_shot_iterator(dataset):
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset, shared_name=None):
    return dataset.make_initializable_iterator(shared_name)


# The kinds of datasets are built on the classes above.
from tenseur.python.data.ops._sources import (  # noqa: E402
    FilesDataset, GeneratorDataset, RangeDataset, TensorDataset, TensorSliceDataset, WindowDataset_, _source, _value)  # noqa: F401
from tenseur.python.data.ops._transformations import (  # noqa: E402
    BatchDataset, CacheDataset, ConcatenateDataset, FilterDataset, FlatMapDataset, InterleaveDataset, MapDataset,
    PaddedBatchDataset, RepeatDataset, ShardDataset, ShuffleDataset, SkipDataset, TakeDataset, UnbatchDataset, WindowedDataset,
    ZipDataset, _rows, _Same)  # noqa: F401
