"""The JSON form of messages: `google.protobuf.json_format`."""

import base64
import json

from tenseur.core import messages


class ParseError(messages.Error):
    """JSON that is no message."""


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def MessageToDict(message, including_default_value_fields=False, preserving_proto_field_name=False, **_):
    """The message as dictionaries and lists."""
    made = {}
    fields = message.DESCRIPTOR.fields if including_default_value_fields else [field for field, _ in message.ListFields()]
    for field in fields:
        if including_default_value_fields and (field.oneof or field.is_message and not field.repeated and field.key is None) \
                and not message._is_set(field.name):
            continue
        value = getattr(message, field.name)

        def plain(item, field=field):
            return _plain(field, item, including_default_value_fields, preserving_proto_field_name)

        name = field.name if preserving_proto_field_name else _camel(field.name)
        if field.key is not None:
            made[name] = {str(key).lower() if isinstance(key, bool) else str(key): plain(item) for key, item in value.items()}
        else:
            made[name] = [plain(item) for item in value] if field.repeated else plain(value)
    return made


def _plain(field, value, defaults, keep):
    if field.is_message:
        return MessageToDict(value, defaults, keep)
    if field.kind == "bytes":
        return base64.b64encode(value).decode()
    if field.kind in ("int64", "uint64", "fixed64", "sfixed64", "sint64"):
        return str(value)
    if isinstance(field.type, messages.Enum):
        return field.type.Name(value) if value in field.type.values() else value
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if field.kind == "float":
        import numpy as np
        return float(str(np.float32(value)))
    return value


def MessageToJson(message, including_default_value_fields=False, preserving_proto_field_name=False, indent=2,
                  sort_keys=False, **_):
    """The message as JSON text."""
    return json.dumps(MessageToDict(message, including_default_value_fields, preserving_proto_field_name), indent=indent,
                      sort_keys=sort_keys)


def Parse(text, message, ignore_unknown_fields=False, **_):
    """Takes what the JSON text says into the message.

    Raises:
      ParseError: where it is no such message.
    """
    try:
        return ParseDict(json.loads(text), message, ignore_unknown_fields)
    except json.JSONDecodeError as error:
        raise ParseError(f"Failed to load JSON: {error}.") from None


def ParseDict(js_dict, message, ignore_unknown_fields=False, **_):
    """Takes what the dictionary says into the message."""
    names = {_camel(field.name): field for field in message.DESCRIPTOR.fields}
    for name, value in js_dict.items():
        field = message.DESCRIPTOR.fields_by_name.get(name) or names.get(name)
        if field is None:
            if ignore_unknown_fields:
                continue
            raise ParseError(f'Message type "{message.DESCRIPTOR.full_name}" has no field named "{name}".')
        if value is None:
            continue
        try:
            _set(message, field, value, ignore_unknown_fields)
        except (TypeError, ValueError) as error:
            raise ParseError(f"Failed to parse {name} field: {error}.") from None
    return message


def _set(message, field, value, skip):
    own = getattr(message, field.name)
    if field.key is not None:
        for key, item in value.items():
            key = key == "true" if field.key.kind == "bool" else int(key) if field.key.kind != "string" else key
            if field.is_message:
                ParseDict(item, own[key], skip)
            else:
                own[key] = _value(field, item)
    elif field.is_message:
        for item in value if field.repeated else [value]:
            part = own.add() if field.repeated else own
            part.SetInParent()
            ParseDict(item, part, skip)
    elif field.repeated:
        own.extend([_value(field, item) for item in value])
    else:
        setattr(message, field.name, _value(field, value))


def _value(field, value):
    if field.kind == "bytes":
        return base64.b64decode(value)
    if isinstance(value, str) and field.kind not in ("string",):
        if field.kind in ("float", "double"):
            return float(value)
        return field.type.Value(value) if isinstance(field.type, messages.Enum) else int(value)
    return value
