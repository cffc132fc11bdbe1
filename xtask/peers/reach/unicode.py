"""Characters of Unicode, and encodings."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops

TEXTS = np.array(["", "abc", "é中😀", "a\nb\x01c", "\u0301x"], object)


def bytes_of(*rows):
    """Bytes that are no text, as numbers, for a case holds its strings as text."""
    return tf.constant([bytes(row) for row in rows])


def record(family):
    # TensorFlow 2.21 itself ends where places are to be int32.
    for splits in (tf.int64,):
        family.case(f"decode_{splits.name}", {"x": TEXTS}, lambda x: [
            *raw.UnicodeDecode(input=x, input_encoding="UTF-8", Tsplits=splits),
            *raw.UnicodeDecodeWithOffsets(input=x, input_encoding="UTF-8", Tsplits=splits),
            *raw.UnicodeDecode(input=x, input_encoding="UTF-8", replace_control_characters=True, Tsplits=splits),
            *raw.UnicodeDecode(input=tf.reshape(x[1:], [2, 2]), input_encoding="UTF-8", Tsplits=splits)])
    wrong = ([0x61, 0xFF, 0x62], [0xE4, 0xB8], [0xE4, 0x61], [0xF0, 0x9F, 0x98], [0xC3], [0x80, 0x80], [0xED, 0xA0, 0x80],
             [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF])
    for errors in ("replace", "ignore"):
        for place, row in enumerate(wrong):
            family.case(f"wrong_{errors}_{place}", {"n": np.array(0)}, lambda n: [
                *raw.UnicodeDecodeWithOffsets(input=bytes_of(row), input_encoding="UTF-8", errors=errors, replacement_char=63),
                raw.UnicodeTranscode(input=bytes_of(row), input_encoding="UTF-8", output_encoding="UTF-8", errors=errors), n])
    family.refused("wrong_strict", {"n": np.array(0)}, lambda n: raw.UnicodeDecode(
        input=bytes_of(wrong[0]), input_encoding="UTF-8", errors="strict")[1])
    for encoding, python in (("UTF-16-BE", "utf-16-be"), ("UTF-32-BE", "utf-32-be"), ("ISO-8859-1", "latin-1"), ("US-ASCII", "ascii")):
        text = "é中😀z" if python.startswith("utf") else "é§z" if python == "latin-1" else "plain"
        row = list(text.encode(python))
        family.case(f"from_{python}", {"n": np.array(0)}, lambda n: [
            *raw.UnicodeDecodeWithOffsets(input=bytes_of(row), input_encoding=encoding),
            raw.UnicodeTranscode(input=bytes_of(row), input_encoding=encoding, output_encoding="UTF-8"), n])
        family.case(f"cut_{python}", {"n": np.array(0)}, lambda n: [
            *raw.UnicodeDecodeWithOffsets(input=bytes_of(row[:-1]), input_encoding=encoding), n])
    characters = np.array([97, 233, 20013, 128512, 0x301], np.int32)
    for encoding in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
        family.case(f"encode_{encoding}", {"c": characters, "s": np.array([0, 2, 2, 5])}, lambda c, s: [
            tf.io.decode_raw(input_bytes=raw.UnicodeEncode(input_values=c, input_splits=s, output_encoding=encoding)[i], out_type=tf.uint8)
            for i in range(3)])
        family.case(f"transcode_{encoding}", {"x": TEXTS}, lambda x: [
            tf.io.decode_raw(input_bytes=raw.UnicodeTranscode(input=x, input_encoding="UTF-8", output_encoding=encoding)[i],
                          out_type=tf.uint8) for i in range(5)])
    for errors in ("replace", "ignore"):
        family.case(f"encode_wrong_{errors}", {"c": np.array([97, 0xD800, 0x110000, -1, 98], np.int32)}, lambda c: raw.UnicodeEncode(
            input_values=c, input_splits=np.array([0, 5]), output_encoding="UTF-8", errors=errors, replacement_char=63))
    family.refused("encode_wrong_strict", {"c": np.array([0xD800], np.int32)}, lambda c: raw.UnicodeEncode(
        input_values=c, input_splits=np.array([0, 1]), output_encoding="UTF-8", errors="strict"))
    family.refused("encode_splits", {"s": np.array([0, 2])}, lambda s: raw.UnicodeEncode(
        input_values=characters, input_splits=s, output_encoding="UTF-8"))
