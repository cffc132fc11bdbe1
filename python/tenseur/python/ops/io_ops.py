"""Files in the graph: reading them whole, and readers that go through files whose names a queue has."""

import collections
import threading

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, errors_impl, host_ops, ops
from tenseur.python.lib.io import tf_record
from tenseur.python.ops import data_flow_ops


def read_file(filename, name=None):
    """The bytes of the file."""
    return raw_ops.ReadFile(filename=filename, name=name)


def write_file(filename, contents, name=None):
    """The operation that writes the file."""
    return raw_ops.WriteFile(filename=filename, contents=contents, name=name)


def matching_files(pattern, name=None):
    """The names of the files that match the pattern or patterns."""
    return raw_ops.MatchingFiles(pattern=pattern, name=name)


# --- readers in a session -------------------------------------------------------------------------------------------


class _Reader:
    """A reader of a session. Files' names come from a queue, as they are needed."""

    def __init__(self, records_of):
        self._records_of = records_of
        self._records = None
        self._lock = threading.Lock()
        self.produced = self.completed = 0

    def read(self, queue):
        """The next (key, value)."""
        with self._lock:
            return self._next(queue)

    def _next(self, queue):
        while True:
            if self._records is None:
                (name,) = queue.dequeue(1)[0]
                name = name if isinstance(name, bytes) else np.asarray(name, dtype=object).item()
                self._records = self._records_of(name.decode())
            record = next(self._records, None)
            if record is not None:
                self.produced += 1
                return record
            self._records = None
            self.completed += 1

    def read_up_to(self, queue, count):
        """At most `count` of what is left of a file."""
        with self._lock:
            found = [self._next(queue)]
            while len(found) < count:
                record = next(self._records, None)
                if record is None:
                    break
                self.produced += 1
                found.append(record)
        return found

    def reset(self):
        with self._lock:
            self._records = None
            self.produced = self.completed = 0


def _whole(name):
    yield name.encode(), _content(name)


def _content(name):
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise errors_impl.NotFoundError(None, None, f"{name}; {error.strerror}") from None


def _lines(skip):
    def records(name):
        lines = _content(name).split(b"\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            if number > skip:
                yield f"{name}:{number}".encode(), line.rstrip(b"\r")
    return records


def _tf_records(kind):
    def records(name):
        file = tf_record.open_records(name, kind)
        offset = 0
        try:
            while True:
                record = tf_record.read_record(file, name)
                if record is None:
                    return
                yield f"{name}:{offset}".encode(), record
                offset += len(record) + 16
        finally:
            file.close()
    return records


def _fixed(size, header, footer, hop):
    def records(name):
        content = _content(name)
        end = len(content) - footer
        for number, start in enumerate(range(header, end - size + 1, hop or size)):
            yield f"{name}:{number}".encode(), content[start:start + size]
    return records


def _identity(name):
    yield name.encode(), name.encode()


_READERS = {
    "WholeFileReader": lambda attrs: _whole,
    "TextLineReader": lambda attrs: _lines(attrs.get("skip_header_lines", 0)),
    "TFRecordReader": lambda attrs: _tf_records(_text(attrs.get("compression_type", ""))),
    "FixedLengthRecordReader": lambda attrs: _fixed(attrs["record_bytes"], attrs.get("header_bytes", 0),
                                                    attrs.get("footer_bytes", 0), attrs.get("hop_bytes", 0)),
    "IdentityReader": lambda attrs: _identity,
}


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


@host_ops.register(*_READERS, *(f"{kind}V2" for kind in _READERS))
def _reader(node):
    records_of = _READERS[node.op_type.removesuffix("V2")](node.attrs)
    return data_flow_ops.resource_op(node, lambda: _Reader(records_of))


def _of(value):
    return data_flow_ops.resource(value, "reader")


@host_ops.register("ReaderReadV2", "ReaderRead")
def _read(node):
    def work(inputs):
        key, value = _of(inputs[0]).read(data_flow_ops.resource(inputs[1]))
        return [([key], ()), ([value], ())]
    return [(dtypes.string, ()), (dtypes.string, ())], work


@host_ops.register("ReaderReadUpToV2", "ReaderReadUpTo")
def _read_up_to(node):
    def work(inputs):
        found = _of(inputs[0]).read_up_to(data_flow_ops.resource(inputs[1]), int(inputs[2]))
        keys, values = zip(*found)
        return [(list(keys), (len(keys),)), (list(values), (len(values),))]
    return [(dtypes.string, (None,)), (dtypes.string, (None,))], work


@host_ops.register("ReaderResetV2", "ReaderReset")
def _reset(node):
    def work(inputs):
        _of(inputs[0]).reset()
        return []
    return [], work


@host_ops.register("ReaderNumRecordsProducedV2", "ReaderNumRecordsProduced")
def _produced(node):
    return [(dtypes.int64, ())], lambda inputs: [np.array(_of(inputs[0]).produced, np.int64)]


@host_ops.register("ReaderNumWorkUnitsCompletedV2", "ReaderNumWorkUnitsCompleted")
def _completed(node):
    return [(dtypes.int64, ())], lambda inputs: [np.array(_of(inputs[0]).completed, np.int64)]


# --- readers of programs ----------------------------------------------------------------------------------------------


_ReaderRead = collections.namedtuple("ReaderRead", ["key", "value"])


class ReaderBase:
    """A reader of records: `read(queue)` gives the next one of the files whose names the queue has."""

    def __init__(self, reader_ref, supports_serialize=False):
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self):
        return self._reader_ref

    @property
    def supports_serialize(self):
        return self._supports_serialize

    def _op(self, op_type, inputs, name):
        return host_ops.create(op_type, [self._reader_ref, *inputs], {}, name or op_type)

    def read(self, queue, name=None):
        """(key, value) of the next record, as strings; a run waits for a file's name.

        Raises:
          OutOfRangeError: in a run, where the queue of names is closed and empty.
        """
        ref = queue if isinstance(queue, ops.Tensor) else queue.queue_ref
        return _ReaderRead(*self._op("ReaderReadV2", [ref], name).outputs)

    def read_up_to(self, queue, num_records, name=None):
        """(keys, values) of at most `num_records` records of one file."""
        ref = queue if isinstance(queue, ops.Tensor) else queue.queue_ref
        with ops.name_scope(name, "ReaderReadUpToV2") as scope:
            count = ops.convert_to_tensor(num_records, dtype=dtypes.int64, name="num_records")
            return _ReaderRead(*self._op("ReaderReadUpToV2", [ref, count], scope).outputs)

    def num_records_produced(self, name=None):
        return self._op("ReaderNumRecordsProducedV2", [], name).outputs[0]

    def num_work_units_completed(self, name=None):
        """The number of files that were read to the end."""
        return self._op("ReaderNumWorkUnitsCompletedV2", [], name).outputs[0]

    def reset(self, name=None):
        """The operation that makes the reader begin anew."""
        return self._op("ReaderResetV2", [], name)

    def serialize_state(self, name=None):
        raise NotImplementedError("readers cannot write down their state; tf.data iterators begin anew as well")

    restore_state = serialize_state


def _made(op_type, name, **attrs):
    return host_ops.create(op_type, [], {"container": "", "shared_name": "", **attrs}, name or op_type).outputs[0]


class WholeFileReader(ReaderBase):
    """Gives (name, content) of each file."""

    def __init__(self, name=None):
        super().__init__(_made("WholeFileReaderV2", name))


class TextLineReader(ReaderBase):
    """Gives (`file:number`, line) of each line but the first `skip_header_lines` of each file."""

    def __init__(self, skip_header_lines=None, name=None):
        super().__init__(_made("TextLineReaderV2", name, skip_header_lines=int(skip_header_lines or 0)))


class FixedLengthRecordReader(ReaderBase):
    """Gives (`file:number`, record) of records of `record_bytes` bytes, `hop_bytes` apart, between header and footer."""

    def __init__(self, record_bytes, header_bytes=None, footer_bytes=None, hop_bytes=None, name=None,
                 encoding=None):
        super().__init__(_made("FixedLengthRecordReaderV2", name, record_bytes=int(record_bytes), header_bytes=int(header_bytes or 0),
                               footer_bytes=int(footer_bytes or 0), hop_bytes=int(hop_bytes or 0)))


class TFRecordReader(ReaderBase):
    """Gives (`file:offset`, record) of the records of TFRecord files."""

    def __init__(self, name=None, options=None):
        kind = tf_record.TFRecordOptions.get_compression_type_string(options)
        super().__init__(_made("TFRecordReaderV2", name, compression_type=kind))


class IdentityReader(ReaderBase):
    """Gives (name, name) of each name in the queue."""

    def __init__(self, name=None):
        super().__init__(_made("IdentityReaderV2", name))


class LMDBReader(ReaderBase):
    def __init__(self, name=None, options=None):
        raise NotImplementedError("tf.LMDBReader is not there in tenseur; tf.TFRecordReader is")
