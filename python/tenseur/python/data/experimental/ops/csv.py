"""Datasets of files of comma-separated values."""

import csv as _csv

import numpy as np

from tenseur.python.data.ops import readers
from tenseur.python.data.util import structure
from tenseur.python.framework import dtypes, errors_impl, ops, tensor_util


class CsvDataset(readers._FilesDataset):
    """The rows of CSV files, as tuples of scalars.

    Args:
      record_defaults: for each column its type (it must have values then), or its value where the file has none.
      select_cols: the columns that are wanted; by default all.
    """

    def __init__(self, filenames, record_defaults, compression_type=None, buffer_size=None, header=False, field_delim=",",
                 use_quote_delim=True, na_value="", select_cols=None):
        super().__init__(filenames, compression_type)
        self._columns = []
        for default in record_defaults:
            if isinstance(default, (dtypes.DType, type)) or isinstance(default, np.dtype):
                self._columns.append((dtypes.as_dtype(default), None))
                continue
            if isinstance(default, ops.Tensor):
                value, dtype = tensor_util.constant_value(default), default.dtype.base_dtype
            else:
                value, dtype = tensor_util.array_of(default)
            value = np.asarray(value, dtype=object if dtype == dtypes.string else None).reshape(-1)
            self._columns.append((dtype, structure.held(value[0], dtype) if value.size else None))
        self._header, self._delimiter, self._quotes = header, field_delim, use_quote_delim
        self._missing, self._chosen = na_value, select_cols
        self._structure = tuple(structure.Spec(dtype, []) for dtype, _ in self._columns)

    def _iterate(self, run):
        quoting = _csv.QUOTE_MINIMAL if self._quotes else _csv.QUOTE_NONE
        for name in self._files(run):
            with readers._closing(self._opened(run, name)) as file:
                lines = file.read().decode("utf-8").splitlines(keepends=True)
            for number, row in enumerate(_csv.reader(lines, delimiter=self._delimiter, quoting=quoting)):
                if self._header and number == 0 or not row:
                    continue
                if self._chosen is not None:
                    row = [row[column] for column in self._chosen if column < len(row)]
                if len(row) != len(self._columns):
                    raise errors_impl.InvalidArgumentError(
                        None, None, f"Expect {len(self._columns)} fields but have {len(row)} in record {number} of {name}")
                yield [self._parsed(place, text, name) for place, text in enumerate(row)]

    def _parsed(self, place, text, name):
        dtype, default = self._columns[place]
        if text in ("", self._missing):
            if default is None:
                raise errors_impl.InvalidArgumentError(None, None, f"Field {place} is required but missing in record of {name}!")
            return default
        if dtype == dtypes.string:
            return text.encode("utf-8")
        try:
            return dtype.as_numpy_dtype(int(text) if dtype.is_integer else float(text))
        except ValueError:
            raise errors_impl.InvalidArgumentError(None, None, f"Field {place} in record is not a valid {dtype.name}: {text}") from None


def make_csv_dataset(file_pattern, batch_size, column_names=None, column_defaults=None, label_name=None, select_columns=None,
                     field_delim=",", use_quote_delim=True, na_value="", header=True, num_epochs=None, shuffle=True,
                     shuffle_buffer_size=10000, shuffle_seed=None, prefetch_buffer_size=1, num_parallel_reads=1, sloppy=False,
                     num_rows_for_inference=100, compression_type=None, ignore_errors=False):
    """Batches of rows of CSV files: dictionaries from column to values, and with `label_name` pairs (dictionary, labels)."""
    from tenseur.python.lib.io import file_io
    names = file_io.get_matching_files(file_pattern)
    if not names:
        raise ValueError(f"No files match {file_pattern}.")
    with open(names[0], newline="", encoding="utf-8") as file:
        rows = [row for row, _ in zip(_csv.reader(file, delimiter=field_delim), range(1 + (num_rows_for_inference or 10**9)))]
    if column_names is None:
        if not header:
            raise ValueError("Cannot infer column names without a header line.")
        column_names = rows[0]
    chosen = list(range(len(column_names)))
    if select_columns is not None:
        chosen = sorted(column_names.index(one) if isinstance(one, str) else one for one in select_columns)
    if column_defaults is None:
        column_defaults = [_inferred([row[column] for row in rows[1 if header else 0:]], na_value) for column in chosen]
    wanted = [column_names[column] for column in chosen]
    if label_name is not None and label_name not in wanted:
        raise ValueError("`label_name` provided must be one of the columns.")
    dataset = CsvDataset(names, column_defaults, compression_type, header=header, field_delim=field_delim,
                         use_quote_delim=use_quote_delim, na_value=na_value, select_cols=chosen)

    def named(*columns):
        features = dict(zip(wanted, columns))
        if label_name is None:
            return features
        label = features.pop(label_name)
        return features, label

    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    return dataset.repeat(num_epochs).batch(batch_size, drop_remainder=num_epochs is None).map(named).prefetch(prefetch_buffer_size)


def _inferred(texts, missing):
    texts = [text for text in texts if text not in ("", missing)]
    for kind, default in ((int, [np.int32(0)]), (float, [np.float32(0)])):
        try:
            values = [kind(text) for text in texts]
        except ValueError:
            continue
        if kind is int and any(abs(value) >= 2**31 for value in values):
            return [np.int64(0)]
        return default
    return [""]


