"""Meta graphs: a graph with its collections, saver and signatures in one message."""

import os

from tenseur.core.framework import graph_pb2, op_def_pb2, variable_pb2
from tenseur.core.protobuf import meta_graph_pb2, saver_pb2
from tenseur.core.protobuf.control_flow_pb2 import CondContextDef, WhileContextDef
from tenseur.core.protobuf.queue_runner_pb2 import QueueRunnerDef
from tenseur.python.framework import graph_io, importer, ops
from tenseur.python.lib.io import file_io
from tenseur.python.lib.protobuf import text_format
from tenseur.python.platform import tf_logging as logging

_VERSION = "1.15.0"
_UNBOUND_INPUT_PREFIX = "$unbound_inputs_"

#: Collections whose values are written as messages, with the message and the class that is made of it again.
_PROTOS = {
    **{key: (variable_pb2.VariableDef, "tenseur.python.ops.variables", "Variable") for key in (
        ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.TRAINABLE_VARIABLES, ops.GraphKeys.LOCAL_VARIABLES,
        ops.GraphKeys.MODEL_VARIABLES, ops.GraphKeys.MOVING_AVERAGE_VARIABLES, ops.GraphKeys.METRIC_VARIABLES,
        ops.GraphKeys.GLOBAL_STEP, ops.GraphKeys.EVAL_STEP)},
    ops.GraphKeys.QUEUE_RUNNERS: (QueueRunnerDef, "tenseur.python.training.queue_runner_impl", "QueueRunner"),
    ops.GraphKeys.COND_CONTEXT: (CondContextDef, None, None),
    ops.GraphKeys.WHILE_CONTEXT: (WhileContextDef, None, None),
    ops.GraphKeys.SAVERS: (saver_pb2.SaverDef, "tenseur.python.training.saver", "Saver"),
}


def _functions(key):
    """(message, to_proto, from_proto) of a collection: what was registered, else the methods of TensorFlow's classes."""
    kind, to_proto, from_proto = ops._proto_functions.get(key, (None, None, None))
    if kind is not None or to_proto is not None:
        return kind, to_proto, from_proto
    known = _PROTOS.get(key)
    if known is None:
        return None, None, None
    kind, module, name = known

    def made(message, import_scope=None):
        import importlib
        return getattr(importlib.import_module(module), name).from_proto(message, import_scope=import_scope)

    return kind, lambda value, export_scope=None: value.to_proto(export_scope=export_scope), made if module else None


def stripped_op_list_for_graph(graph_def):
    """The types of the ops that the graph and the functions it calls use, as an OpList."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    used, waiting = set(), [node.op for node in graph_def.node]
    while waiting:
        op_type = waiting.pop()
        if op_type not in used:
            used.add(op_type)
            if op_type in functions:
                waiting += [node.op for node in functions[op_type].node_def]
    return op_def_pb2.OpList(op=[op_def_pb2.OpDef(name=op_type) for op_type in sorted(used - set(functions))])


def add_collection_def(meta_graph_def, key, graph=None, export_scope=None, exclude_nodes=None,
                       override_contents=None):
    """Writes a collection of the graph into the meta graph."""
    graph = graph or ops.get_default_graph()
    values = override_contents or graph._collections.get(key, [])
    _, to_proto, _ = _functions(key)
    collection = meta_graph_pb2.CollectionDef()
    try:
        for value in values:
            _add_value(collection, value, to_proto, export_scope)
    except (TypeError, ValueError, AttributeError, NotImplementedError) as error:
        logging.warning("Issue encountered when serializing %s.\nType is unsupported, or the types of the items don't match "
                        "field type in CollectionDef. Note this is a warning and probably safe to ignore.\n%s", key, error)
        return
    if collection.WhichOneof("kind") is not None:
        meta_graph_def.collection_def[key].CopyFrom(collection)


def _add_value(collection, value, to_proto, export_scope):
    if isinstance(value, (ops.Tensor, ops.Operation)) or type(value).__name__ == "SparseTensor":
        if not export_scope or value.name.startswith(export_scope):
            collection.node_list.value.append(ops.strip_name_scope(value.name, export_scope))
    elif to_proto is not None:
        message = to_proto(value, export_scope=export_scope)
        if message is not None:
            collection.bytes_list.value.append(message.SerializeToString())
    elif isinstance(value, bool) or not isinstance(value, (int, float, str, bytes)):
        raise TypeError(f"a {type(value).__name__}")
    elif isinstance(value, int):
        collection.int64_list.value.append(value)
    elif isinstance(value, float):
        collection.float_list.value.append(value)
    else:
        collection.bytes_list.value.append(value.encode() if isinstance(value, str) else value)


def create_meta_graph_def(meta_info_def=None, graph_def=None, saver_def=None, collection_list=None, graph=None,
                          export_scope=None, exclude_nodes=None, clear_extraneous_savers=False, strip_default_attrs=False):
    """A MetaGraphDef of the graph, with its collections."""
    graph = graph or ops.get_default_graph()
    meta = meta_graph_pb2.MetaGraphDef()
    if meta_info_def is not None:
        meta.meta_info_def.MergeFrom(meta_info_def)
    meta.meta_info_def.tensorflow_version = _VERSION
    meta.meta_info_def.tensorflow_git_version = "unknown"
    if graph_def is None:
        graph_def = graph.as_graph_def(add_shapes=True)
    meta.graph_def.MergeFrom(graph_def)
    meta.meta_info_def.stripped_op_list.MergeFrom(stripped_op_list_for_graph(meta.graph_def))
    if saver_def is not None:
        meta.saver_def.MergeFrom(saver_def)
    for key in graph.get_all_collection_keys() if collection_list is None else collection_list:
        if clear_extraneous_savers and key == ops.GraphKeys.SAVERS:
            continue
        if key in (ops.GraphKeys.COND_CONTEXT, ops.GraphKeys.WHILE_CONTEXT):
            # Conditionals and loops are in the nodes themselves.
            continue
        add_collection_def(meta, key, graph=graph, export_scope=export_scope)
    return meta


def read_meta_graph_file(filename):
    """The MetaGraphDef in a file, of bytes or of text.

    Raises:
      IOError: where there is no such file, or it is none.
    """
    filename = os.fsdecode(filename)
    if not file_io.file_exists(filename):
        raise IOError(f"File {filename} does not exist.")
    content = file_io.read_file_to_string(filename, True)
    meta = meta_graph_pb2.MetaGraphDef()
    try:
        meta.ParseFromString(content)
        return meta
    except Exception:  # noqa: BLE001 (then it may be text)
        pass
    try:
        return text_format.Merge(content.decode("utf-8"), meta_graph_pb2.MetaGraphDef())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise IOError(f"Cannot parse file {filename}: {error}.") from None


def import_scoped_meta_graph(meta_graph_or_file, clear_devices=False, graph=None, import_scope=None, input_map=None,
                             unbound_inputs_col_name="unbound_inputs", restore_collections_predicate=lambda key: True):
    """Adds a meta graph's nodes and collections to the graph; gives its variables, by name."""
    return import_scoped_meta_graph_with_return_elements(
        meta_graph_or_file, clear_devices, graph, import_scope, input_map, unbound_inputs_col_name,
        restore_collections_predicate)[0]


def import_scoped_meta_graph_with_return_elements(meta_graph_or_file, clear_devices=False, graph=None, import_scope=None,
                                                  input_map=None, unbound_inputs_col_name="unbound_inputs",
                                                  restore_collections_predicate=lambda key: True, return_elements=None):
    """As `import_scoped_meta_graph`; gives the `return_elements` too."""
    if isinstance(meta_graph_or_file, meta_graph_pb2.MetaGraphDef):
        meta = meta_graph_or_file
    else:
        meta = read_meta_graph_file(meta_graph_or_file)
    graph = graph or ops.get_default_graph()
    if unbound_inputs_col_name in meta.collection_def:
        given = {key.partition(":")[0] for key in input_map or {}}
        lost = sorted({part.lstrip("^") for node in meta.graph_def.node for part in node.input
                       if part.lstrip("^").startswith(_UNBOUND_INPUT_PREFIX) and part.lstrip("^").partition(":")[0] not in given})
        if lost:
            raise ValueError(f"Graph contains unbound inputs: {', '.join(lost)}. Must provide these inputs through input_map.")
    with graph.as_default():
        graph_def = graph_pb2.GraphDef()
        graph_def.CopyFrom(meta.graph_def)
        if clear_devices:
            for node in graph_def.node:
                node.device = ""
        found = importer.import_graph_def(graph_def, name=import_scope or "", input_map=input_map,
                                          return_elements=return_elements)
        scope = import_scope or ""
        if graph._name_stack:
            scope = "/".join([part for part in (graph._name_stack, scope) if part])
        variables = {}
        for key, collection in sorted(meta.collection_def.items()):
            if key == unbound_inputs_col_name or not restore_collections_predicate(key):
                continue
            for value in _values(key, collection, graph, scope):
                graph.add_to_collection(key, value)
                if key in (ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.MODEL_VARIABLES):
                    variables[ops.strip_name_scope(value.name, scope)] = value
    return variables, found


def _values(key, collection, graph, scope):
    """The values of a collection, made again."""
    kind = collection.WhichOneof("kind")
    if kind is None:
        return []
    message, _, from_proto = _functions(key)
    if kind == "bytes_list" and message is not None:
        if from_proto is None:
            return []
        known = {}
        for other in graph._collections:
            # A variable that is in several collections is one.
            if isinstance(other, str):
                known.update({value.name: value for value in graph._collections[other] if hasattr(value, "initialized_value")})
        made = []
        for serialized in collection.bytes_list.value:
            description = message.FromString(serialized)
            name = ops.prepend_name_scope(getattr(description, "variable_name", ""), scope)
            made.append(known[name] if name and name in known else from_proto(description, import_scope=scope))
        return made
    values = getattr(collection, kind).value
    if kind == "node_list":
        return [graph.as_graph_element(ops.prepend_name_scope(value, scope)) for value in values]
    if kind == "int64_list":
        return [int(value) for value in values]
    return list(values)


def export_scoped_meta_graph(filename=None, graph_def=None, graph=None, export_scope=None, as_text=False,
                             unbound_inputs_col_name="unbound_inputs", clear_devices=False, saver_def=None,
                             clear_extraneous_savers=False, strip_default_attrs=False, save_debug_info=False, **kwargs):
    """The meta graph of the graph, or of the part called `export_scope/…`; gives it and that part's variables by name."""
    graph = graph or ops.get_default_graph()
    unbound = []
    whole = graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    chosen = graph_pb2.GraphDef(versions=whole.versions, library=whole.library)
    for node in whole.node:
        if export_scope and not node.name.startswith(export_scope + "/"):
            continue
        own = chosen.node.add()
        own.CopyFrom(node)
        if export_scope:
            own.name = ops.strip_name_scope(node.name, export_scope)
            for place, part in enumerate(node.input):
                own.input[place] = _stripped(part, export_scope, unbound)
        if clear_devices:
            own.device = ""
    variables = {ops.strip_name_scope(v.name, export_scope): v for v in graph.get_collection(
        ops.GraphKeys.GLOBAL_VARIABLES, scope=export_scope)}
    if unbound and unbound_inputs_col_name:
        graph._collections[unbound_inputs_col_name] = unbound
    meta = create_meta_graph_def(graph_def=chosen, graph=graph, export_scope=export_scope, saver_def=saver_def,
                                 clear_extraneous_savers=clear_extraneous_savers, **kwargs)
    if filename:
        graph_io.write_graph(meta, os.path.dirname(filename), os.path.basename(filename), as_text=as_text)
    return meta, variables


def _stripped(part, scope, unbound):
    mark = "^" if part.startswith("^") else ""
    name = part.lstrip("^")
    if name.startswith(scope + "/"):
        return mark + name[len(scope) + 1:]
    if name not in unbound:
        unbound.append(name)
    return mark + _UNBOUND_INPUT_PREFIX + name


def copy_scoped_meta_graph(from_scope, to_scope, from_graph=None, to_graph=None):
    """Copies a part of a graph, called otherwise; gives its variables by name."""
    from_graph = from_graph or ops.get_default_graph()
    to_graph = to_graph or ops.get_default_graph()
    if from_graph == to_graph and from_scope == to_scope:
        raise ValueError("'from_scope' and 'to_scope' need to be different when performing copy in the same graph.")
    meta, _ = export_scoped_meta_graph(export_scope=from_scope, graph=from_graph)
    return import_scoped_meta_graph(meta, graph=to_graph, import_scope=to_scope)
