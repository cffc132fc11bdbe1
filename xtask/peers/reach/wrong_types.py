"""Nodes with an input or an attribute of a type that does not go with their op, which TensorFlow refuses at load: for each op of the
suite and of the other families, and each of its inputs of one type and attributes of some types."""

import io
import json
import zlib

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2, op_def_pb2
from tensorflow.python.client import pywrap_tf_session

from left_out import cases

v1 = tf.compat.v1
TYPES = [tf.as_dtype(name).as_datatype_enum for name in (
    "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool", "bfloat16", "uint16", "complex128",
    "float16", "uint32", "uint64")]


def definitions():
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {op.name: op for op in ops.op}


def wrong(op):
    """What may be wrong: a label, the inputs that are so, the attribute, and the types that it may not be."""
    for number, arg in enumerate(op.input_arg):
        if arg.type:
            yield arg.name, [number], None, [dtype for dtype in TYPES if dtype != arg.type]
    for attr in op.attr:
        if attr.type == "type" and attr.HasField("allowed_values"):
            inputs = [number for number, arg in enumerate(op.input_arg) if arg.type_attr == attr.name]
            yield attr.name, inputs, attr.name, [dtype for dtype in TYPES if dtype not in attr.allowed_values.list.type]


def alone(node, types, library):
    """A graph of this node, which reads placeholders of these types, and the node there."""
    graph = graph_pb2.GraphDef(library=library)
    for number, dtype in enumerate(types):
        graph.node.add(name=f"in{number}", op="Placeholder").attr["dtype"].type = dtype
    own = graph.node.add()
    own.CopyFrom(node)
    own.name = "it"
    del own.input[:]
    own.input.extend(f"in{number}" for number in range(len(types)))
    own.attr.pop("_class", None)
    return graph, own


def graph_of(node, op, library, inputs, attr, dtype):
    usual = [arg.type or node.attr[arg.type_attr].type for arg in op.input_arg]
    graph, own = alone(node, [dtype if number in inputs else usual for number, usual in enumerate(usual)], library)
    if attr:
        own.attr[attr].type = dtype
    return graph


def put_refused(family, name, graph):
    """A case that must be refused at load, and nothing else."""
    arrays = io.BytesIO()
    np.savez(arrays)
    error = {"stage": "load", "code": "INVALID_ARGUMENT", "tf_python_class": "ValueError", "message": ""}
    case = {"name": f"{family.name}_{name}", "area": "reach", "load_error": error, "steps": []}
    family.cases[name] = {"graph.pb": graph.SerializeToString(deterministic=True), "data.npz": arrays.getvalue(),
                          "case.json": json.dumps(case, separators=(",", ":"), sort_keys=True).encode()}


def is_refused(graph):
    try:
        with v1.Graph().as_default():
            tf.import_graph_def(graph, name="")
    except (ValueError, TypeError):
        return True
    return False


def record(family):
    ops, seen = definitions(), set()
    for _, _, graph, _ in cases():
        for node in graph.node:
            op = ops.get(node.op)
            if node.op in seen or op is None or any(arg.number_attr or arg.type_list_attr or arg.is_ref for arg in op.input_arg):
                continue
            seen.add(node.op)
            for label, inputs, attr, dtypes in wrong(op):
                if not dtypes:
                    continue
                dtype = dtypes[zlib.crc32(f"{node.op} {label}".encode()) % len(dtypes)]
                refused = graph_of(node, op, graph.library, inputs, attr, dtype)
                name = f"{node.op}_{label}"
                assert is_refused(refused), name
                put_refused(family, name, refused)
