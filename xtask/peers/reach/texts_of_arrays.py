"""Arrays as text, and what passes where it is printed."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    arrays = {
        "floats": np.array([0.1, 1234567.0, 1e-7, 123456789.0, 1 / 3, 1.0, np.nan, np.inf, -np.inf, -0.0, 1e20], np.float32),
        "doubles": np.array([0.1, 1234567.0, 1e-7, 123456789.0, 1 / 3, 1e300]), "halves": np.array([1.5, 0.1], np.float16),
        "text": np.array(["a\"b", "c\x01\n", "é", ""], object), "one_text": np.array("a b", object), "truth": np.array([True, False]),
        "one": np.array(7), "row": np.arange(20), "matrix": np.arange(100).reshape(10, 10), "cube": np.arange(60).reshape(3, 4, 5),
        "four": np.arange(24).reshape(2, 3, 2, 2), "nothing": np.zeros([0]), "rows_of_nothing": np.zeros([2, 0]),
        "bytes": np.array([-1, 2], np.int8), "large": np.array([2**63 - 1, -2**63]), "unsigned": np.array([2**64 - 1], np.uint64),
        "complex": np.array([1 + 2j]), "complex_rows": np.ones([2, 4], complex), "one_complex": np.array(1j)}
    for name, value in arrays.items():
        family.case(f"format_{name}", {"x": value}, lambda x: [
            raw.StringFormat(inputs=[x], template="<%s>", placeholder="%s", summarize=n) for n in (-1, 1, 2, 3, 5)])
    family.case("format_several", {"x": np.array([1, 2]), "y": np.array(0.5)}, lambda x, y: [
        raw.StringFormat(inputs=[x, y, x], template="{}, {}{}", placeholder="{}", summarize=3),
        raw.StringFormat(inputs=[x], template="%sx", placeholder="%s", summarize=3),
        tf.strings.format("no inputs", [])])
    family.case("printed", {"x": np.array([[1.0, 2.0], [3.0, 4.0]])}, lambda x: raw.Print(
        input=x * x, data=[x, tf.constant(["a"])], message="x", first_n=1, summarize=2), wrt=["x"], second=True)
    family.case("printed_text", {"x": np.array(["a", "b"], object)}, lambda x: raw.Print(input=x, data=[x], first_n=0))
