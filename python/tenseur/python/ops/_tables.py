"""Tables as sessions keep them, and the functions of their ops."""

import threading

import numpy as np

from tenseur.python.data.util import structure
from tenseur.python.framework import dtypes, errors_impl, host_ops, tensor_shape
from tenseur.python.ops import _queues


class TextFileIndex:
    """What of a line is a key or a value, other than a column's number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class _Table:
    """A table of a session."""

    def __init__(self, name, key_dtype, value_dtype, value_shape=(), static=True):
        self.name = name
        self.key_dtype, self.value_dtype, self.value_shape = key_dtype, value_dtype, value_shape
        self.static = static
        self.entries = None if static else {}
        self.lock = threading.Lock()

    def _there(self):
        if self.entries is None:
            raise errors_impl.FailedPreconditionError(None, None, "Table not initialized.")
        return self.entries

    def find(self, keys, default):
        entries = self._there()
        with self.lock:
            if self.value_dtype == dtypes.string:
                default = default if isinstance(default, bytes) else np.asarray(default, dtype=object).item()
            return [entries.get(key, default) for key in keys]

    def fill(self, keys, values):
        """Puts in what a static table begins with.

        Raises:
          FailedPreconditionError: where the table has other entries already.
          InvalidArgumentError: where a key has two values.
        """
        with self.lock:
            entries = {}
            for key, value in zip(keys, values):
                if entries.setdefault(key, value) != value:
                    raise errors_impl.InvalidArgumentError(
                        None, None, f"HashTable has different value for same key. Key {_shown(key)} has {_shown(entries[key])} and "
                                    f"trying to add value {_shown(value)}")
            if self.entries is not None and self.entries != entries:
                raise errors_impl.FailedPreconditionError(None, None,
                                                          "Table was already initialized with different data.")
            self.entries = entries

    def insert(self, keys, values):
        with self.lock:
            self.entries.update(zip(keys, values))

    def remove(self, keys):
        with self.lock:
            for key in keys:
                self.entries.pop(key, None)

    def replace(self, keys, values):
        with self.lock:
            self.entries = dict(zip(keys, values))


def _shown(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _flat(value):
    """The keys or values as a list, in which they can be looked up."""
    if isinstance(value, bytes):
        return [value]
    return np.asarray(value).reshape(-1).tolist()


def _rows(value, table):
    """The values as a list, each an array where the table's are vectors."""
    if not table.value_shape:
        return _flat(value)
    return list(np.asarray(value).reshape((-1, *table.value_shape)))


@host_ops.register("HashTableV2", "MutableHashTableV2", "MutableHashTableOfTensorsV2", "MutableDenseHashTableV2", "HashTable",
                   "MutableHashTable")
def _table(node):
    attrs = node.attrs
    key, value = (dtypes.as_dtype(attrs[name][1]) for name in ("key_dtype", "value_dtype"))
    shape = attrs.get("value_shape", ("shape", ()))[1] or ()
    static = node.op_type.startswith("HashTable")
    return _queues.resource_op(node, lambda: _Table(node.name, key, value, tuple(shape), static))


def _of(value):
    return _queues.resource(value, "table")


@host_ops.register("LookupTableFindV2", "LookupTableFind")
def _find(node):
    value = dtypes.as_dtype(node.attrs["Tout"][1])
    keys = node.inputs[1].shape
    shape = keys._dims
    try:
        rows = node.inputs[0].op.get_attr("value_shape")
        shape = keys.concatenate(rows)._dims
    except ValueError:
        rows = tensor_shape.scalar()

    def work(inputs):
        table = _of(inputs[0])
        found = table.find(_flat(inputs[1]), inputs[2])
        sizes = structure.shape_of(inputs[1])
        if value == dtypes.string:
            return [(found, sizes)]
        return [np.array(found, dtype=value.as_numpy_dtype).reshape((*sizes, *table.value_shape))]

    return [(value, shape)], work


@host_ops.register("InitializeTableV2", "InitializeTable")
def _initialize(node):
    def work(inputs):
        _of(inputs[0]).fill(_flat(inputs[1]), _flat(inputs[2]))
        return []
    return [], work


@host_ops.register("InitializeTableFromTextFileV2", "InitializeTableFromTextFile")
def _initialize_from_file(node):
    attrs = node.attrs

    def work(inputs):
        table = _of(inputs[0])
        if table.entries is not None:
            return []
        name = inputs[1] if isinstance(inputs[1], bytes) else np.asarray(inputs[1], dtype=object).item()
        keys, values = _columns(name.decode(), attrs, table)
        table.fill(keys, values)
        return []
    return [], work


def _number(text, line, dtype):
    try:
        return int(text) if dtype.is_integer else float(text)
    except ValueError:
        raise errors_impl.InvalidArgumentError(
            None, None, f"Field {_shown(text)} in line {line} is not a valid {dtype.name}.") from None


def _columns(name, attrs, table):
    from tenseur.python.ops import io_ops
    lines = io_ops._content(name).split(b"\n")
    if not lines[-1]:
        lines.pop()
    wanted = attrs.get("vocab_size", -1)
    if wanted > 0:
        if len(lines) < wanted:
            raise errors_impl.InvalidArgumentError(None, None, f"Invalid vocab_size in {name}: expected {wanted} but got {len(lines)}")
        lines = lines[:wanted]
    delimiter = attrs.get("delimiter", "\t")
    delimiter = delimiter.encode() if isinstance(delimiter, str) else delimiter

    def column(number, dtype):
        if number == TextFileIndex.LINE_NUMBER:
            return list(range(len(lines)))
        if number == TextFileIndex.WHOLE_LINE:
            found = [line.rstrip(b"\r") for line in lines]
        else:
            found = [line.rstrip(b"\r").split(delimiter) for line in lines]
            short = next((place for place, parts in enumerate(found) if len(parts) <= number), None)
            if short is not None:
                raise errors_impl.InvalidArgumentError(
                    None, None, f"Invalid number of columns in {name} line {short} ({_shown(lines[short])}) : expected at least "
                                f"{number + 1} got {len(found[short])}")
            found = [parts[number] for parts in found]
        if dtype == dtypes.string:
            return found
        return [_number(text, place, dtype) for place, text in enumerate(found)]

    return column(attrs["key_index"], table.key_dtype), column(attrs["value_index"], table.value_dtype)


@host_ops.register("LookupTableInsertV2", "LookupTableInsert")
def _insert(node):
    def work(inputs):
        table = _of(inputs[0])
        table.insert(_flat(inputs[1]), _rows(inputs[2], table))
        return []
    return [], work


@host_ops.register("LookupTableImportV2", "LookupTableImport")
def _import(node):
    def work(inputs):
        table = _of(inputs[0])
        table.replace(_flat(inputs[1]), _rows(inputs[2], table))
        return []
    return [], work


@host_ops.register("LookupTableRemoveV2")
def _remove(node):
    def work(inputs):
        _of(inputs[0]).remove(_flat(inputs[1]))
        return []
    return [], work


@host_ops.register("LookupTableSizeV2", "LookupTableSize")
def _size(node):
    return [(dtypes.int64, ())], lambda inputs: [np.array(len(_of(inputs[0])._there()), np.int64)]


@host_ops.register("LookupTableExportV2", "LookupTableExport")
def _export(node):
    key, value = (dtypes.as_dtype(node.attrs[name][1]) for name in ("Tkeys", "Tvalues"))

    def work(inputs):
        table = _of(inputs[0])
        with table.lock:
            entries = list(table._there().items())
        sides = []
        for dtype, values, sizes in ((key, [k for k, _ in entries], ()), (value, [v for _, v in entries], table.value_shape)):
            if dtype == dtypes.string:
                sides.append((values, (len(values),)))
            else:
                sides.append(np.array(values, dtype=dtype.as_numpy_dtype).reshape((len(values), *sizes)))
        return sides

    try:
        rows = node.inputs[0].op.get_attr("value_shape")._dims
    except ValueError:
        rows = ()
    return [(key, (None,)), (value, (None, *rows))], work
