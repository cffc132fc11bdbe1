"""Batches from arrays, generators and datasets."""

import numpy as np


def is_generator(data):
    """Whether it gives batches by itself: a generator, or a `Sequence`."""
    return hasattr(data, "__next__") or hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(
        data, (np.ndarray, list, tuple, dict)) and not hasattr(data, "shape") and not hasattr(data, "iloc")


def as_arrays(data, names):
    """The arrays of a model's inputs, in order."""
    if data is None:
        return []
    if isinstance(data, dict):
        return [np.asarray(data[name]) for name in (names or sorted(data))]
    if isinstance(data, (list, tuple)) and (names is None or len(names) > 1 or len(data) == 1 and np.ndim(data[0]) > 0):
        return [np.asarray(part) for part in data]
    return [np.asarray(getattr(data, "values", data)) if not isinstance(data, np.ndarray) else data]


def count_of(data):
    """The number of examples."""
    if isinstance(data, dict):
        data = next(iter(data.values()))
    if isinstance(data, (list, tuple)) and data and np.ndim(data[0]) > 0:
        data = data[0]
    return len(data)


def _taken(data, places):
    if data is None:
        return None
    if isinstance(data, dict):
        return {name: np.asarray(part)[places] for name, part in data.items()}
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], np.ndarray):
        return [part[places] for part in data]
    data = getattr(data, "values", data) if not isinstance(data, np.ndarray) else data
    return np.asarray(data)[places]


def parts_of(x, y, sample_weight, validation_split):
    """((x, y, weights) to learn from, (x, y[, weights]) to evaluate)."""
    count = count_of(x)
    at = int(count * (1.0 - validation_split))
    first, last = slice(0, at), slice(at, count)
    validation = (_taken(x, last), _taken(y, last))
    if sample_weight is not None:
        validation += (_taken(sample_weight, last),)
    return (_taken(x, first), _taken(y, first), _taken(sample_weight, first)), validation


class Batches:
    """Batches (x, y, weights) of an epoch, again each time that it is iterated over."""

    def __init__(self, begin, steps, samples, example):
        self._begin, self.steps, self.samples, self._example = begin, steps, samples, example

    def __iter__(self):
        return self._begin()

    def example(self):
        """An x."""
        return self._example()

    @staticmethod
    def of_arrays(x, y, sample_weight, batch_size, shuffle, steps=None):
        count = count_of(x)
        for other in (y, sample_weight):
            if other is not None and count_of(other) != count:
                raise ValueError(f"All arrays must have the same number of samples. Got {count} and {count_of(other)}")

        def begin():
            order = np.random.permutation(count) if shuffle else np.arange(count)
            for number, start in enumerate(range(0, count, batch_size)):
                if steps is not None and number >= steps:
                    return
                places = order[start:start + batch_size]
                if not shuffle:
                    places = slice(start, start + batch_size)
                yield _taken(x, places), _taken(y, places), _taken(sample_weight, places)

        return Batches(begin, None, count, lambda: x)

    @staticmethod
    def of_generator(source, steps=None):
        first = []
        if not hasattr(source, "__next__"):
            steps = len(source) if steps is None else steps

            def begin():
                for number in range(steps):
                    yield _triple(source[number])
                if hasattr(source, "on_epoch_end"):
                    source.on_epoch_end()

            return Batches(begin, steps, None, lambda: _triple(source[0])[0])

        def following():
            return first.pop() if first else next(source)

        def begin():
            number = 0
            while steps is None or number < steps:
                try:
                    yield _triple(following())
                except StopIteration:
                    return
                number += 1

        def example():
            if not first:
                first.append(next(source))
            return _triple(first[0])[0]

        return Batches(begin, steps, None, example)

    @staticmethod
    def of_dataset(dataset, steps=None):
        """Of a `tf.data.Dataset`, or an iterator of one."""
        from tenseur.python.framework import errors_impl
        from tenseur.python.keras import backend
        kept = {}

        def batch():
            if "next" not in kept:
                iterator = dataset.make_initializable_iterator() if hasattr(dataset, "make_initializable_iterator") else dataset
                kept["iterator"], kept["next"] = iterator, iterator.get_next()
            return kept["next"]

        def begin():
            tensors = batch()
            session = backend.get_session()
            if hasattr(dataset, "make_initializable_iterator") and (steps is None or "begun" not in kept):
                session.run(kept["iterator"].initializer)
                kept["begun"] = True
            number = 0
            while steps is None or number < steps:
                try:
                    yield _triple(session.run(tensors))
                except errors_impl.OutOfRangeError:
                    kept.pop("begun", None)
                    return
                number += 1

        def example():
            batch()
            session = backend.get_session()
            session.run(kept["iterator"].initializer)
            return _triple(session.run(kept["next"]))[0]

        return Batches(begin, steps, None, example)


def _triple(item):
    if not isinstance(item, tuple):
        return item, None, None
    return (*item, *[None] * (3 - len(item)))[:3]
