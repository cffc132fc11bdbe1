"""Graphs, their operations and tensors, and the scopes in which they are made: `tf.Graph`, `tf.name_scope`, …."""

import contextlib

from tenseur.python.framework._default_stacks import (  # noqa: F401
    default_graph_stack as _default_graph_stack, default_session, default_session_stack as _default_session_stack,
    get_default_graph, get_default_session, graph_of as _get_graph_from_inputs, has_default_graph, reset_default_graph,
    session_of as _session_of)
from tenseur.python.framework._gradient_registry import (  # noqa: F401
    NoGradient, NotDifferentiable, RegisterGradient, RegisterShape, gradient_registry as _gradient_registry)
from tenseur.python.framework._graph import Graph  # noqa: F401
from tenseur.python.framework._graph_keys import GraphKeys  # noqa: F401
from tenseur.python.framework._tensor_conversion import (  # noqa: F401
    convert_n_to_tensor, convert_n_to_tensor_or_indexed_slices, convert_to_tensor, convert_to_tensor_or_composite,
    convert_to_tensor_or_indexed_slices, convert_to_tensor_v2, internal_convert_to_tensor,
    internal_convert_to_tensor_or_indexed_slices, register_tensor_conversion_function)
from tenseur.python.framework._tensors import (  # noqa: F401
    EagerTensor, IndexedSlices, Operation, Tensor, _errors_as_value_errors)


class name_scope:
    """Nodes made meanwhile are called `name/…` (`default_name`, where `name` is None)."""

    def __init__(self, name, default_name=None, values=None, skip_on_eager=True):
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(f"`default_name` type ({type(default_name)}) is not a string type. You likely meant to pass this "
                            "into the `values` kwarg.")
        self._name = default_name if name is None else name
        self._default_name = default_name
        self._values = values

    @property
    def name(self):
        return self._name

    def __enter__(self):
        if self._name is None and self._values is not None:
            raise ValueError(f"At least one of name ({self._name}) and default_name ({self._default_name}) must be provided.")
        graph = _get_graph_from_inputs(self._values or [])
        self._contexts = contextlib.ExitStack()
        if graph is not get_default_graph():
            self._contexts.enter_context(graph.as_default())
        return self._contexts.enter_context(graph.name_scope(self._name))

    def __exit__(self, *error):
        return self._contexts.__exit__(*error)


name_scope_v1 = name_scope


def op_scope(values, name, default_name=None):
    """Deprecated in TensorFlow 1 in favour of `name_scope`."""
    return name_scope(name, default_name=default_name, values=values)


def strip_name_scope(name, export_scope):
    if export_scope and name.startswith(export_scope + "/"):
        return name[len(export_scope) + 1:]
    return name


def prepend_name_scope(name, import_scope):
    return f"{import_scope}/{name}" if import_scope else name


def device(device_name_or_function):
    return get_default_graph().device(device_name_or_function)


def container(container_name):
    return get_default_graph().container(container_name)


def colocate_with(op, ignore_existing=False):
    return get_default_graph().colocate_with(op, ignore_existing)


def _colocate_with_for_gradient(op, gradient_uid, ignore_existing=False):
    return get_default_graph().colocate_with(op, ignore_existing)


def control_dependencies(control_inputs):
    return get_default_graph().control_dependencies(control_inputs)


def init_scope():
    """A scope outside of control flow and control dependencies."""
    return get_default_graph().control_dependencies(None)


def add_to_collection(name, value):
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names, value):
    get_default_graph().add_to_collections(names, value)


def get_collection(key, scope=None):
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key):
    return get_default_graph().get_collection_ref(key)


def get_all_collection_keys():
    return get_default_graph().get_all_collection_keys()


def executing_eagerly_outside_functions():
    return False


def inside_function():
    return False


def is_dense_tensor_like(value):
    return isinstance(value, Tensor) or hasattr(value, "_as_graph_element")


def register_dense_tensor_like_type(tensor_type):
    pass


def get_gradient_function(op):
    return _gradient_registry.get(op.type)


def get_name_scope():
    return get_default_graph().get_name_scope()


_proto_functions = {}


def register_proto_function(collection_name, proto_type=None, to_proto=None, from_proto=None):
    _proto_functions[collection_name] = (proto_type, to_proto, from_proto)


def get_to_proto_function(collection_name):
    return _proto_functions.get(collection_name, (None, None, None))[1]


def get_from_proto_function(collection_name):
    return _proto_functions.get(collection_name, (None, None, None))[2]


_stats_registry = {}


class RegisterStatistics:
    def __init__(self, op_type, statistic_type):
        self._key = (op_type, statistic_type)

    def __call__(self, function):
        _stats_registry[self._key] = function
        return function

