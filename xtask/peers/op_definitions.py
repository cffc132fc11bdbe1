"""What the engine keeps of TensorFlow's definitions of ops, their inputs, outputs and attributes: writes the file, or tells whether it is
right.

    python xtask/peers/op_definitions.py [--write]
"""

import sys
from pathlib import Path

import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

FILE = Path(__file__).resolve().parents[2] / "crates/tenseur/src/formats/graphdef/op_definitions.txt"

HEADER = """\
# TensorFlow's definitions of its ops, as far as a node can be at odds with them: inputs -> outputs | attributes. A type is one of
# TensorFlow's or, after @, an attribute's value; N* before it says that there are N of them by the attribute N, @@ that an attribute
# lists the types of several, & that it is a variable's own. An attribute that a file may leave out has after its name = and the type
# that it then has, or ?; after a colon comes its kind, with > and the least that it may be or the fewest that it may list, and after
# another colon what it may be, joined by +. xtask/peers/op_definitions.py writes this file.
"""


# Lists of types that many ops have, under TensorFlow's names.
LISTS = {
    "numbertype": "float32+float64+int32+uint8+int16+int8+complex64+int64+qint8+quint8+qint32+bfloat16+qint16+quint16+uint16+complex128"
                  "+float16+uint32+uint64",
    "realnumbertype": "float32+float64+int32+uint8+int16+int8+int64+bfloat16+uint16+float16+uint32+uint64",
}


def argument(arg):
    kind = f"@@{arg.type_list_attr}" if arg.type_list_attr else f"@{arg.type_attr}" if arg.type_attr else tf.as_dtype(arg.type).name
    count = f"{arg.number_attr}*" if arg.number_attr else ""
    return f"{arg.name}:{count}{'&' if arg.is_ref else ''}{kind}"


def attribute(attr):
    default = ""
    if attr.HasField("default_value"):
        default = f"={tf.as_dtype(attr.default_value.type).name}" if attr.type == "type" else "?"
    least = f">{attr.minimum}" if attr.has_minimum else ""
    allowed = "+".join([tf.as_dtype(dtype).name for dtype in attr.allowed_values.list.type]
                       + [text.decode() for text in attr.allowed_values.list.s])
    allowed = next((name for name, types in LISTS.items() if types == allowed), allowed)
    return f"{attr.name}{default}:{attr.type}{least}{':' if allowed else ''}{allowed}"


def definition(op):
    parts = [op.name, *map(argument, op.input_arg), "->", *map(argument, op.output_arg), "|", *map(attribute, op.attr)]
    return " ".join(parts)


def text():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    lines = sorted(definition(op) for op in ops.op if hasattr(tf.raw_ops, op.name))
    lists = [f"{name} = {types}" for name, types in LISTS.items()]
    return HEADER + "".join(f"{line}\n" for line in lists + lines)


if "--write" in sys.argv[1:]:
    FILE.write_text(text())
elif FILE.read_text() != text():
    sys.exit(f"{FILE} differs from what TensorFlow says")
