"""What messages have: enumerations, fields, and the containers of repeated fields and maps."""

import operator
import struct

import numpy as np

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

    def __deepcopy__(self, memory):
        return list(self)


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
