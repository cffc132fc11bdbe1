"""TFRecord files: records of bytes, each with its length and two checksums (CRC-32C, masked)."""

import gzip
import os
import struct
import zlib

from tenseur import _core
from tenseur.python.framework import errors_impl


class TFRecordCompressionType:
    """How the bytes of a file are packed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


_NAMES = {TFRecordCompressionType.NONE: "", TFRecordCompressionType.ZLIB: "ZLIB", TFRecordCompressionType.GZIP: "GZIP"}


class TFRecordOptions:
    """How a file is packed: `compression_type` (a name or a `TFRecordCompressionType`) and zlib's `compression_level`."""

    compression_type_map = _NAMES

    def __init__(self, compression_type=None, flush_mode=None, input_buffer_size=None, output_buffer_size=None,
                 window_bits=None, compression_level=None, compression_method=None, mem_level=None, compression_strategy=None):
        if isinstance(compression_type, TFRecordOptions):
            compression_type = compression_type.compression_type
        if not (compression_type in (None, "", "ZLIB", "GZIP") or compression_type in _NAMES):
            raise ValueError(f'Not a valid compression_type: "{compression_type}"')
        self.compression_type = compression_type
        self.compression_level = -1 if compression_level is None else compression_level

    @classmethod
    def get_compression_type_string(cls, options):
        """"", "ZLIB" or "GZIP"."""
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            options = options.compression_type
        return _NAMES.get(options, options) or ""


class TFRecordWriter:
    """Writes records: `with TFRecordWriter(path) as writer: writer.write(example.SerializeToString())`."""

    def __init__(self, path, options=None):
        if options is not None and not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        kind = TFRecordOptions.get_compression_type_string(options)
        try:
            self._file = open(os.fsdecode(path), "wb")
        except OSError as error:
            raise errors_impl.NotFoundError(None, None, f"{path}; {error.strerror}") from None
        self._packer = None
        if kind:
            self._packer = zlib.compressobj(options.compression_level, zlib.DEFLATED, 31 if kind == "GZIP" else 15)

    def _put(self, content):
        self._file.write(self._packer.compress(content) if self._packer else content)

    def write(self, record):
        if isinstance(record, str):
            record = record.encode("utf-8")
        record = bytes(record)
        if self._file is None:
            raise errors_impl.FailedPreconditionError(None, None, "Writer is closed.")
        length = struct.pack("<Q", len(record))
        self._put(length + struct.pack("<I", _core.masked_crc32c(length)) + record + struct.pack("<I", _core.masked_crc32c(record)))

    def flush(self):
        if self._packer:
            self._file.write(self._packer.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self):
        if self._file is not None:
            if self._packer:
                self._file.write(self._packer.flush())
            self._file.close()
            self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_file", None) is not None:
            self.close()


class _Unzipped:
    """A file of zlib's, read as if it were not packed."""

    def __init__(self, file):
        self._file = file
        self._unpacker = zlib.decompressobj()
        self._ready = b""

    def read(self, size):
        while len(self._ready) < size:
            packed = self._file.read(1 << 18)
            if not packed:
                self._ready += self._unpacker.flush()
                break
            self._ready += self._unpacker.decompress(packed)
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def close(self):
        self._file.close()


def open_records(path, kind="", buffer_size=1 << 18):
    """The file as bytes, unpacked."""
    path = os.fsdecode(path)
    try:
        file = open(path, "rb", buffer_size)
    except OSError as error:
        raise errors_impl.NotFoundError(None, None, f"{path}; {error.strerror}") from None
    if kind == "GZIP":
        return gzip.GzipFile(fileobj=file)
    return _Unzipped(file) if kind == "ZLIB" else file


def read_record(file, path=""):
    """The next record, or `None` at the end.

    Raises:
      DataLossError: where the file is cut or changed.
    """
    header = file.read(12)
    if not header:
        return None
    if len(header) < 12:
        raise errors_impl.DataLossError(None, None, f"truncated record in {path}")
    length, checksum = struct.unpack("<QI", header)
    if _core.masked_crc32c(header[:8]) != checksum:
        raise errors_impl.DataLossError(None, None, f"corrupted record in {path}")
    record = file.read(length)
    tail = file.read(4)
    if len(record) < length or len(tail) < 4:
        raise errors_impl.DataLossError(None, None, f"truncated record in {path}")
    if _core.masked_crc32c(record) != struct.unpack("<I", tail)[0]:
        raise errors_impl.DataLossError(None, None, f"corrupted record in {path}")
    return record


def tf_record_iterator(path, options=None):
    """The records of a file, one after the other.

    Raises:
      NotFoundError: where there is no such file.
      DataLossError: where it is cut or changed.
    """
    file = open_records(path, TFRecordOptions.get_compression_type_string(options))
    return _records(file, path)


def _records(file, path):
    try:
        while True:
            record = read_record(file, path)
            if record is None:
                return
            yield record
    finally:
        file.close()
