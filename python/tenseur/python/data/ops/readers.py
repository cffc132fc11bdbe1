"""Datasets of what files have in them: lines, TFRecords, records of one length."""

import gzip

import numpy as np

from tenseur.python.data.ops import dataset_ops, functions
from tenseur.python.data.util import structure
from tenseur.python.framework import dtypes, errors_impl
from tenseur.python.lib.io import tf_record


class _FilesDataset(dataset_ops.DatasetSource):
    """What is in some files, one after the other: `filenames` are a name, names, or a dataset of them."""

    def __init__(self, filenames, compression_type=None, tensors=()):
        self._names = None
        inputs = []
        if isinstance(filenames, dataset_ops.DatasetV2):
            inputs = [filenames]
            own = []
        else:
            if isinstance(filenames, tuple):
                filenames = list(filenames)
            of, (self._names,), own = dataset_ops._source(filenames)
            if of.dtype != dtypes.string:
                raise TypeError(f"`filenames` must be a `tf.data.Dataset` of `tf.string` elements or a string tensor: {filenames!r}")
        if compression_type is not None and not isinstance(compression_type, str):
            _, (self._kind,), kinds = dataset_ops._source(compression_type)
            own = list(own) + kinds
        else:
            self._kind = (compression_type or "").encode()
        super().__init__(structure.Spec(dtypes.string, []), inputs, [*own, *tensors])

    def _files(self, run):
        if self._names is None:
            for (name,) in self._inputs[0]._iterate(run):
                for one in np.asarray(name, dtype=object).reshape(-1).tolist():
                    yield one.decode()
        else:
            for name in np.asarray(dataset_ops._value(run, self._names), dtype=object).reshape(-1).tolist():
                yield name.decode()

    def _opened(self, run, name):
        kind = dataset_ops._value(run, self._kind)
        return tf_record.open_records(name, (kind if isinstance(kind, bytes) else kind.item()).decode())


class TextLineDatasetV1(_FilesDataset):
    """The lines of files, without the ends of lines."""

    def __init__(self, filenames, compression_type=None, buffer_size=None):
        super().__init__(filenames, compression_type)

    def _iterate(self, run):
        for name in self._files(run):
            with _closing(self._opened(run, name)) as file:
                left = b""
                while True:
                    chunk = file.read(1 << 20)
                    lines = (left + chunk).split(b"\n")
                    left = lines.pop()
                    for line in lines:
                        yield [line.rstrip(b"\r") if line.endswith(b"\r") else line]
                    if not chunk:
                        break
                if left:
                    yield [left.rstrip(b"\r") if left.endswith(b"\r") else left]


class _closing:
    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self._file

    def __exit__(self, *_):
        self._file.close()


class TFRecordDatasetV1(_FilesDataset):
    """The records of TFRecord files."""

    def __init__(self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None):
        super().__init__(filenames, compression_type)

    def _iterate(self, run):
        for name in self._files(run):
            with _closing(self._opened(run, name)) as file:
                while True:
                    record = tf_record.read_record(file, name)
                    if record is None:
                        break
                    yield [record]


class FixedLengthRecordDatasetV1(_FilesDataset):
    """Records of `record_bytes` bytes, between a header and a footer that are left out."""

    def __init__(self, filenames, record_bytes, header_bytes=None, footer_bytes=None, buffer_size=None, compression_type=None,
                 num_parallel_reads=None):
        self._sizes = [functions.known(size) for size in (record_bytes, header_bytes or 0, footer_bytes or 0)]
        super().__init__(filenames, compression_type, self._sizes)

    def _iterate(self, run):
        size, header, footer = (run.number(one) for one in self._sizes)
        for name in self._files(run):
            with _closing(self._opened(run, name)) as file:
                content = file.read() if isinstance(file, gzip.GzipFile) or not hasattr(file, "fileno") else None
                total = len(content) if content is not None else file.seek(0, 2)
                if (total - header - footer) % size:
                    raise errors_impl.InvalidArgumentError(
                        None, None, f"Excess bytes of {(total - header - footer) % size} found at the end of the file {name}: the "
                                    f"file has {total} bytes, the header {header}, the footer {footer} and each record {size}.")
                if content is None:
                    file.seek(header)
                for start in range(header, total - footer, size):
                    yield [file.read(size) if content is None else content[start:start + size]]


TextLineDataset, TFRecordDataset, FixedLengthRecordDataset = TextLineDatasetV1, TFRecordDatasetV1, FixedLengthRecordDatasetV1
TextLineDatasetV2, TFRecordDatasetV2, FixedLengthRecordDatasetV2 = TextLineDatasetV1, TFRecordDatasetV1, FixedLengthRecordDatasetV1
