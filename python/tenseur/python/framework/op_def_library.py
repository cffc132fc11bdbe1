"""Makes nodes from an op's type and arguments by name, as TensorFlow's op definitions (`op_defs.txt`) describe them."""

import ast
import collections
import os

import numpy as np

from tenseur.python.framework import constant_op  # noqa: F401 (it registers conversions)
from tenseur.python.framework import dtypes, ops, tensor_shape


class Argument:
    """An input or output: its name, and what says its type and how many of them there are."""

    __slots__ = ("name", "is_ref", "type", "type_attr", "type_list_attr", "number_attr")

    def __init__(self, text):
        self.name, kind = text.split(":")
        self.is_ref = kind.startswith("&")
        kind = kind.lstrip("&")
        self.type = self.type_attr = self.type_list_attr = self.number_attr = None
        if kind.endswith("**"):
            self.type_list_attr = kind[:-2]
            return
        kind, _, number = kind.partition("*")
        self.number_attr = number or None
        if kind.startswith("@"):
            self.type = dtypes.as_dtype(kind[1:])
        else:
            self.type_attr = kind


class Attribute:
    """An attribute: its name, its kind (`int`, `list(type)`, …) and its default."""

    __slots__ = ("name", "kind", "has_default", "default")

    def __init__(self, text):
        text, equals, default = text.partition("=")
        self.name, self.kind = text.split(":")
        self.has_default = bool(equals)
        self.default = ast.literal_eval(default) if equals else None


class OpDef:
    """What an op takes and gives."""

    def __init__(self, line):
        self.name, inputs, outputs, attributes = line.split("|")
        self.inputs = [Argument(text) for text in inputs.split()]
        self.outputs = [Argument(text) for text in outputs.split()]
        self.attributes = [Attribute(text) for text in attributes.split()]
        self.by_name = {attribute.name: attribute for attribute in self.attributes}
        inferred = {name for one in self.inputs for name in (one.type_attr, one.type_list_attr, one.number_attr) if name}
        self.inferred = inferred
        #: The arguments of a call, in order: inputs, then the attributes that inputs do not tell.
        self.parameters = [one.name for one in self.inputs] + [a.name for a in self.attributes if a.name not in inferred]
        self._results = None

    def results(self):
        """The named tuple of the outputs."""
        if self._results is None:
            self._results = collections.namedtuple(self.name, [one.name for one in self.outputs], rename=True)
        return self._results


def _read():
    with open(os.path.join(os.path.dirname(__file__), "op_defs.txt"), encoding="utf-8") as file:
        return {line.split("|", 1)[0]: line for line in file.read().splitlines() if line and line[0] != "#"}


_lines = _read()
_defs = {}


def op_def(op_type):
    """What TensorFlow's op `op_type` takes and gives.

    Raises:
      KeyError: where there is no such op.
    """
    found = _defs.get(op_type)
    if found is None:
        found = _defs[op_type] = OpDef(_lines[op_type])
    return found


def op_types():
    """The types of all ops whose definition is known."""
    return list(_lines)


def attribute(kind, value, name):
    """The value as the engine takes an attribute of this kind.

    Raises:
      TypeError: where the value is of another kind.
    """
    if kind.startswith("list("):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"Expected list for attr {name}, got {value!r}")
        return [attribute(kind[5:-1], item, name) for item in value]
    if kind == "type":
        return ("type", dtypes.as_dtype(value[1] if isinstance(value, tuple) else value).base_dtype._enum)
    if kind == "shape":
        return value if isinstance(value, tuple) and value[:1] == ("shape",) else ("shape", tensor_shape.TensorShape(value)._dims)
    if kind == "int":
        if isinstance(value, (str, bytes)) or int(value) != value:
            raise TypeError(f"Expected int for argument '{name}' not {value!r}.")
        return int(value)
    if kind == "float":
        if isinstance(value, (str, bytes)):
            raise TypeError(f"Expected float for argument '{name}' not {value!r}.")
        return float(value)
    if kind == "bool":
        if not isinstance(value, (bool, np.bool_, int)):
            raise TypeError(f"Expected bool for argument '{name}' not {value!r}.")
        return bool(value)
    if kind == "string":
        if not isinstance(value, (str, bytes)):
            raise TypeError(f"Expected string for argument '{name}' not {value!r}.")
        return value
    if kind == "tensor":
        return ("tensor", value)
    if kind == "func":
        return value if isinstance(value, tuple) else ("func", value if isinstance(value, str) else value.name)
    raise TypeError(f"there are no attributes of kind {kind}")


def apply_op(op_type, name=None, **arguments):
    """Makes a node of type `op_type` and gives its output: a tensor, a list of tensors where a number of them go under one
    name, a named tuple where there are several outputs, or the operation where there are none.

    Raises:
      TypeError: where an argument is missing, is not known or does not fit.
      ValueError: where shapes do not fit.
    """
    op = make_op(op_type, name, arguments)
    definition = op_def(op_type)
    outputs = op.outputs
    if not definition.outputs:
        return op
    if len(definition.outputs) == 1:
        one = definition.outputs[0]
        return list(outputs) if one.number_attr or one.type_list_attr else outputs[0]
    grouped, at = [], 0
    for one in definition.outputs:
        if one.number_attr or one.type_list_attr:
            value = op._call_attributes[one.number_attr or one.type_list_attr]
            count = value if one.number_attr else len(value)
            grouped.append(list(outputs[at:at + count]))
            at += count
        else:
            grouped.append(outputs[at])
            at += 1
    return definition.results()(*grouped)


def make_op(op_type, name, arguments, host=None):
    """As `apply_op`, but gives the operation; `host` as `Graph.create_op` takes it."""
    definition = op_def(op_type)
    graph = ops._get_graph_from_inputs(_flat(arguments.get(one.name) for one in definition.inputs))
    if graph is not ops.get_default_graph():
        with graph.as_default():
            return _make(definition, graph, name, dict(arguments), host)
    return _make(definition, graph, name, dict(arguments), host)


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from value
        else:
            yield value


def _make(definition, graph, name, arguments, host):
    op_type = definition.name
    name = op_type if name is None else name
    attrs = {}  # what the engine gets
    known = {}  # types and numbers that inputs have told: DType, int, list of DType
    inputs = []
    for attr in definition.attributes:
        if attr.name in arguments and attr.name in definition.inferred:
            value = arguments.pop(attr.name)
            if value is not None:
                known[attr.name] = _told(attr.kind, value)
    # A name scope around the conversions, as TensorFlow has it: constants are called MatMul/b.
    needs_scope = any(not isinstance(arguments.get(one.name), ops.Tensor) for one in definition.inputs)
    scope = None
    if needs_scope and definition.inputs:
        scope = graph.name_scope(name)
        full = scope.__enter__()
    try:
        for one in definition.inputs:
            if one.name not in arguments:
                raise TypeError(f"No argument for input {one.name} found in {op_type}")
            inputs.extend(_converted(definition, one, arguments.pop(one.name), known))
    finally:
        if scope is not None:
            scope.__exit__(None, None, None)
            name = full
    for attr in definition.attributes:
        if attr.name in known:
            attrs[attr.name] = attribute(attr.kind, known[attr.name], attr.name)
            arguments.pop(attr.name, None)
            continue
        value = arguments.pop(attr.name, None)
        if value is None and attr.has_default:
            attrs[attr.name] = attr.default
            if attr.kind == "list(type)":
                known[attr.name] = [dtypes.as_dtype(number) for _, number in attr.default]
            continue
        if value is None and attr.kind == "shape":
            attrs[attr.name] = ("shape", None)
            continue
        if value is None:
            raise TypeError(f"No argument for attr {attr.name} found in {op_type}")
        attrs[attr.name] = attribute(attr.kind, value, attr.name)
        known[attr.name] = _told(attr.kind, value)
    if arguments:
        raise TypeError(f"{op_type} got unexpected arguments: {', '.join(sorted(arguments))}")
    op = graph.create_op(op_type, inputs, name=name, attrs=attrs, host=host)
    op._call_attributes = known
    return op


def _told(kind, value):
    if kind == "type":
        return dtypes.as_dtype(value).base_dtype
    if kind == "list(type)":
        return [dtypes.as_dtype(item).base_dtype for item in value]
    return value


def _converted(definition, one, value, known):
    """The tensors of one input."""
    where = f"input '{one.name}' of '{definition.name}' op"
    if one.type_list_attr:
        values = list(value)
        types = known.get(one.type_list_attr) or [None] * len(values)
        tensors = [_tensor(item, dtype, f"{one.name}_{i}", where, one.is_ref) for i, (item, dtype) in enumerate(zip(values, types))]
        known[one.type_list_attr] = [tensor.dtype.base_dtype for tensor in tensors]
        return tensors
    fixed = one.type or known.get(one.type_attr)
    preferred = None
    if fixed is None and one.type_attr and definition.by_name[one.type_attr].has_default:
        preferred = dtypes.as_dtype(definition.by_name[one.type_attr].default[1])
    if one.number_attr:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"Expected list for '{one.name}' argument to '{definition.name}' Op, not {value!r}.")
        if fixed is None:
            fixed = next((item.dtype.base_dtype for item in value if isinstance(item, ops.Tensor) or hasattr(item, "_as_graph_element")), None)
        tensors = []
        for number, item in enumerate(value):
            tensors.append(_tensor(item, fixed, f"{one.name}_{number}", where, one.is_ref, preferred))
            fixed = fixed or tensors[0].dtype.base_dtype
        known[one.number_attr] = len(tensors)
        if one.type_attr and tensors:
            known[one.type_attr] = fixed
        return tensors
    tensor = _tensor(value, fixed, one.name, where, one.is_ref, preferred)
    if one.type_attr:
        known[one.type_attr] = tensor.dtype.base_dtype
    return [tensor]


def _tensor(value, dtype, name, where, as_ref, preferred=None):
    if as_ref and hasattr(value, "_ref"):
        value = value._ref()
    if isinstance(value, ops.Tensor) and not as_ref:
        if dtype is not None and value.dtype.base_dtype != dtype:
            raise TypeError(f"{where[0].upper()}{where[1:]} has type {value.dtype.base_dtype.name} that does not match expected "
                            f"type of {dtype.name}.")
        return value
    try:
        tensor = ops.convert_to_tensor(value, dtype=dtype, name=name, as_ref=as_ref, preferred_dtype=preferred)
    except (TypeError, ValueError) as error:
        if dtype is None:
            raise
        actual = getattr(value, "dtype", None)
        if actual is not None:
            raise TypeError(f"{where[0].upper()}{where[1:]} has type {dtypes.as_dtype(actual).base_dtype.name} that does not match "
                            f"expected type of {dtype.name}.") from error
        raise TypeError(f"Expected {dtype.name}, got {value!r} of type '{type(value).__name__}' instead: {where}. {error}") from error
    return tensor
