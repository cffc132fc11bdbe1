"""Messages as bytes: the wire form of Protocol Buffers."""

import struct

import numpy as np

from tenseur.core.fields import _FIXED, Field


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
