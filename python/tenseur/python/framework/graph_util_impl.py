"""Parts of graphs, and graphs whose variables became constants."""

from tenseur.core.framework import attr_value_pb2, graph_pb2, node_def_pb2
from tenseur.python.framework import dtypes, tensor_util
from tenseur.python.platform import tf_logging as logging

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")


def _node_name(name):
    return name.lstrip("^").partition(":")[0]


def extract_sub_graph(graph_def, dest_nodes):
    """The nodes of the graph that these need, and these.

    Raises:
      TypeError: where `graph_def` is no GraphDef, or `dest_nodes` one string.
      AssertionError: where a node is not there.
    """
    if not isinstance(graph_def, graph_pb2.GraphDef):
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    by_name = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in by_name:
            raise AssertionError(f"{name} is not in graph")
    wanted, waiting = set(), list(dest_nodes)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [_node_name(part) for part in by_name[name].input]
    out = graph_pb2.GraphDef(library=graph_def.library, versions=graph_def.versions)
    for node in graph_def.node:
        if node.name in wanted:
            out.node.append(node)
    return out


def convert_variables_to_constants(sess, input_graph_def, output_node_names, variable_names_whitelist=None,
                                   variable_names_blacklist=None):
    """The part of the graph that the outputs need, with what `sess` has in its variables as constants in their place.

    Raises:
      AssertionError: where an output is not in the graph.
    """
    inference_graph = extract_sub_graph(input_graph_def, output_node_names)
    names = [node.name for node in inference_graph.node if node.op in _VARIABLES]
    if variable_names_whitelist is not None:
        names = [name for name in names if name in variable_names_whitelist]
    if variable_names_blacklist is not None:
        names = [name for name in names if name not in variable_names_blacklist]
    values = _values(sess, names)
    logging.info("Froze %d variables.", len(values))
    out = graph_pb2.GraphDef(library=inference_graph.library)
    for node in inference_graph.node:
        own = out.node.add()
        if node.name in values:
            value = values[node.name]
            own.name, own.op = node.name, "Const"
            dtype = node.attr["dtype"].type
            own.attr["dtype"].type = dtype
            own.attr["value"].tensor.CopyFrom(tensor_util.make_tensor_proto(value, dtype=dtype, shape=value.shape))
        elif node.op == "ReadVariableOp" and _node_name(node.input[0]) in values:
            own.name, own.op = node.name, "Identity"
            own.attr["T"].CopyFrom(node.attr["dtype"])
            own.input.append(node.input[0])
        elif node.op == "ResourceGather" and _node_name(node.input[0]) in values:
            own.name, own.op = node.name, "GatherV2"
            axis = out.node.add(name=node.name + "/axis", op="Const")
            axis.attr["dtype"].type = dtypes.int32.as_datatype_enum
            axis.attr["value"].tensor.CopyFrom(tensor_util.make_tensor_proto(0, dtypes.int32))
            own.input.extend([node.input[0], node.input[1], axis.name])
            own.attr["Tparams"].CopyFrom(node.attr["dtype"])
            own.attr["Tindices"].CopyFrom(node.attr["Tindices"])
            own.attr["Taxis"].type = dtypes.int32.as_datatype_enum
        else:
            own.CopyFrom(node)
    return out


def _values(sess, names):
    fetched = []
    for name in names:
        op = sess.graph.get_operation_by_name(name)
        if op.type == "VarHandleOp":
            readers = [reader for reader in op.outputs[0].consumers() if reader.type == "ReadVariableOp"]
            if not readers:
                raise ValueError(f"nothing reads the variable {name!r}")
            fetched.append(readers[0].outputs[0])
        else:
            fetched.append(op.outputs[0])
    return dict(zip(names, sess.run(fetched))) if names else {}


def remove_training_nodes(input_graph, protected_nodes=None):
    """The graph without its CheckNumerics and Identity nodes, which only trainings need; `protected_nodes` stay."""
    protected = set(protected_nodes or [])
    skipped = {node.name: node.input[0] for node in input_graph.node if node.op == "CheckNumerics" and node.name not in protected}
    kept = []
    for node in input_graph.node:
        if node.name not in skipped:
            own = node_def_pb2.NodeDef()
            own.CopyFrom(node)
            own.input[:] = [part for part in node.input if not (part.startswith("^") and part[1:] in skipped)]
            kept.append(own)
    controlled = {_node_name(part) for node in kept for part in node.input if part.startswith("^")}
    for node in kept:
        if node.op == "Identity" and node.name not in protected | controlled and not any(p.startswith("^") for p in node.input):
            skipped[node.name] = node.input[0]
    out = graph_pb2.GraphDef()
    for node in kept:
        if node.name in skipped:
            continue
        for place, part in enumerate(node.input):
            while part in skipped:
                part = skipped[part]
            node.input[place] = part
        out.node.append(node)
    return out


def must_run_on_cpu(node, pin_variables_on_cpu=False):
    op = node.op if isinstance(node, node_def_pb2.NodeDef) else node.type
    return pin_variables_on_cpu and op in _VARIABLES


def tensor_shape_from_node_def_name(graph, input_name):
    """The shape of the tensor called so in the graph."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else input_name + ":0").get_shape()


def set_attr_shape(node, key, value):
    node.attr[key].CopyFrom(attr_value_pb2.AttrValue(shape=value.as_proto()))


def graph_defs_equal(actual, expected):
    """What differs between two graphs, as text; "" where nothing does."""
    def by_name(graph_def):
        return {node.name: node for node in graph_def.node}
    one, other = by_name(actual), by_name(expected)
    lines = [f"only in one of them: {name}" for name in sorted(one.keys() ^ other.keys())]
    lines += [f"{name} differs" for name in sorted(one.keys() & other.keys()) if one[name] != other[name]]
    return "\n".join(lines)
