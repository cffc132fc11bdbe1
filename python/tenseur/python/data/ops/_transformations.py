"""Datasets that are made of others."""

import numpy as np

from tenseur.python.data.ops import functions
from tenseur.python.data.ops._sources import _rows
from tenseur.python.data.ops.dataset_ops import AUTOTUNE, DatasetV1, DatasetV2, UnaryDataset
from tenseur.python.data.util import nest, random_seed, structure
from tenseur.python.framework import dtypes, errors_impl, ops, tensor_shape, tensor_util


class _Same(UnaryDataset):
    """The same elements."""

    def __init__(self, input_dataset, tensors=()):
        super().__init__(input_dataset._structure, input_dataset, tensors)

    def _iterate(self, run):
        return self._input_dataset._iterate(run)


class UnbatchDataset(UnaryDataset):
    """The rows of each element."""

    def __init__(self, input_dataset):
        super().__init__(nest.map_structure(lambda spec: spec.with_shape(spec.shape[1:]), input_dataset._structure), input_dataset)

    def _iterate(self, run):
        for leaves in self._input_dataset._iterate(run):
            values = [_rows(leaf) for leaf in leaves]
            for place in range(min(map(len, values))):
                yield [rows[place] for rows in values]


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
            raise errors_impl.InvalidArgumentError(None, None,
                                                   "Batching of datasets is not supported; use flat_map first.")
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
