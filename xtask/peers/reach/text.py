"""Strings: numbers as text and back, base 64, joined, split, cut, changed."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    numbers = np.array([0.0, -0.0, 1.0, -2.5, 1e-7, 123456789.0, 1e20, np.inf, -np.inf, np.nan, 0.1])
    for dtype in (np.float32, np.float64, np.float16):
        kept = numbers[np.abs(numbers) < 6e4] if dtype == np.float16 else numbers
        for label, settings in {"plain": {}, "precise": {"precision": 3}, "scientific": {"scientific": True},
                                "shortest": {"shortest": True}, "shortest_precise": {"shortest": True, "precision": 4},
                                "wide": {"width": 14}, "zeros": {"width": 14, "fill": "0"}, "left": {"width": 14, "fill": "-"},
                                "plus": {"fill": "+", "width": 3}, "space": {"fill": " ", "width": 3}}.items():
            family.case(f"float_{label}_{np.dtype(dtype).name}", {"x": kept.astype(dtype)},
                        lambda x: raw.AsString(input=x, **settings))
    for dtype in (np.int8, np.uint8, np.int16, np.int32, np.int64):
        limits = np.iinfo(dtype)
        values = np.array([0, 1, 42, limits.max, limits.min], dtype)
        for label, settings in {"plain": {}, "wide": {"width": 8}, "zeros": {"width": 8, "fill": "0"},
                                "left": {"width": 8, "fill": "-"}}.items():
            family.case(f"integer_{label}_{np.dtype(dtype).name}", {"x": values.copy()},
                        lambda x: raw.AsString(input=x, **settings))
    family.case("bool_and_text", {"x": np.array([True, False]), "s": np.array(["a", ""])}, lambda x, s: [
        raw.AsString(input=x), raw.AsString(input=s), raw.AsString(input=x, width=7)])
    for dtype in (tf.float32, tf.float64, tf.int32, tf.int64):
        family.case(f"number_{dtype.name}", {"s": np.array(["0", "-17", "2147483647", " 5 ", "0012", "+3"])},
                    lambda s: raw.StringToNumber(string_tensor=s, out_type=dtype))
        for label, text in (("empty", ""), ("letters", "12a"), ("spaces", "1 2"), ("large", "99999999999999999999")):
            if label != "large" or dtype.is_integer:
                family.refused(f"number_{label}_{dtype.name}", {"s": np.array([text])},
                               lambda s: raw.StringToNumber(string_tensor=s, out_type=dtype))
    family.case("number_floats", {"s": np.array(["1e3", "-.5", "inf", "-inf", "nan", "1e-50", "1e400", "0.1", "infinity"])},
                lambda s: [raw.StringToNumber(string_tensor=s, out_type=dtype) for dtype in (tf.float32, tf.float64)])
    words = np.array(["", "a", "ab", "abc", "Grüße", "日本語", "??>>", "\0\1"])
    for pad in (False, True):
        family.case(f"base64_{pad}", {"s": words}, lambda s: [
            raw.EncodeBase64(input=s, pad=pad), raw.DecodeBase64(input=raw.EncodeBase64(input=s, pad=pad))])
    for label, text in (("letter", "a+=="), ("short", "a"), ("spaces", "YW I=")):
        family.refused(f"base64_{label}", {"s": np.array([text])}, lambda s: raw.DecodeBase64(input=s))
    grid = np.array([[["a", "b"], ["c", "d"]], [["e", "f"], ["", "h"]]])
    for axes in ([], [0], [1], [2], [0, 1], [2, 0], [-1, -3], [0, 1, 2]):
        for keep in (False, True):
            label = "_".join(map(str, axes)) or "none"
            family.case(f"joined_{label}_{keep}", {"s": grid}, lambda s: raw.ReduceJoin(
                inputs=s, reduction_indices=tf.constant(axes, tf.int32), keep_dims=keep, separator="-"))
    for label, axes in (("outside", [3]), ("twice", [0, 0])):
        family.refused(f"joined_{label}", {"i": np.array(axes, np.int32)}, lambda i: raw.ReduceJoin(
            inputs=tf.constant(grid), reduction_indices=i))
    family.case("string_join", {"a": np.array(["a", "b"]), "b": np.array("-")}, lambda a, b: raw.StringJoin(
        inputs=[a, b, a], separator=", "))
    # (Cut at every byte, other letters than ASCII's would not be text.)
    sentences = np.array(["a b  c", "", " x", "a,b,,c ", ",", "a, b\tc"])
    for delimiter in ("", " ", ",", ", "):
        for skip in (False, True):
            family.case(f"split_{len(delimiter)}{delimiter.strip()}_{skip}", {"s": sentences}, lambda s: list(raw.StringSplit(
                input=s, delimiter=delimiter, skip_empty=skip)))
        for most in (-1, 0, 1, 2):
            family.case(f"split_v2_{len(delimiter)}{delimiter.strip()}_{most}", {"s": sentences}, lambda s: list(
                raw.StringSplitV2(input=s, sep=delimiter, maxsplit=most)))
    # (At a zero byte TensorFlow ends what it changes as UTF-8.)
    family.case("letters", {"s": words[:-1]}, lambda s: [raw.StringLower(input=s), raw.StringUpper(input=s), raw.StringLower(
        input=s, encoding="utf-8"), raw.StringUpper(input=s, encoding="utf-8"), raw.StringStrip(input=s)])
    family.case("lengths", {"s": words}, lambda s: [raw.StringLength(input=s), raw.StringLength(input=s, unit="UTF8_CHAR")])
    for unit in ("BYTE", "UTF8_CHAR"):
        family.case(f"cut_{unit}", {"s": np.array(["abcdef", "éàü" if unit != "BYTE" else "x-z", "abc"])}, lambda s: [
            raw.Substr(input=s, pos=p, len=n, unit=unit) for p, n in ((0, 2), (2, 9), (-2, 1), (-3, 3))])
    family.refused("cut_outside", {"s": np.array(["abc", "a"])}, lambda s: raw.Substr(input=s, pos=2, len=1))
