"""Graphs from GraphDef messages: `tf.import_graph_def`."""

import contextlib

from tenseur import _core
from tenseur.core.framework import graph_pb2
from tenseur.python.framework import dtypes, errors_impl, host_ops, op_def_library, ops, tensor_shape, tensor_util

_engine_types = None


def import_graph_def(graph_def, input_map=None, return_elements=None, name=None, op_dict=None,
                     producer_op_list=None):
    """Adds the nodes of a GraphDef to the default graph, called `name/…` ("import", where none is given; "" for no scope).

    A node whose name the graph has already gets a number: `a_1`.

    Args:
      input_map: names of the file's tensors → tensors of the graph to read in their place.
      return_elements: names of operations and tensors of the file that are wanted.

    Returns:
      A list of those operations and tensors, or `None` where none were asked for.

    Raises:
      TypeError: where `graph_def` is no GraphDef.
      ValueError: where its nodes do not fit together, or names are not there.
    """
    if isinstance(graph_def, (bytes, bytearray)):
        graph_def = graph_pb2.GraphDef.FromString(graph_def)
    if not isinstance(graph_def, graph_pb2.GraphDef):
        raise TypeError("graph_def must be a GraphDef proto.")
    wanted = [_text(element) for element in return_elements or ()]
    graph = ops.get_default_graph()
    given = {_text(key): value for key, value in (input_map or {}).items()}
    values = [value for value in given.values() if isinstance(value, ops.Tensor)]
    with ops.name_scope(name, "import", values) as scope:
        prefix = scope or ""
        with ops.name_scope("_inputs") if any(not isinstance(v, (ops.Tensor, ops.Operation)) for v in given.values()) \
                else contextlib.nullcontext():
            given = {key if ":" in key or key.startswith("^") else f"{key}:0":
                     value if isinstance(value, (ops.Tensor, ops.Operation)) else ops.convert_to_tensor(value)
                     for key, value in given.items()}
    _check_map(graph_def, given)
    taken = _names_for_taken(graph, graph_def, prefix)
    if taken:
        graph_def = _renamed(graph_def, taken)
        given = {_in_names(key, taken): value for key, value in given.items()}
        wanted = [_in_names(element, taken) for element in wanted]
    if any(_is_python(node.op) for node in graph_def.node) or any(isinstance(v, ops.Operation) for v in given.values()):
        _import_nodes(graph, graph_def, given, prefix)
    else:
        _import_whole(graph, graph_def, given, prefix)
    return [_element(graph, element, prefix, given) for element in wanted] if return_elements is not None else None


def _text(name):
    if isinstance(name, bytes):
        return name.decode()
    if isinstance(name, str):
        return name
    raise TypeError("return_elements and the keys of input_map must be strings.")


def _is_python(op_type):
    global _engine_types
    if _engine_types is None:
        _engine_types = frozenset(_core.op_types())
    return host_ops.keeps_state(op_type) or op_type not in _engine_types and host_ops.is_host(op_type)


def _check_map(graph_def, given):
    names = {node.name for node in graph_def.node}
    read = {part if part.startswith("^") or ":" in part else f"{part}:0" for node in graph_def.node for part in node.input}
    lost = sorted(key for key in given if key not in read and key.lstrip("^").rpartition(":")[0] not in names
                  and key.lstrip("^") not in names)
    if lost:
        raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(lost)}]")


def _names_for_taken(graph, graph_def, prefix):
    """New names for nodes of the file whose names the graph has already: `a` becomes `a_1`, as in TensorFlow."""
    names = {node.name for node in graph_def.node}
    found = {}
    for node in graph_def.node:
        if graph._named(prefix + node.name) is None:
            continue
        number, name = 0, node.name
        while name in names or graph._named(prefix + name) is not None:
            number += 1
            name = f"{node.name}_{number}"
        names.add(name)
        found[node.name] = name
    return found


def _in_names(reference, names):
    """What a node (`a`), a tensor (`a:0`) or a control input (`^a`) is called where nodes have these new names."""
    control = "^" if reference.startswith("^") else ""
    name, colon, number = reference.removeprefix("^").partition(":")
    return f"{control}{names.get(name, name)}{colon}{number}"


def _renamed(graph_def, names):
    renamed = graph_pb2.GraphDef()
    renamed.CopyFrom(graph_def)
    for node in renamed.node:
        node.name = names.get(node.name, node.name)
        node.input[:] = [_in_names(part, names) for part in node.input]
        if "_class" in node.attr:
            places = node.attr["_class"].list.s
            places[:] = [b"loc:@" + _in_names(place.decode().removeprefix("loc:@"), names).encode()
                         if place.startswith(b"loc:@") else place for place in places]
    return renamed


def _element(graph, element, prefix, given):
    try:
        if ":" in element:
            if element in given:
                return given[element]
            return graph.get_tensor_by_name(prefix + element)
        return graph.get_operation_by_name(prefix + element)
    except (KeyError, ValueError):
        raise ValueError(f"Requested return_element '{element}' not found in graph_def.") from None


def _import_whole(graph, graph_def, given, prefix):
    """All at once, by the engine."""
    if prefix:
        renamed = graph_pb2.GraphDef()
        renamed.library.CopyFrom(graph_def.library)
        renamed.versions.CopyFrom(graph_def.versions)
        for node in graph_def.node:
            own = renamed.node.add()
            own.MergeFrom(node)
            own.name = prefix + node.name
            own.input[:] = ["^" + prefix + part[1:] if part.startswith("^") else prefix + part for part in node.input]
        graph_def = renamed
    mapped = [(prefix + key, value._edge()) for key, value in given.items()]
    graph._check_not_finalized()
    with ops._errors_as_value_errors():
        graph._engine.import_graph_def(graph_def.SerializeToString(), "", mapped)
    graph._sync()


# --- node by node, where some are Python's ------------------------------------------------------------------------------


def _import_nodes(graph, graph_def, given, prefix):
    if graph_def.library.function:
        with ops._errors_as_value_errors():
            graph._engine.import_graph_def(graph_pb2.GraphDef(library=graph_def.library).SerializeToString(), "", [])
    made, loops = {}, []

    def tensor(name):
        name = name if ":" in name else f"{name}:0"
        if name in given:
            return given[name]
        op, _, number = name.rpartition(":")
        return made[op].outputs[int(number)]

    with graph.name_scope(None), graph.control_dependencies(None):
        for node in _in_order(graph_def.node):
            data = [part for part in node.input if not part.startswith("^")]
            controls = [made[part[1:]] for part in node.input if part.startswith("^") and part[1:] in made]
            if node.op in ("Merge", "RefMerge") and any(part.partition(":")[0] not in made and f"{part}:0" not in given
                                                        and part not in given for part in data):
                loops.append((node.name, data))
                data = [part for part in data if part.partition(":")[0] in made]
            attrs = {key: attribute_of(value) for key, value in node.attr.items() if not key.startswith("_")}
            inputs = [tensor(part) for part in data]
            with graph.control_dependencies(controls), graph.device(node.device or None):
                made[node.name] = _make(graph, node.op, prefix + node.name, inputs, attrs)
    for name, data in loops:
        merge, back = made[name], [part for part in data if made[part.partition(":")[0]].type.endswith("NextIteration")]
        merge.outputs[0].set_shape(merge.inputs[0].shape)
        with ops._errors_as_value_errors():
            graph._engine.close_loop(merge.outputs[0]._edge(), tensor(back[0])._edge())


def _make(graph, op_type, name, inputs, attrs):
    if graph._named(name) is not None:
        raise ValueError(f"Node name '{name}' already exists in the Graph")
    if _is_python(op_type):
        op = host_ops.create(op_type, inputs, attrs, name + "/")
        graph._engine.unique_name(name, True)
        return op
    if op_type in _engine_types:
        op = graph.create_op(op_type, inputs, name=name + "/", attrs=attrs)
        graph._engine.unique_name(name, True)
        return op
    return graph.create_op(op_type, inputs, name=name + "/", attrs=attrs,
                           host=(_outputs_of(op_type, attrs), _absent(op_type)))


def _absent(op_type):
    def refuse(_):
        raise errors_impl.UnimplementedError(None, None,
                                             f"there is no op of type {op_type}; its node can be kept, not run")
    return refuse


def _outputs_of(op_type, attrs):
    """The outputs of an op that cannot run, by its definition; without one, it has none."""
    try:
        definition = op_def_library.op_def(op_type)
    except KeyError:
        return []
    facts = []
    for one in definition.outputs:
        if one.type_list_attr:
            facts += [(kind[1], None) for kind in attrs.get(one.type_list_attr, [])]
            continue
        kind = one.type.as_datatype_enum if one.type else attrs.get(one.type_attr, ("type", 1))[1]
        kind = dtypes.string.as_datatype_enum if kind in (20, 21) else kind
        facts += [(kind, None)] * (attrs.get(one.number_attr, 1) if one.number_attr else 1)
    return facts


def _in_order(nodes):
    """The nodes, each after those it reads; what leads back in a loop comes when it comes."""
    by_name = {node.name: node for node in nodes}
    state, order = {}, []
    for root in nodes:
        stack = [(root, None)]
        while stack:
            node, parts = stack.pop()
            if parts is None:
                if node.name in state:
                    continue
                state[node.name] = 1
                parts = iter(_read_by(node, by_name))
            for before in parts:
                if before.name not in state:
                    stack.append((node, parts))
                    stack.append((before, None))
                    break
            else:
                if state[node.name] != 2:
                    state[node.name] = 2
                    order.append(node)
    return order


def _read_by(node, by_name):
    found = []
    for part in node.input:
        before = by_name.get(part.lstrip("^").partition(":")[0])
        if before is None:
            continue
        if before.op.endswith("NextIteration") and node.op.endswith("Merge"):
            continue
        found.append(before)
    return found


def attribute_of(value):
    """An AttrValue as the engine takes attributes."""
    kind = value.WhichOneof("value")
    if kind == "list":
        found = value.list
        for field, items in found.ListFields():
            return [_single(field.name, item) for item in items]
        return []
    return False if kind is None else _single(kind, getattr(value, kind))


def _single(kind, value):
    if kind == "type":
        return ("type", value % 100)
    if kind == "shape":
        return ("shape", tensor_shape.TensorShape(value)._dims)
    if kind == "tensor":
        return ("tensor", tensor_util.to_engine(tensor_util.MakeNdarray(value)))
    if kind == "func":
        return ("func", value.name)
    return value
