"""Nodes with too few or too many inputs, or an attribute that is missing, of another kind, too small or an unknown word, which TensorFlow
refuses at load: one of these for each op of the suite and of the other families."""

import zlib

from left_out import cases
from wrong_types import alone, definitions, is_refused, put_refused


def types_of_inputs(node, op):
    types = []
    for arg in op.input_arg:
        if arg.type_list_attr:
            types += node.attr[arg.type_list_attr].list.type
        else:
            types += [arg.type or node.attr[arg.type_attr].type] * (node.attr[arg.number_attr].i if arg.number_attr else 1)
    return types


def wrong(op, node, inputs):
    """What may be wrong: a label, and what makes it so."""
    if inputs:
        yield "fewer", lambda own: own.input.pop()
    yield "more", lambda own: own.input.append("extra")
    for attr in op.attr:
        name = attr.name
        if not attr.HasField("default_value") and name in node.attr:
            yield f"without_{name}", lambda own, name=name: own.attr.pop(name)
        if attr.type == "string" and attr.HasField("allowed_values"):
            yield f"unknown_{name}", lambda own, name=name: setattr(own.attr[name], "s", b"UNKNOWN")
        if attr.type == "int" and attr.has_minimum:
            yield f"small_{name}", lambda own, name=name, least=attr.minimum: setattr(own.attr[name], "i", least - 1)
        if attr.type.startswith("list(") and attr.minimum > 0:
            yield f"empty_{name}", lambda own, name=name: own.attr[name].list.Clear()
        if attr.type == "string" or attr.type.startswith("list("):
            yield f"number_{name}", lambda own, name=name: setattr(own.attr[name], "i", 1)
        else:
            yield f"word_{name}", lambda own, name=name: setattr(own.attr[name], "s", b"word")


def graph_of(node, types, library, change=lambda own: None):
    graph, own = alone(node, types, library)
    graph.node.add(name="extra", op="Placeholder").attr["dtype"].type = 1
    change(own)
    return graph


def record(family):
    ops, seen = definitions(), set()
    for _, _, graph, _ in cases():
        for node in graph.node:
            op = ops.get(node.op)
            if node.op in seen or op is None or any(arg.is_ref for arg in op.input_arg):
                continue
            types = types_of_inputs(node, op)
            if is_refused(graph_of(node, types, graph.library)):
                continue
            seen.add(node.op)
            changes = sorted(wrong(op, node, types), key=lambda change: zlib.crc32(f"{node.op} {change[0]}".encode()))
            for label, change in changes:
                refused = graph_of(node, types, graph.library, change)
                if is_refused(refused):
                    break
            put_refused(family, f"{node.op}_{label}", refused)
