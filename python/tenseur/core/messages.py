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

from tenseur.core import wire
from tenseur.core.fields import _TYPES, Descriptor, Enum, Field, Map, Repeated, RepeatedMessages  # noqa: F401
from tenseur.core.wire import _entry_value, parts, varint  # noqa: F401


class Error(Exception):
    """What is wrong with a message."""


class DecodeError(Error):
    """Bytes that are no message."""


class EncodeError(Error):
    """A message that cannot be written."""


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
            wire._write(parts, field, value)
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
            wire._read(self, serialized, 0, len(serialized))
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
