"""Tables of sorted keys, as LevelDB lays them out: blocks of entries, an index of blocks, a footer. Read only."""

import struct

from tenseur import _core
from tenseur.core import wire
from tenseur.python.framework import errors_impl

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48


def is_table(path):
    """Whether the file ends as a table does."""
    with open(path, "rb") as file:
        file.seek(0, 2)
        if file.tell() < _FOOTER:
            return False
        file.seek(-8, 2)
        return struct.unpack("<Q", file.read(8))[0] == _MAGIC


def read(path):
    """Pairs (key, value) of the file, in the order of the keys.

    Raises:
      tf.errors.DataLossError: where the file is damaged: with its name and the offset.
    """
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise errors_impl.DataLossError(None, None, f"{path}: not a table: it does not end with a table's mark")
    at = len(data) - _FOOTER
    try:
        _, at = _handle(data, at)
        index, _ = _handle(data, at)
        for _, place in _block(data, index, path):
            yield from _block(data, _handle(place, 0)[0], path)
    except (IndexError, struct.error) as error:
        raise errors_impl.DataLossError(None, None, f"{path}: a damaged table: {error}") from None


def _handle(data, at):
    """(offset, size) of a block, and where what follows begins."""
    offset, at = wire._varint_at(data, at)
    size, at = wire._varint_at(data, at)
    return (offset, size), at


def _block(data, handle, path):
    """The entries of a block."""
    offset, size = handle
    trailer = data[offset + size:offset + size + 5]
    if len(trailer) < 5 or _core.masked_crc32c(data[offset:offset + size] + trailer[:1]) != struct.unpack("<I", trailer[1:])[0]:
        raise errors_impl.DataLossError(None, None,
                                        f"{path}: the block at {offset} is damaged: its checksum does not fit")
    content = data[offset:offset + size]
    if trailer[0] == 1:
        content = unpacked(content)
    elif trailer[0] != 0:
        raise errors_impl.DataLossError(None, None,
                                        f"{path}: the block at {offset} is of an unknown kind, {trailer[0]}")
    end = len(content) - 4 - 4 * struct.unpack("<I", content[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = wire._varint_at(content, at)
        own, at = wire._varint_at(content, at)
        length, at = wire._varint_at(content, at)
        if at + own + length > end or shared > len(key):
            raise IndexError(f"an entry of the block at {offset} is longer than the block")
        key = key[:shared] + content[at:at + own]
        yield key, content[at + own:at + own + length]
        at += own + length


def unpacked(data):
    """What Snappy has compressed: runs of bytes, and copies of what came before.

    Raises:
      IndexError: where the data is damaged.
    """
    size, at = wire._varint_at(data, 0)
    made = bytearray()
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                extra = length - 59
                length, at = int.from_bytes(data[at:at + extra], "little"), at + extra
            if at + length + 1 > len(data):
                raise IndexError("a compressed block ends in the middle")
            made += data[at:at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at], at + 1
        else:
            extra = 2 if tag & 3 == 2 else 4
            length, offset, at = (tag >> 2) + 1, int.from_bytes(data[at:at + extra], "little"), at + extra
        if not 0 < offset <= len(made):
            raise IndexError("a compressed block refers to what is not there")
        for _ in range(length):
            made.append(made[-offset])
    if len(made) != size:
        raise IndexError(f"a compressed block has {len(made)} bytes, and {size} were promised")
    return bytes(made)
