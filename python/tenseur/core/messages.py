"""Protocol messages: classes from tables of fields, with the wire form of Protocol Buffers and the methods that programs use.

    define(globals(), '''
    Point
      1 name string
      2 coordinate repeated float
      3 label map string Text
      4 first Point in nearest
      5 none bool in nearest
    enum Colour
      RED=0 GREEN=1
    ''')

A line is a field: its number, its name, `repeated` or `map KEY` where it is one, its type, and `in` which oneof it is.
"""

import operator
import struct

import numpy as np


class Error(Exception):
    """What is wrong with a message."""


class DecodeError(Error):
    """Bytes that are no message."""


class EncodeError(Error):
    """A message that cannot be written."""


_TYPES = {}  # name without package → class or Enum

_FIXED = {"double": ("<d", "<f8"), "float": ("<f", "<f4"), "fixed64": ("<Q", "<u8"), "fixed32": ("<I", "<u4"),
          "sfixed64": ("<q", "<i8"), "sfixed32": ("<i", "<i4")}
_RANGES = {"int32": (-2**31, 2**31), "int64": (-2**63, 2**63), "uint32": (0, 2**32), "uint64": (0, 2**64),
           "sint32": (-2**31, 2**31), "sint64": (-2**63, 2**63), "sfixed32": (-2**31, 2**31), "sfixed64": (-2**63, 2**63),
           "fixed32": (0, 2**32), "fixed64": (0, 2**64)}
_DEFAULTS = {"double": 0.0, "float": 0.0, "bool": False, "string": "", "bytes": b""}
_WIRES = {"double": 1, "fixed64": 1, "sfixed64": 1, "float": 5, "fixed32": 5, "sfixed32": 5, "string": 2, "bytes": 2}


class Enum:
    """The values of an enumeration, by name and by number."""

    def __init__(self, name, values):
        self.DESCRIPTOR = self
        self.name = name
        self._numbers = dict(values)
        self._names = {}
        for value_name, number in values:
            self._names.setdefault(number, value_name)
        self.__dict__.update(self._numbers)

    def Name(self, number):
        if number not in self._names:
            raise ValueError(f"Enum {self.name} has no name defined for value {number}")
        return self._names[number]

    def Value(self, name):
        if name not in self._numbers:
            raise ValueError(f"Enum {self.name} has no value defined for name {name!r}")
        return self._numbers[name]

    def keys(self):
        return list(self._numbers)

    def values(self):
        return list(self._numbers.values())

    def items(self):
        return list(self._numbers.items())


class Field:
    """A field of a message: number, name, type, whether it is repeated, and which oneof it is in."""

    LABEL_OPTIONAL, LABEL_REPEATED = 1, 3

    def __init__(self, number, name, kind, repeated=False, key=None, oneof=None):
        self.number = number
        self.name = name
        self.kind = kind
        self.repeated = repeated
        self.key = key  # for a map, the field that its keys are
        self.oneof = oneof
        self.label = self.LABEL_REPEATED if repeated or key else self.LABEL_OPTIONAL

    def __getattr__(self, name):
        """`type` (the class of its messages, the enumeration of its values, or `None` for numbers and strings), `is_message`
        and `wire`, found out when they are first asked for: then all classes are there."""
        if name not in ("type", "is_message", "wire"):
            raise AttributeError(name)
        self.type = None if self.kind in _DEFAULTS or self.kind in _RANGES else _TYPES[self.kind]
        self.is_message = isinstance(self.type, type)
        self.wire = _WIRES.get(self.kind, 2 if self.is_message else 0)
        return self.__dict__[name]

    @property
    def message_type(self):
        return getattr(self.type, "DESCRIPTOR", None) if self.is_message else None

    def default(self):
        return _DEFAULTS.get(self.kind, 0)

    def checked(self, value):
        """The value as the field keeps it.

        Raises:
          TypeError, ValueError: where it does not fit.
        """
        kind = self.kind
        if kind == "string":
            if isinstance(value, bytes):
                return value.decode("utf-8")
            if not isinstance(value, str):
                self._refuse(value, "bytes, str")
            return str(value)
        if kind == "bytes":
            if not isinstance(value, bytes):
                self._refuse(value, "bytes")
            return bytes(value)
        if kind in ("double", "float"):
            if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
                self._refuse(value, "int, float")
            value = float(value)
            return _single(value) if kind == "float" else value
        if kind == "bool":
            if not isinstance(value, (int, np.bool_, np.integer)):
                self._refuse(value, "bool, int")
            return bool(value)
        if kind not in _RANGES and isinstance(value, str):
            return self.type.Value(value)
        try:
            number = operator.index(value)
        except TypeError:
            if not isinstance(value, np.bool_) and not hasattr(value, "as_datatype_enum"):
                self._refuse(value, "int")
            number = int(value)
        low, high = _RANGES.get(kind, _RANGES["int32"])
        if not low <= number < high:
            raise ValueError(f"Value out of range: {number}")
        return number

    def _refuse(self, value, wanted):
        raise TypeError(f"{value!r:.100} has type {type(value).__name__}, but expected one of: {wanted} for field {self.name}")


def _single(value):
    """The nearest number of 32 bits."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


class Descriptor:
    """What a message class has."""

    def __init__(self, full_name, fields):
        self.full_name = full_name
        self.name = full_name.rpartition(".")[2]
        self.fields = fields
        self.fields_by_name = {field.name: field for field in fields}
        self.fields_by_number = {field.number: field for field in fields}
        self.oneofs = {}
        for field in fields:
            if field.oneof:
                self.oneofs.setdefault(field.oneof, []).append(field.name)


class Repeated(list):
    """The values of a repeated field of numbers or strings."""

    __slots__ = ("_field", "_message")

    def __init__(self, field, message):
        super().__init__()
        self._field = field
        self._message = message

    def append(self, value):
        super().append(self._field.checked(value))
        self._message._touch()

    def extend(self, values):
        if values is None:
            return
        if isinstance(values, np.ndarray):
            values = values.tolist()
        checked = self._field.checked
        values = [checked(value) for value in values]
        if values:
            super().extend(values)
            self._message._touch()

    MergeFrom = extend

    def insert(self, place, value):
        super().insert(place, self._field.checked(value))
        self._message._touch()

    def __setitem__(self, place, value):
        checked = self._field.checked
        super().__setitem__(place, [checked(v) for v in value] if isinstance(place, slice) else checked(value))
        self._message._touch()

    def __iadd__(self, values):
        self.extend(values)
        return self

    def __reduce__(self):
        return list, (list(self),)

    __deepcopy__ = None


Repeated.__deepcopy__ = lambda self, memory: list(self)


class RepeatedMessages(list):
    """The messages of a repeated field."""

    __slots__ = ("_field", "_message")

    def __init__(self, field, message):
        super().__init__()
        self._field = field
        self._message = message

    def add(self, **fields):
        """A new message at the end."""
        made = self._field.type(**fields)
        list.append(self, made)
        self._message._touch()
        return made

    def append(self, message):
        self.add().CopyFrom(message)

    def extend(self, messages):
        for message in list(messages or ()):
            self.append(message)

    MergeFrom = extend

    def insert(self, place, message):
        copied = self._field.type()
        copied.CopyFrom(message)
        list.insert(self, place, copied)
        self._message._touch()

    def __setitem__(self, place, message):
        raise TypeError("'RepeatedComposite' object does not support item assignment")

    def __iadd__(self, messages):
        self.extend(messages)
        return self

    def __deepcopy__(self, memory):
        return [message.__deepcopy__(memory) for message in self]


class Map(dict):
    """The entries of a map field. Looking up a key that is not there makes its message."""

    __slots__ = ("_field", "_message")

    def __init__(self, field, message):
        super().__init__()
        self._field = field
        self._message = message

    def __missing__(self, key):
        key = self._field.key.checked(key)
        made = self._field.type() if self._field.is_message else self._field.default()
        dict.__setitem__(self, key, made)
        self._message._touch()
        return made

    get_or_create = __missing__

    def __setitem__(self, key, value):
        if self._field.is_message:
            raise ValueError("May not set values directly, call my_map[key].CopyFrom(message) or my_map[key].field = …")
        dict.__setitem__(self, self._field.key.checked(key), self._field.checked(value))
        self._message._touch()

    def update(self, *others, **named):
        for key, value in dict(*others, **named).items():
            if self._field.is_message:
                self[key].CopyFrom(value)
            else:
                self[key] = value

    MergeFrom = update

    def __deepcopy__(self, memory):
        return dict(self)


class _Property:
    """A field as an attribute."""

    def __init__(self, field):
        self._field = field
        self._name = field.name

    def __get__(self, message, kind=None):
        if message is None:
            return self
        value = message._values.get(self._name)
        if value is None:
            field = self._field
            if field.key is not None:
                value = Map(field, message)
            elif field.repeated:
                value = RepeatedMessages(field, message) if field.is_message else Repeated(field, message)
            elif field.is_message:
                value = field.type()
                value._owner = (message, field)
            else:
                return field.default()
            message._values[self._name] = value
        return value

    def __set__(self, message, value):
        field = self._field
        if field.label == Field.LABEL_REPEATED or field.is_message:
            raise AttributeError(f'Assignment not allowed to {"repeated " if field.repeated else ""}field "{field.name}" in '
                                 "protocol message object.")
        message._put(field, field.checked(value))


class Message:
    """A protocol message: its fields are attributes."""

    __slots__ = ("_values", "_owner", "_unknown", "__weakref__")
    DESCRIPTOR = None

    def __init__(self, **fields):
        self._values = {}
        self._owner = None  # while it is not a part of a message yet: that message and the field
        self._unknown = b""
        for name, value in fields.items():
            if value is None:
                continue
            field = self.DESCRIPTOR.fields_by_name.get(name)
            if field is None:
                raise ValueError(f'Protocol message {self.DESCRIPTOR.name} has no "{name}" field.')
            if field.key is not None:
                getattr(self, name).update(value)
            elif field.repeated and field.is_message:
                for item in value:
                    if isinstance(item, dict):
                        getattr(self, name).add(**item)
                    else:
                        getattr(self, name).append(item)
            elif field.repeated:
                getattr(self, name).extend(value)
            elif field.is_message:
                getattr(self, name).CopyFrom(field.type(**value) if isinstance(value, dict) else value)
            else:
                setattr(self, name, value)

    def _put(self, field, value):
        if field.oneof:
            for other in self.DESCRIPTOR.oneofs[field.oneof]:
                if other != field.name:
                    self._values.pop(other, None)
        self._values[field.name] = value
        self._touch()

    def _touch(self):
        """It is a part of its message from now on, if it was not."""
        if self._owner is not None:
            (owner, field), self._owner = self._owner, None
            owner._put(field, self)

    def _is_set(self, name):
        value = self._values.get(name)
        if value is None:
            return False
        field = self.DESCRIPTOR.fields_by_name[name]
        if field.label == Field.LABEL_REPEATED:
            return bool(value)
        if field.is_message:
            return value._owner is None
        return field.oneof is not None or value != field.default() or str(value) == "-0.0"

    def ListFields(self):
        """The fields that are set, with their values, by number."""
        return [(field, self._values[field.name]) for field in self.DESCRIPTOR.fields if self._is_set(field.name)]

    def HasField(self, name):
        """Whether a message, or a field of a oneof, is set."""
        field = self.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            if name in self.DESCRIPTOR.oneofs:
                return self.WhichOneof(name) is not None
            raise ValueError(f'Protocol message {self.DESCRIPTOR.name} has no field "{name}".')
        if field.label == Field.LABEL_REPEATED or not (field.is_message or field.oneof):
            raise ValueError(f'Can\'t test non-optional, non-submessage field "{self.DESCRIPTOR.name}.{name}" for presence in '
                             "proto3.")
        return self._is_set(name)

    def WhichOneof(self, name):
        """The field of the oneof that is set, or `None`."""
        if name not in self.DESCRIPTOR.oneofs:
            raise ValueError(f'Protocol message {self.DESCRIPTOR.name} has no oneof "{name}" field.')
        return next((field for field in self.DESCRIPTOR.oneofs[name] if self._is_set(field)), None)

    def ClearField(self, name):
        if name in self.DESCRIPTOR.oneofs:
            name = self.WhichOneof(name)
            if name is None:
                return
        elif name not in self.DESCRIPTOR.fields_by_name:
            raise ValueError(f'Protocol message {self.DESCRIPTOR.name} has no "{name}" field.')
        self._values.pop(name, None)
        self._touch()

    def Clear(self):
        self._values.clear()
        self._unknown = b""
        self._touch()

    def SetInParent(self):
        self._touch()

    def IsInitialized(self):
        return True

    def DiscardUnknownFields(self):
        self._unknown = b""

    def CopyFrom(self, other):
        """Becomes what `other` is."""
        if other is self:
            return
        self._must_be_alike(other)
        self.Clear()
        self.MergeFrom(other)

    def MergeFrom(self, other):
        """Takes the fields that are set in `other`: single values replace, repeated ones are appended, messages merged."""
        self._must_be_alike(other)
        self._touch()
        for field, value in other.ListFields():
            if field.key is not None:
                own = getattr(self, field.name)
                for key, item in value.items():
                    if field.is_message:
                        own[key].CopyFrom(item)
                    else:
                        own[key] = item
            elif field.repeated and not field.is_message:
                list.extend(getattr(self, field.name), value)
            elif field.repeated:
                getattr(self, field.name).extend(value)
            elif field.is_message:
                getattr(self, field.name).MergeFrom(value)
            else:
                self._put(field, value)
        self._unknown += other._unknown

    def _must_be_alike(self, other):
        if type(other) is not type(self):
            raise TypeError(f"Parameter to MergeFrom() must be instance of same class: expected {self.DESCRIPTOR.name} got "
                            f"{type(other).__name__}.")

    def SerializeToString(self, deterministic=None):
        """The message's bytes."""
        parts = []
        for field, value in self.ListFields():
            _write(parts, field, value)
        parts.append(self._unknown)
        return b"".join(parts)

    SerializePartialToString = SerializeToString

    def ByteSize(self):
        return len(self.SerializeToString())

    def ParseFromString(self, serialized):
        """Becomes the message that the bytes are.

        Raises:
          DecodeError: where they are none.
        """
        self.Clear()
        return self.MergeFromString(serialized)

    def MergeFromString(self, serialized):
        serialized = bytes(serialized)
        self._touch()
        try:
            _read(self, serialized, 0, len(serialized))
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise DecodeError(f"Error parsing message with type 'tensorflow.{self.DESCRIPTOR.full_name}': {error}") from None
        return len(serialized)

    @classmethod
    def FromString(cls, serialized):
        message = cls()
        message.MergeFromString(serialized)
        return message

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return [(f.number, v) for f, v in self.ListFields()] == [(f.number, v) for f, v in other.ListFields()]

    __hash__ = None

    def __str__(self):
        from tenseur.python.lib.protobuf import text_format
        return text_format.MessageToString(self)

    __repr__ = __str__

    def __deepcopy__(self, memory=None):
        copied = type(self)()
        copied.MergeFrom(self)
        return copied

    __copy__ = __deepcopy__

    def __reduce__(self):
        return _restored, (self.DESCRIPTOR.full_name, self.SerializeToString())


def _restored(name, serialized):
    return _TYPES[name].FromString(serialized)


# --- the wire ------------------------------------------------------------------------------------------------------


def varint(number):
    """A number of any size, seven bits a byte."""
    if number < 0:
        number += 1 << 64
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varint_at(buffer, at):
    byte = buffer[at]
    at += 1
    if byte < 128:
        return byte, at
    number, shift = byte & 127, 7
    while True:
        byte = buffer[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise IndexError("a number longer than ten bytes")


def _plain(kind, value):
    """The bytes of a number that is not of fixed size."""
    if kind in ("sint32", "sint64"):
        value = value << 1 if value >= 0 else (-value << 1) - 1
    return varint(int(value))


def _number(kind, raw):
    """The number that the varint `raw` is."""
    if kind == "bool":
        return raw != 0
    if kind in ("sint32", "sint64"):
        return raw >> 1 ^ -(raw & 1)
    if kind in ("uint64", "uint32"):
        return raw & (2**32 - 1) if kind == "uint32" else raw
    if raw >= 1 << 63:
        raw -= 1 << 64
    if kind != "int64":
        raw = (raw + 2**31) % 2**32 - 2**31
    return raw


def _write(parts, field, value):
    if field.key is not None:
        for key in sorted(value):
            entry = []
            _write_one(entry, field.key, key)
            _write_one(entry, _entry_value(field), value[key])
            _write_sized(parts, field.number, b"".join(entry))
    elif not field.repeated:
        _write_one(parts, field, value)
    elif field.wire == 2:
        for item in value:
            _write_one(parts, field, item)
    elif field.kind in _FIXED:
        _write_sized(parts, field.number, np.asarray(value, _FIXED[field.kind][1]).tobytes())
    else:
        _write_sized(parts, field.number, b"".join([_plain(field.kind, item) for item in value]))


def _write_sized(parts, number, content):
    parts += (varint(number << 3 | 2), varint(len(content)), content)


def _write_one(parts, field, value):
    if field.wire == 2:
        if field.kind == "string":
            value = value.encode("utf-8")
        elif field.kind != "bytes":
            value = value.SerializeToString()
        _write_sized(parts, field.number, value)
        return
    parts.append(varint(field.number << 3 | field.wire))
    parts.append(struct.pack(_FIXED[field.kind][0], value) if field.kind in _FIXED else _plain(field.kind, value))


def _entry_value(field):
    entry = field.__dict__.get("_entry")
    if entry is None:
        entry = field._entry = Field(2, "value", field.kind)
    return entry


def parts(buffer, at=0, end=None):
    """The fields of the message that the bytes are, unread: (number, wire type, where it begins, where it ends)."""
    end = len(buffer) if end is None else end
    while at < end:
        tag, at = _varint_at(buffer, at)
        wire = tag & 7
        if wire == 2:
            size, at = _varint_at(buffer, at)
            stop = at + size
        elif wire == 0:
            _, stop = _varint_at(buffer, at)
        else:
            stop = at + (8 if wire == 1 else 4)
        yield tag >> 3, wire, at, stop
        at = stop


def _read(message, buffer, at, end):
    fields = message.DESCRIPTOR.fields_by_number
    values = message._values
    while at < end:
        start = at
        tag, at = _varint_at(buffer, at)
        wire = tag & 7
        if wire == 2:
            size, at = _varint_at(buffer, at)
            stop = at + size
        elif wire == 0:
            raw, stop = _varint_at(buffer, at)
        elif wire in (1, 5):
            stop = at + (8 if wire == 1 else 4)
        else:
            raise IndexError(f"there is no wire type {wire}" if wire > 4 else "groups are not read")
        if stop > end:
            raise IndexError("it ends in the middle of a field")
        field = fields.get(tag >> 3)
        if field is None or (wire != field.wire and not (wire == 2 and field.repeated)):
            message._unknown += buffer[start:stop]
        elif wire != field.wire:
            _read_packed(getattr(message, field.name), field.kind, buffer, at, stop)
        elif field.key is not None:
            _read_entry(getattr(message, field.name), field, buffer, at, stop)
        elif field.is_message:
            if field.repeated:
                part = field.type()
                list.append(getattr(message, field.name), part)
            else:
                part = getattr(message, field.name)
                part._touch()
            _read(part, buffer, at, stop)
        else:
            value = _number(field.kind, raw) if wire == 0 else _value_at(field.kind, buffer, at, stop)
            if field.repeated:
                list.append(getattr(message, field.name), value)
            elif field.oneof:
                message._put(field, value)
            else:
                values[field.name] = value
        at = stop


def _value_at(kind, buffer, at, stop):
    if kind == "string":
        return buffer[at:stop].decode("utf-8")
    if kind == "bytes":
        return buffer[at:stop]
    return struct.unpack_from(_FIXED[kind][0], buffer, at)[0]


def _read_packed(values, kind, buffer, at, stop):
    if kind in _FIXED:
        numbers = np.frombuffer(buffer[at:stop], _FIXED[kind][1])
        list.extend(values, numbers.tolist())
        return
    while at < stop:
        raw, at = _varint_at(buffer, at)
        list.append(values, _number(kind, raw))


def _read_entry(entries, field, buffer, at, stop):
    key, value = field.key.default(), None
    while at < stop:
        tag, at = _varint_at(buffer, at)
        part = field.key if tag >> 3 == 1 else _entry_value(field)
        raw, after = _varint_at(buffer, at) if tag & 7 in (0, 2) else (None, at)
        if tag & 7 == 0:
            found, at = _number(part.kind, raw), after
        else:
            at, end = (after, after + raw) if tag & 7 == 2 else (at, at + (8 if tag & 7 == 1 else 4))
            if part.is_message:
                found = part.type()
                _read(found, buffer, at, end)
            else:
                found = _value_at(part.kind, buffer, at, end)
            at = end
        if part is field.key:
            key = found
        else:
            value = found
    if value is None:
        value = field.type() if field.is_message else field.default()
    dict.__setitem__(entries, key, value)


# --- tables --------------------------------------------------------------------------------------------------------


def _field(line):
    words = line.split()
    number, name, *words = words
    oneof = None
    if len(words) > 2 and words[-2] == "in":
        oneof, words = words[-1], words[:-2]
    if words[0] == "map":
        return Field(int(number), name, words[2], key=Field(1, "key", words[1]))
    if words[0] == "repeated":
        return Field(int(number), name, words[1], repeated=True)
    return Field(int(number), name, words[0], oneof=oneof)


def _class(name, fields, module):
    fields = sorted(fields, key=operator.attrgetter("number"))
    content = {field.name: _Property(field) for field in fields}
    content.update({f"{field.name.upper()}_FIELD_NUMBER": field.number for field in fields})
    content.update(__slots__=(), __module__=module, DESCRIPTOR=Descriptor(name, fields), __qualname__=name,
                   __doc__=f"The message {name}: {', '.join(field.name for field in fields)}.")
    return type(name.rpartition(".")[2], (Message,), content)


def define(namespace, table):
    """Makes the classes and enumerations of the table, and puts them into `namespace`."""
    module = namespace["__name__"]
    lines = [line for line in table.splitlines() if line.strip()]
    at = 0
    while at < len(lines):
        words = lines[at].split()
        at += 1
        if words[0] == "enum":
            name = words[1]
            words = words[2:]
            while at < len(lines) and lines[at].startswith("  "):
                words += lines[at].split()
                at += 1
            values = [(value.split("=")[0], int(value.split("=")[1])) for value in words]
            made = Enum(name.rpartition(".")[2], values)
            _attach(namespace, name, made)
            for value, number in values:
                _attach(namespace, f"{name.rpartition('.')[0]}.{value}".lstrip("."), number)
        else:
            fields = []
            while at < len(lines) and lines[at].startswith("  "):
                fields.append(_field(lines[at]))
                at += 1
            name = words[0]
            made = _class(name, fields, module)
            _attach(namespace, name, made)
        _TYPES[name] = made


def _attach(namespace, name, value):
    outer, _, own = name.rpartition(".")
    if outer:
        setattr(_TYPES[outer], own, value)
    else:
        namespace[own] = value
