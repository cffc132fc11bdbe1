"""Datasets: sequences of elements, each a structure of tensors. `tf.data.Dataset`.

A dataset describes where elements come from; an iterator (see `iterator_ops`) goes through them in a session.
"""

import numpy as np

from tenseur.python.data.ops import functions
from tenseur.python.data.util import nest, random_seed, structure
from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_shape, tensor_util

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
        return nest.map_structure(lambda spec: spec.cls if isinstance(spec, structure.Spec) else type(self), self._structure)

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


class _Same(UnaryDataset):
    """The same elements."""

    def __init__(self, input_dataset, tensors=()):
        super().__init__(input_dataset._structure, input_dataset, tensors)

    def _iterate(self, run):
        return self._input_dataset._iterate(run)


def _source(tensors):
    """The structure of specs, and the leaves: values, where they are known, else tensors."""
    specs, leaves = [], []
    for leaf in nest.flatten(tensors):
        if isinstance(leaf, (sparse_tensor.SparseTensor, sparse_tensor.SparseTensorValue)):
            leaf = sparse_tensor.SparseTensor.from_value(leaf)
            specs.append(structure.Spec(leaf.dtype, leaf.get_shape(), sparse=True))
            leaves.append([leaf.indices, leaf.values, leaf.dense_shape])
            continue
        if isinstance(leaf, np.ndarray) and leaf.dtype != object or not _needs_a_graph(leaf):
            values, dtype = tensor_util.array_of(leaf)
            specs.append(structure.Spec(dtype, values.shape))
            leaves.append(structure.held(values, dtype))
            continue
        leaf = ops.convert_to_tensor(leaf, name="component")
        specs.append(structure.Spec(leaf.dtype, leaf.shape))
        value = tensor_util.constant_value(leaf) if leaf.op.type == "Const" else None
        leaves.append(leaf if value is None else structure.held(value, leaf.dtype))
    tensors_of = [part for leaf in leaves for part in (leaf if isinstance(leaf, list) else [leaf])]
    return nest.pack_sequence_as(tensors, specs), leaves, tensors_of


def _needs_a_graph(value):
    if isinstance(value, list):
        return any(_needs_a_graph(item) for item in value)
    return isinstance(value, (ops.Tensor, tuple)) or hasattr(value, "_as_graph_element") or type(value).__module__.split(".")[0] \
        not in ("builtins", "numpy")


def _value(run, leaf):
    if isinstance(leaf, list):
        return sparse_tensor.SparseTensorValue(*(run.value(part) for part in leaf))
    if isinstance(leaf, ops.Tensor):
        return structure.held(run.value(leaf), leaf.dtype)
    return leaf


class TensorDataset(DatasetSource):
    """One element."""

    def __init__(self, element):
        of, self._leaves, tensors = _source(element)
        super().__init__(of, tensors=tensors)

    def _iterate(self, run):
        yield [_value(run, leaf) for leaf in self._leaves]


class TensorSliceDataset(DatasetSource):
    """The rows of tensors."""

    def __init__(self, element):
        of, self._leaves, tensors = _source(element)
        specs = structure.specs(of)
        rows = tensor_shape.Dimension(None)
        for spec in specs:
            if spec.shape.ndims == 0:
                raise ValueError("Unbatching a tensor is only supported for rank >= 1")
            if spec.shape.ndims is not None:
                rows = rows.merge_with(spec.shape[0])
        super().__init__(nest.map_structure(lambda spec: spec.with_shape(spec.shape[1:]), of), tensors=tensors)

    def _iterate(self, run):
        values = [_rows(_value(run, leaf)) for leaf in self._leaves]
        for place in range(min(map(len, values))):
            yield [rows[place] for rows in values]


def _rows(value):
    """The value's rows, to be had by number."""
    if not isinstance(value, sparse_tensor.SparseTensorValue):
        return np.asarray(value) if not isinstance(value, np.ndarray) else value
    rows = []
    for row in range(int(value.dense_shape[0])):
        own = value.indices[:, 0] == row
        rows.append(sparse_tensor.SparseTensorValue(value.indices[own][:, 1:], value.values[own], value.dense_shape[1:]))
    return rows


class UnbatchDataset(UnaryDataset):
    """The rows of each element."""

    def __init__(self, input_dataset):
        super().__init__(nest.map_structure(lambda spec: spec.with_shape(spec.shape[1:]), input_dataset._structure), input_dataset)

    def _iterate(self, run):
        for leaves in self._input_dataset._iterate(run):
            values = [_rows(leaf) for leaf in leaves]
            for place in range(min(map(len, values))):
                yield [rows[place] for rows in values]


class GeneratorDataset(DatasetSource):
    """What a Python iterator yields."""

    def __init__(self, generator, output_types, output_shapes=None, args=None):
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        if output_shapes is None:
            output_shapes = nest.map_structure(lambda _: tensor_shape.unknown_shape(), output_types)
        else:
            output_shapes = nest.map_structure_up_to(output_types, tensor_shape.as_shape, output_shapes)
        types = nest.map_structure(dtypes.as_dtype, output_types)
        self._generator = generator
        self._args = [ops.convert_to_tensor(one) for one in args or ()]
        super().__init__(nest.map_structure(structure.Spec, types, output_shapes), tensors=self._args)

    def _iterate(self, run):
        specs = structure.specs(self._structure)
        for element in self._generator(*(run.value(one) for one in self._args)):
            try:
                leaves = nest.flatten_up_to(self._structure, tuple(element) if isinstance(element, list) and isinstance(
                    self._structure, tuple) else element)
            except (TypeError, ValueError):
                raise TypeError("`generator` yielded an element that did not match the expected structure. The expected "
                                f"structure was {self.output_types}, but the yielded element was {element}.") from None
            yield [self._checked(spec, leaf, element) for spec, leaf in zip(specs, leaves)]

    @staticmethod
    def _checked(spec, leaf, element):
        try:
            if spec.dtype != dtypes.string and np.asarray(leaf).dtype.kind in "SU":
                raise ValueError("a string")
            value = structure.held(leaf, spec.dtype)
        except (TypeError, ValueError):
            raise TypeError("`generator` yielded an element that could not be converted to the expected type. The expected type "
                            f"was {spec.dtype.name}, but the yielded element was {leaf}.") from None
        if not spec.shape.is_compatible_with(structure.shape_of(value)):
            raise ValueError(f"`generator` yielded an element of shape {structure.shape_of(value)} where an element of shape "
                             f"{spec.shape} was expected.")
        return value


class RangeDataset(DatasetSource):
    """Numbers in order."""

    def __init__(self, *args):
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid arguments to RangeDataset: {args}")
        args = [functions.known(one) for one in args]
        self._start, self._stop, self._step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        super().__init__(structure.Spec(dtypes.int64, []), tensors=args)

    def _iterate(self, run):
        for number in range(run.number(self._start), run.number(self._stop), run.number(self._step)):
            yield [np.int64(number)]


class FilesDataset(DatasetSource):
    """Names of files."""

    def __init__(self, file_pattern):
        _, (self._pattern,), tensors = _source(file_pattern)
        super().__init__(structure.Spec(dtypes.string, []), tensors=tensors)

    def _iterate(self, run):
        from tenseur.python.lib.io import file_io
        patterns = np.asarray(_value(run, self._pattern), dtype=object).reshape(-1).tolist()
        found = file_io.get_matching_files(patterns)
        if not found:
            raise errors_impl.InvalidArgumentError(
                None, None, f"No files matched pattern: {', '.join(pattern.decode() for pattern in patterns)}")
        for name in found:
            yield [name.encode()]


class WindowDataset_(DatasetSource):
    """The dataset that a function gets as an element."""

    def _iterate(self, run):
        return iter([list(leaves) for leaves in run.window(self)])


class WindowedDataset(UnaryDataset):
    """Elements that are datasets of a few elements of another."""

    def __init__(self, input_dataset, size, shift=None, stride=1, drop_remainder=False):
        self._size, self._stride = functions.known(size), functions.known(stride)
        self._shift = self._size if shift is None else functions.known(shift)
        self._drop = drop_remainder
        of = nest.map_structure(structure.WindowSpec, input_dataset._structure)
        super().__init__(of, input_dataset, [self._size, self._shift, self._stride])

    def _iterate(self, run):
        size, shift, stride = run.number(self._size), run.number(self._shift), run.number(self._stride)
        reach = (size - 1) * stride + 1
        elements, buffer, over = self._input_dataset._iterate(run), [], False
        while True:
            while len(buffer) < reach and not over:
                leaves = next(elements, None)
                over = leaves is None
                buffer += [] if over else [leaves]
            if not buffer or len(buffer) < reach and self._drop:
                return
            chosen = buffer[:reach:stride]
            yield [structure.Window([leaf] for leaf in column) for column in zip(*chosen)]
            left = shift - len(buffer)
            buffer = buffer[shift:]
            for _ in range(left):
                if next(elements, None) is None:
                    over = True
                    break


class ZipDataset(DatasetV1):
    """Elements of several, side by side."""

    def __init__(self, datasets):
        for one in nest.flatten(datasets):
            if not isinstance(one, DatasetV2):
                hint = " (nested structures of datasets are tuples, not lists)" if isinstance(one, list) else ""
                raise TypeError(f"The argument to `Dataset.zip()` must be a nested structure of `Dataset` objects{hint}: got {one!r}.")
        super().__init__(nest.map_structure(lambda one: one._structure, datasets), nest.flatten(datasets))

    def _iterate(self, run):
        for together in zip(*(one._iterate(run) for one in self._inputs)):
            yield [leaf for leaves in together for leaf in leaves]


class ConcatenateDataset(DatasetV1):
    """One after the other."""

    def __init__(self, one, other):
        if one.output_types != other.output_types:
            raise TypeError(f"Two datasets to concatenate have different types {one.output_types} and {other.output_types}")
        super().__init__(nest.map_structure(lambda a, b: a.merged(b), one._structure, other._structure), [one, other])

    def _iterate(self, run):
        for one in self._inputs:
            yield from one._iterate(run)


class MapDataset(UnaryDataset):
    """A function of each element."""

    def __init__(self, input_dataset, map_func):
        self._function = functions.Function(map_func, input_dataset._structure)
        of = self._function.structure
        if self._function.dataset is not None:
            of = structure.WindowSpec(of)
        super().__init__(of, input_dataset, self._function.around)

    def _iterate(self, run):
        call = self._function.bound(run)
        given = self._function.dataset
        for leaves in self._input_dataset._iterate(run):
            yield call(leaves) if given is None else [structure.Window(given._iterate(call(leaves)))]


class FlatMapDataset(UnaryDataset):
    """The elements of the datasets that a function gives."""

    def __init__(self, input_dataset, map_func):
        self._function = functions.Function(map_func, input_dataset._structure)
        if self._function.dataset is None:
            raise TypeError("`map_func` must return a `Dataset` object.")
        super().__init__(self._function.structure, input_dataset, self._function.around)

    def _iterate(self, run):
        call = self._function.bound(run)
        for leaves in self._input_dataset._iterate(run):
            yield from self._function.dataset._iterate(call(leaves))


class InterleaveDataset(FlatMapDataset):
    """The elements of several of the datasets that a function gives, in turn."""

    def __init__(self, input_dataset, map_func, cycle_length=AUTOTUNE, block_length=1):
        super().__init__(input_dataset, map_func)
        self._cycle, self._block = functions.known(cycle_length), functions.known(block_length)
        self._own_tensors += [one for one in (self._cycle, self._block) if isinstance(one, ops.Tensor)]

    def _iterate(self, run):
        call = self._function.bound(run)
        length, block = run.number(self._cycle), run.number(self._block)
        if length == AUTOTUNE:
            length = 4
        elements = self._input_dataset._iterate(run)
        cycle, place, taken, over, opened = [None] * length, 0, 0, False, 0
        while not over or opened:
            current = cycle[place]
            if current is not None:
                leaves = next(current, None)
                if leaves is not None:
                    yield leaves
                    taken += 1
                    if taken < block:
                        continue
                else:
                    cycle[place] = None
                    opened -= 1
            elif not over:
                leaves = next(elements, None)
                if leaves is not None:
                    cycle[place] = self._function.dataset._iterate(call(leaves))
                    opened += 1
                    continue
                over = True
                continue
            place, taken = (place + 1) % length, 0


class FilterDataset(UnaryDataset):
    """The elements for which a function gives true."""

    def __init__(self, input_dataset, predicate):
        self._function = functions.Function(predicate, input_dataset._structure)
        spec = self._function.structure
        if not isinstance(spec, structure.Spec) or spec.dtype != dtypes.bool or not spec.shape.is_compatible_with([]):
            raise ValueError("`predicate` must return a scalar boolean tensor.")
        super().__init__(input_dataset._structure, input_dataset, self._function.around)

    def _iterate(self, run):
        call = self._function.bound(run)
        for leaves in self._input_dataset._iterate(run):
            if call(leaves)[0]:
                yield leaves


class ShuffleDataset(UnaryDataset):
    """The elements in an order that chance gives."""

    def __init__(self, input_dataset, buffer_size, seed=None, reshuffle_each_iteration=None):
        self._size = functions.known(buffer_size)
        if isinstance(self._size, int) and self._size <= 0:
            raise ValueError(f"`buffer_size` must be greater than 0, but was {self._size}")
        self._seeds = random_seed.get_seed(functions.known(seed))
        self._again = reshuffle_each_iteration is None or reshuffle_each_iteration
        super().__init__(input_dataset._structure, input_dataset, [self._size])

    def _numbers(self, run):
        """A function that draws numbers of 32 bits: another stream each time round, where that is wanted."""
        from tenseur.python.ops import _philox
        if self._seeds == (0, 0):
            import random
            if self._again:
                return lambda: random.getrandbits(32)
            own = run.kept(self, lambda: random.getrandbits(64))
            return lambda drawn=random.Random(own): drawn.getrandbits(32)
        seeds = self._seeds
        if self._again:
            seeds = run.kept(self, lambda: _philox.Philox(*self._seeds))
            seeds = seeds.next32(), seeds.next32()
        return _philox.Philox(*seeds).next32

    def _iterate(self, run):
        size, draw = run.number(self._size), self._numbers(run)
        elements, over = self._input_dataset._iterate(run), False
        buffer, start, end = {}, 0, 0
        while True:
            while not over and end - start < size:
                leaves = next(elements, None)
                if leaves is None:
                    over = True
                else:
                    buffer[end % size] = leaves
                    end += 1
            if end == start:
                return
            first, chosen = start % size, (start + draw() % (end - start)) % size
            leaves = buffer[chosen]
            buffer[chosen] = buffer[first]
            buffer[first] = None
            start += 1
            yield leaves


class RepeatDataset(UnaryDataset):
    """The elements, again and again."""

    def __init__(self, input_dataset, count=None):
        self._count = -1 if count is None else functions.known(count)
        super().__init__(input_dataset._structure, input_dataset, [self._count])

    def _iterate(self, run):
        left = run.number(self._count)
        while left:
            left -= 1
            some = False
            for leaves in self._input_dataset._iterate(run):
                some = True
                yield leaves
            if not some and left < 0:
                return


class BatchDataset(UnaryDataset):
    """Several elements as one."""

    def __init__(self, input_dataset, batch_size, drop_remainder=False):
        self._size = functions.known(batch_size)
        self._drop = functions.known(drop_remainder)
        if isinstance(self._size, int) and self._size <= 0:
            raise ValueError(f"Batch size must be greater than zero: {self._size}")
        rows = self._size if self._drop is True and isinstance(self._size, int) else None
        of = nest.map_structure(lambda spec: spec.with_shape(tensor_shape.TensorShape([rows]).concatenate(spec.shape)),
                                input_dataset._structure)
        super().__init__(of, input_dataset, [self._size, self._drop])

    def _joined(self, run, columns):
        return [structure.stacked(values, spec, number)
                for number, (values, spec) in enumerate(zip(columns, structure.specs(self._input_dataset._structure)))]

    def _iterate(self, run):
        if isinstance(self._input_dataset._structure, structure.WindowSpec):
            raise errors_impl.InvalidArgumentError(None, None, "Batching of datasets is not supported; use flat_map first.")
        size, drop = run.number(self._size), bool(run.value(self._drop))
        rows = []
        for leaves in self._input_dataset._iterate(run):
            rows.append(leaves)
            if len(rows) == size:
                yield self._joined(run, list(zip(*rows)))
                rows = []
        if rows and not drop:
            yield self._joined(run, list(zip(*rows)))


class PaddedBatchDataset(BatchDataset):
    """Several elements as one, filled up to the same shape."""

    def __init__(self, input_dataset, batch_size, padded_shapes, padding_values=None, drop_remainder=False):
        super().__init__(input_dataset, batch_size, drop_remainder)
        of = input_dataset._structure
        specs = structure.specs(of)
        if any(spec.sparse for spec in specs):
            raise TypeError("Batching of padded sparse tensors is not currently supported")
        shapes = nest.flatten_up_to(of, padded_shapes)
        self._shapes = [_sizes(shape, spec) for shape, spec in zip(shapes, specs)]
        if padding_values is None:
            self._padding = [b"" if spec.dtype == dtypes.string else spec.dtype.as_numpy_dtype(0) for spec in specs]
        else:
            self._padding = [_padding(value, spec) for value, spec in zip(nest.flatten_up_to(of, padding_values), specs)]
        rows = self._size if self._drop is True and isinstance(self._size, int) else None
        self._structure = nest.pack_sequence_as(of, [
            spec.with_shape(tensor_shape.TensorShape([rows]).concatenate(
                None if isinstance(shape, ops.Tensor) else tensor_shape.TensorShape(shape)))
            for spec, shape in zip(specs, self._shapes)])
        self._own_tensors += [one for one in self._shapes + self._padding if isinstance(one, ops.Tensor)]

    def _joined(self, run, columns):
        joined = []
        for number, (values, spec) in enumerate(zip(columns, structure.specs(self._input_dataset._structure))):
            sizes, padding = run.value(self._shapes[number]), run.value(self._padding[number])
            if isinstance(self._shapes[number], ops.Tensor):
                sizes = [None if size == -1 else int(size) for size in sizes]
            joined.append(structure.padded(values, spec, number, sizes, padding))
        return joined


def _sizes(shape, spec):
    """What an element is filled up to: sizes (None: the largest), or the tensor that says."""
    if isinstance(shape, ops.Tensor):
        known = tensor_util.constant_value(shape)
        if known is None:
            return shape
        shape = known
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    shape = tensor_shape.TensorShape(shape)
    if shape.ndims is None or spec.shape.ndims not in (None, shape.ndims):
        raise ValueError(f"The padded shape {shape} is not compatible with the corresponding input component shape {spec.shape}.")
    for wanted, own in zip(shape._dims, spec.shape._dims or ()):
        if wanted is not None and own is not None and wanted < own:
            raise ValueError(f"The padded shape {shape} is not compatible with the corresponding input component shape "
                             f"{spec.shape}.")
    return tuple(shape._dims)


def _padding(value, spec):
    if isinstance(value, ops.Tensor):
        if value.dtype.base_dtype != spec.dtype:
            raise TypeError(f"The padding value {value} does not match the type {spec.dtype.name} of its component")
        known = tensor_util.constant_value(value)
        return value if known is None else known
    array, _ = tensor_util.array_of(value, spec.dtype)
    if array.ndim:
        raise ValueError(f"Padding value should be a scalar, but is not: {value}")
    return structure.held(array, spec.dtype).item() if spec.dtype != dtypes.string else structure.held(array, spec.dtype)


class CacheDataset(UnaryDataset):
    """The elements, kept when they have been computed once."""

    def __init__(self, input_dataset, filename=""):
        super().__init__(input_dataset._structure, input_dataset)

    def _iterate(self, run):
        kept = run.kept(self, list)
        if kept:
            yield from kept[0]
            return
        elements = []
        for leaves in self._input_dataset._iterate(run):
            elements.append(leaves)
            yield leaves
        kept.append(elements)


class TakeDataset(UnaryDataset):
    """The first elements."""

    def __init__(self, input_dataset, count):
        self._count = functions.known(count)
        super().__init__(input_dataset._structure, input_dataset, [self._count])

    def _iterate(self, run):
        left = run.number(self._count)
        if not left:
            return
        for leaves in self._input_dataset._iterate(run):
            yield leaves
            left -= 1
            if not left:
                return


class SkipDataset(UnaryDataset):
    """All but the first elements."""

    def __init__(self, input_dataset, count):
        self._count = functions.known(count)
        super().__init__(input_dataset._structure, input_dataset, [self._count])

    def _iterate(self, run):
        left = run.number(self._count)
        if left < 0:
            return
        for leaves in self._input_dataset._iterate(run):
            if left:
                left -= 1
            else:
                yield leaves


class ShardDataset(UnaryDataset):
    """Every so many-th element."""

    def __init__(self, input_dataset, num_shards, index):
        self._shards, self._index = functions.known(num_shards), functions.known(index)
        if isinstance(self._shards, int) and self._shards < 1:
            raise ValueError("num_shards must be >= 1")
        if isinstance(self._index, int) and isinstance(self._shards, int) and not 0 <= self._index < self._shards:
            raise ValueError(f"index must be in [0, {self._shards}), but is {self._index}")
        super().__init__(input_dataset._structure, input_dataset, [self._shards, self._index])

    def _iterate(self, run):
        shards, index = run.number(self._shards), run.number(self._index)
        for place, leaves in enumerate(self._input_dataset._iterate(run)):
            if place % shards == index:
                yield leaves


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
