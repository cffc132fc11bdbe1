"""What the engine keeps of TensorFlow's definitions of ops, the names of their outputs and the types that attributes have by default:
writes the files, or tells whether they are right.

    python xtask/peers/op_definitions.py [--write]
"""

import sys
from pathlib import Path

import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

FOLDER = Path(__file__).resolve().parents[2] / "crates/tenseur/src/formats/graphdef"

OUTPUT_NAMES = """\
# The names that TensorFlow gives the outputs of its ops, which functions' bodies refer to; after a star, the attribute that says how
# many outputs go under the name. xtask/peers/op_definitions.py writes this file.
"""

TYPE_DEFAULTS = """\
# The types that attributes of TensorFlow's ops have where a file leaves them out. xtask/peers/op_definitions.py writes this file.
"""

WIDTH = 132


def definitions():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return [op for op in ops.op if hasattr(tf.raw_ops, op.name)]


def output_names(op):
    def named(output):
        count = output.number_attr or output.type_list_attr
        return f"{output.name}*{count}" if count else output.name

    return [" ".join(map(named, op.output_arg))]


def type_defaults(op):
    given = [attr for attr in op.attr if attr.type == "type" and attr.HasField("default_value")]
    return [f"{attr.name}={tf.as_dtype(attr.default_value.type).name}" for attr in given]


def text(header, facts):
    """A line for each fact: the fact, a colon, and the ops of which it holds."""
    by_fact = {}
    for op in definitions():
        for fact in facts(op):
            by_fact.setdefault(fact, []).append(op.name)
    lines = []
    for fact, ops in sorted(by_fact.items()):
        line = f"{fact}:"
        for op in sorted(ops):
            if len(line) + 1 + len(op) > WIDTH and line != f"{fact}:":
                lines.append(line)
                line = f"{fact}:"
            line += f" {op}"
        lines.append(line)
    return header + "".join(f"{line}\n" for line in lines)


FILES = [("output_names.txt", OUTPUT_NAMES, output_names), ("type_defaults.txt", TYPE_DEFAULTS, type_defaults)]

for name, header, facts in FILES:
    file = FOLDER / name
    if "--write" in sys.argv[1:]:
        file.write_text(text(header, facts))
    elif file.read_text() != text(header, facts):
        sys.exit(f"{file} differs from what TensorFlow says")
