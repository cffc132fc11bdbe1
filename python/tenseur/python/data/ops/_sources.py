"""Datasets that are not made of others."""

import numpy as np

from tenseur.python.data.ops import functions
from tenseur.python.data.ops.dataset_ops import DatasetSource
from tenseur.python.data.util import nest, structure
from tenseur.python.framework import dtypes, errors_impl, ops, sparse_tensor, tensor_shape, tensor_util


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
