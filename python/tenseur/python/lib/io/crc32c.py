"""The checksum of TFRecord files: CRC-32 by Castagnoli's polynomial, masked."""

import numpy as np


def _tables():
    """Eight tables: what a byte becomes that has so many bytes behind it."""
    tables = np.zeros((8, 256), np.uint32)
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        tables[0, byte] = value
    for place in range(1, 8):
        tables[place] = tables[place - 1] >> 8 ^ tables[0][tables[place - 1] & 255]
    return tables


_TABLES = None
_FIRST = None
_BLOCK = 1 << 12


def _plain(data, value):
    table = _FIRST
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return value


def _matrix_power(matrix, length):
    """What `length` zero bytes do to a checksum, as a matrix over two: column i is what becomes of bit i."""
    result = [1 << bit for bit in range(32)]
    while length:
        if length & 1:
            result = [_times(matrix, column) for column in result]
        matrix = [_times(matrix, column) for column in matrix]
        length >>= 1
    return result


def _times(matrix, vector):
    total, bit = 0, 0
    while vector:
        if vector & 1:
            total ^= matrix[bit]
        vector >>= 1
        bit += 1
    return total


def crc32c(data):
    """The checksum of the bytes.

    Long data is cut into equal strips whose checksums NumPy works out side by side; then each strip's is carried over the
    bytes behind it.
    """
    global _TABLES, _FIRST
    if _TABLES is None:
        _TABLES = _tables()
        _FIRST = _TABLES[0].tolist()
    value = 0xFFFFFFFF
    length = len(data)
    if length >= 4096:
        # About as many strips as bytes in one keep the number of steps of Python's and NumPy's alike.
        strips = int((length / 8) ** 0.5)
        width = length // strips // 8 * 8
        body = np.frombuffer(data, np.uint8, strips * width).reshape(strips, width // 8, 8)
        parts = np.zeros(strips, np.uint32)
        parts[0] = value
        for step in range(width // 8):
            block = body[:, step]
            low = block[:, :4].copy().view("<u4")[:, 0] ^ parts
            parts = (_TABLES[7][low & 255] ^ _TABLES[6][low >> 8 & 255] ^ _TABLES[5][low >> 16 & 255] ^ _TABLES[4][low >> 24]
                     ^ _TABLES[3][block[:, 4]] ^ _TABLES[2][block[:, 5]] ^ _TABLES[1][block[:, 6]] ^ _TABLES[0][block[:, 7]])
        one_byte = [(1 << bit) >> 8 ^ _FIRST[(1 << bit) & 255] for bit in range(32)]
        over = _matrix_power(one_byte, width)
        value = 0
        for part in parts.tolist():
            value = _times(over, value) ^ part
        data = data[strips * width:]
    return _plain(data, value) ^ 0xFFFFFFFF


def masked(data):
    """The checksum as files have it: turned by 15 bits, and more, so that a checksum of checksums is no worse."""
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF
