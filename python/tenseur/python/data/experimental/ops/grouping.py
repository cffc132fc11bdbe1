"""Elements that go together: windows by key, buckets by length."""

import numpy as np

from tenseur.python.data.ops import dataset_ops, functions
from tenseur.python.data.util import nest, structure
from tenseur.python.framework import dtypes, ops


class _Windows(dataset_ops.UnaryDataset):
    """For each key, windows of its elements, each made a dataset of by a function."""

    def __init__(self, input_dataset, key_func, reduce_func, window_size_func):
        of = input_dataset._structure
        self._key = functions.Function(key_func, of)
        self._size = functions.Function(window_size_func, structure.Spec(dtypes.int64, []))
        self._reduce = functions.Function(reduce_func, (structure.Spec(dtypes.int64, []), structure.WindowSpec(of)))
        if self._reduce.dataset is None:
            raise TypeError("`reduce_func` must return a `Dataset` object.")
        super().__init__(self._reduce.structure, input_dataset,
                         self._key.around + self._size.around + self._reduce.around)

    def _iterate(self, run):
        key_of, size_of, reduced = (one.bound(run) for one in (self._key, self._size, self._reduce))
        windows, sizes = {}, {}
        for leaves in self._input_dataset._iterate(run):
            key = int(key_of(leaves)[0])
            if key not in windows:
                windows[key], sizes[key] = structure.Window(), int(size_of([np.int64(key)])[0])
            windows[key].append(leaves)
            if len(windows[key]) == sizes[key]:
                full = windows.pop(key)
                yield from self._reduce.dataset._iterate(reduced([np.int64(key), full]))
        for key, left in sorted(windows.items()):
            yield from self._reduce.dataset._iterate(reduced([np.int64(key), left]))


def group_by_window(key_func, reduce_func, window_size=None, window_size_func=None):
    """Gathers elements with the same key into windows, and goes through the dataset that `reduce_func(key, window)` gives.

    Args:
      key_func: of an element, gives a number of int64.
      window_size: the number of elements in a window, or `window_size_func` of the key.
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError("Must pass either window_size or window_size_func.")
    if window_size is not None:
        def window_size_func(_):
            return ops.convert_to_tensor(window_size, dtype=dtypes.int64)
    return lambda dataset: _Windows(dataset, key_func, reduce_func, window_size_func)


def bucket_by_sequence_length(element_length_func, bucket_boundaries, bucket_batch_sizes, padded_shapes=None,
                              padding_values=None, pad_to_bucket_boundary=False, no_padding=False, drop_remainder=False):
    """Batches of elements of about the same length, each filled up to the largest of its batch.

    Args:
      bucket_boundaries: the upper limits of lengths of all buckets but the last.
      bucket_batch_sizes: the sizes of the buckets' batches: one more.
    """
    from tenseur.python.ops import array_ops, math_ops
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    lows = [-2**31, *bucket_boundaries]
    highs = [*bucket_boundaries, 2**31 - 1]

    def apply(dataset):
        def bucket_of(*element):
            length = math_ops.cast(element_length_func(*element), dtypes.int32)
            inside = math_ops.logical_and(math_ops.less_equal(lows, length), math_ops.less(length, highs))
            return math_ops.reduce_min(array_ops.where(inside))

        def size_of(bucket):
            return array_ops.gather(ops.convert_to_tensor(bucket_batch_sizes, dtype=dtypes.int64), bucket)

        def batched(bucket, window):
            size = size_of(bucket)
            if no_padding:
                return window.batch(size, drop_remainder=drop_remainder)
            shapes = padded_shapes if padded_shapes is not None else dataset.output_shapes
            if pad_to_bucket_boundary:
                limits = ops.convert_to_tensor([high - 1 for high in highs], dtype=dtypes.int64)
                limit = array_ops.gather(limits, bucket)
                shapes = nest.map_structure_up_to(
                    dataset._structure, lambda shape: array_ops.stack(
                        [limit if size is None else ops.convert_to_tensor(size, dtype=dtypes.int64) for size in shape.as_list()])
                    if shape.ndims else shape, shapes)
            return window.padded_batch(size, shapes, padding_values, drop_remainder=drop_remainder)

        return dataset.apply(group_by_window(bucket_of, batched, window_size_func=size_of))

    return apply


class Reducer:
    """What `group_by_reducer` does with a group: `init_func(key)`, `reduce_func(state, element)`, `finalize_func(state)`."""

    def __init__(self, init_func, reduce_func, finalize_func):
        self.init_func, self.reduce_func, self.finalize_func = init_func, reduce_func, finalize_func


class _Groups(dataset_ops.UnaryDataset):
    def __init__(self, input_dataset, key_func, reducer):
        of = input_dataset._structure
        self._key = functions.Function(key_func, of)
        self._init = functions.Function(reducer.init_func, structure.Spec(dtypes.int64, []))
        self._step = functions.Function(reducer.reduce_func, (self._init.structure, of))
        self._last = functions.Function(reducer.finalize_func, self._init.structure)
        used = [tensor for one in (self._key, self._init, self._step, self._last) for tensor in one.around]
        super().__init__(self._last.structure, input_dataset, used)

    def _iterate(self, run):
        key_of, begin, step, last = (one.bound(run) for one in (self._key, self._init, self._step, self._last))
        states = {}
        for leaves in self._input_dataset._iterate(run):
            key = int(key_of(leaves)[0])
            state = states[key] if key in states else begin([np.int64(key)])
            states[key] = step(state + leaves)
        for state in states.values():
            yield last(state)


def group_by_reducer(key_func, reducer):
    """For each key, one element: what the reducer makes of all elements with it."""
    return lambda dataset: _Groups(dataset, key_func, reducer)
