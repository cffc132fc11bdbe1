"""The text form of messages: `google.protobuf.text_format`."""

import re

import numpy as np

from tenseur.core import messages

_ESCAPES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("'"): "\\'", ord("\\"): "\\\\"}
_TOKEN = re.compile(r"""
    (?P<space> (?:\s|\#[^\n]*)+ )
  | (?P<text> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
  | (?P<word> [A-Za-z_][A-Za-z0-9_+./-]* | [-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?)
            | -\s*(?:inf(?:inity)?|nan) )
  | (?P<mark> [{}<>\[\]:;,] )
""", re.VERBOSE)
_ESCAPED = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_UNESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class ParseError(messages.Error):
    """Text that is no message."""


def MessageToString(message, as_utf8=False, as_one_line=False, **_):
    """The message as text: `name: "x"`, a field a line."""
    lines = []
    _print(message, lines, 0, as_utf8)
    if as_one_line:
        return " ".join(line.strip() for line in lines)
    return "".join(line + "\n" for line in lines)


def PrintMessage(message, out, indent=0, **_):
    lines = []
    _print(message, lines, indent // 2, False)
    out.write("".join(line + "\n" for line in lines))


def _print(message, lines, depth, as_utf8):
    margin = "  " * depth
    for field, value in message.ListFields():
        if field.key is not None:
            for key in sorted(value):
                lines.append(f"{margin}{field.name} {{")
                lines.append(f"{margin}  key: {_scalar(field.key, key, as_utf8)}")
                _print_value(messages._entry_value(field), value[key], lines, depth + 1, as_utf8)
                lines.append(margin + "}")
        else:
            for item in value if field.repeated else [value]:
                _print_value(field, item, lines, depth, as_utf8)


def _print_value(field, value, lines, depth, as_utf8):
    margin = "  " * depth
    if field.is_message:
        lines.append(f"{margin}{field.name} {{")
        _print(value, lines, depth + 1, as_utf8)
        lines.append(margin + "}")
    else:
        lines.append(f"{margin}{field.name}: {_scalar(field, value, as_utf8)}")


def _scalar(field, value, as_utf8):
    kind = field.kind
    if kind in ("string", "bytes"):
        return f'"{_escaped(value, as_utf8 and kind == "string")}"'
    if kind == "bool":
        return "true" if value else "false"
    if kind in ("float", "double"):
        return str(np.float32(value)) if kind == "float" else str(float(value))
    if isinstance(field.type, messages.Enum) and value in field.type.values():
        return field.type.Name(value)
    return str(value)


def _escaped(value, as_utf8):
    if as_utf8:
        return value.translate(_ESCAPES)
    raw = value.encode("utf-8") if isinstance(value, str) else value
    return "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)


def _unescaped(text):
    def one(match):
        what = match.group(1)
        if what[:1] == b"x" and len(what) > 1:
            return bytes([int(what[1:], 16)])
        if what[:1].isdigit():
            return bytes([int(what, 8) & 255])
        return _UNESCAPES.get(what, what)
    return _ESCAPED.sub(one, text[1:-1].encode("utf-8"))


class _Tokens:
    """The words of a text, with where they are."""

    def __init__(self, text):
        self._text = text
        self._tokens = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise ParseError(f"{self._where(at)} : unexpected character {text[at]!r}.")
            if match.lastgroup != "space":
                self._tokens.append((match.lastgroup, match.group(), at))
            at = match.end()
        self._tokens.append(("end", "", len(text)))
        self._next = 0

    def _where(self, at):
        line = self._text.count("\n", 0, at) + 1
        return f"{line}:{at - self._text.rfind(chr(10), 0, at)}"

    @property
    def kind(self):
        return self._tokens[self._next][0]

    @property
    def text(self):
        return self._tokens[self._next][1]

    def take(self):
        text = self.text
        self._next += 1
        return text

    def took(self, *marks):
        if self.kind == "mark" and self.text in marks:
            return self.take()
        return None

    def fail(self, what):
        raise ParseError(f"{self._where(self._tokens[self._next][2])} : {what}")


def Merge(text, message, allow_unknown_extension=False, allow_field_number=False, descriptor_pool=None,
          allow_unknown_field=False):
    """Takes the fields that the text sets into the message.

    Raises:
      ParseError: where the text is not a message of this kind.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    tokens = _Tokens(text)
    while tokens.kind != "end":
        _field(tokens, message, allow_unknown_field)
    return message


def Parse(text, message, **named):
    """As `Merge`."""
    return Merge(text, message, **named)


def MergeLines(lines, message, **named):
    return Merge("\n".join(line.decode() if isinstance(line, bytes) else line for line in lines), message, **named)


ParseLines = MergeLines


def _field(tokens, message, skip_unknown):
    if tokens.kind != "word":
        tokens.fail(f"Expected a field's name, found {tokens.text!r}.")
    field = message.DESCRIPTOR.fields_by_name.get(tokens.text)
    if field is None:
        if not skip_unknown:
            tokens.fail(f'Message type "tensorflow.{message.DESCRIPTOR.full_name}" has no field named "{tokens.text}".')
        tokens.take()
        _skip(tokens)
    else:
        tokens.take()
        colon = tokens.took(":")
        if not field.is_message and field.key is None and not colon:
            tokens.fail("Expected \":\".")
        if tokens.took("["):
            while not tokens.took("]"):
                _value(tokens, message, field, skip_unknown)
                tokens.took(",")
        else:
            _value(tokens, message, field, skip_unknown)
    tokens.took(";", ",")


def _value(tokens, message, field, skip_unknown):
    if field.key is not None:
        entry = _Entry(field)
        _block(tokens, entry, skip_unknown)
        entry.put(getattr(message, field.name))
    elif field.is_message:
        part = getattr(message, field.name)
        if field.repeated:
            part = part.add()
        part.SetInParent()
        _block(tokens, part, skip_unknown)
    elif field.repeated:
        getattr(message, field.name).append(_parsed(tokens, field))
    else:
        setattr(message, field.name, _parsed(tokens, field))


class _Entry:
    """An entry of a map, as a message with the fields `key` and `value`."""

    def __init__(self, field):
        self._key, self._is = messages.Field(1, "key", field.key.kind), messages._entry_value(field)
        self.DESCRIPTOR = messages.Descriptor(field.name, [self._key, self._is])
        self.key = field.key.default()
        self.value = field.type() if field.is_message else field.default()

    def put(self, entries):
        dict.__setitem__(entries, self._key.checked(self.key),
                         self.value if self._is.is_message else self._is.checked(self.value))
        entries._message._touch()


def _block(tokens, message, skip_unknown):
    opened = tokens.took("{", "<")
    if not opened:
        tokens.fail(f'Expected "{{", found {tokens.text!r}.')
    closing = "}" if opened == "{" else ">"
    while not tokens.took(closing):
        if tokens.kind == "end":
            tokens.fail(f'Expected "{closing}".')
        _field(tokens, message, skip_unknown)


def _parsed(tokens, field):
    kind = field.kind
    if kind in ("string", "bytes"):
        if tokens.kind != "text":
            tokens.fail(f"Expected string but found: {tokens.text!r}")
        raw = b""
        while tokens.kind == "text":
            raw += _unescaped(tokens.take())
        return raw.decode("utf-8") if kind == "string" else raw
    if tokens.kind != "word":
        tokens.fail(f"Expected a value but found: {tokens.text!r}")
    word = tokens.text
    try:
        value = _of_word(word, field)
    except (ValueError, KeyError):
        tokens.fail(f"Couldn't parse {word!r} as {kind} for field {field.name}.")
    tokens.take()
    return value


def _of_word(word, field):
    if field.kind == "bool":
        return {"true": True, "t": True, "1": True, "True": True, "false": False, "f": False, "0": False, "False": False}[word]
    if field.kind in ("float", "double"):
        word = word.replace(" ", "")
        return float(word if "inf" in word.lower() or "nan" in word.lower() else word.rstrip("fF"))
    if isinstance(field.type, messages.Enum) and not word.lstrip("-").isdigit():
        return field.type.Value(word)
    return int(word, 0)


def _skip(tokens):
    tokens.took(":")
    if tokens.took("{", "<", "["):
        depth = 1
        while depth:
            if tokens.kind == "end":
                tokens.fail("Expected the end of a field.")
            if tokens.kind == "mark":
                depth += (tokens.text in "{<[") - (tokens.text in "}>]")
            tokens.take()
    else:
        tokens.take()
        while tokens.kind == "text":
            tokens.take()
