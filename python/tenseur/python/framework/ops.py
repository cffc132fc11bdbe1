"""Graphs, their operations and tensors, and the scopes in which they are made: `tf.Graph`, `tf.name_scope`, ….

A graph's nodes live in the engine (`tenseur._core.Graph`), by number; `Operation` and `Tensor` are Python's handles to them.
"""

import contextlib
import re
import sys
import threading
import weakref

from tenseur import _core
from tenseur.python.framework import dtypes, tensor_shape

_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")

_OWN_FILES = __file__[: __file__.rindex("tenseur") + len("tenseur")]
_OWN_FRAMES = {}


def _users_line():
    """File and line of the program that is making a node: the innermost frame that is not tenseur's own."""
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        own = _OWN_FRAMES.get(code)
        if own is None:
            own = _OWN_FRAMES[code] = code.co_filename.startswith(_OWN_FILES) or code.co_filename.startswith("<frozen")
        if not own:
            return code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "<python>", 0


class Tensor:
    """One output of an operation: what a run would compute."""

    __slots__ = ("_op", "_value_index", "_dtype", "_keras_history", "_keras_mask", "_uses_learning_phase",
                 "_shape_told", "__weakref__", "__dict__")

    OVERLOADABLE_OPERATORS = frozenset({
        "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__",
        "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__lt__", "__le__", "__gt__", "__ge__", "__and__",
        "__rand__", "__or__", "__ror__", "__xor__", "__rxor__", "__getitem__", "__pow__", "__rpow__", "__invert__",
        "__neg__", "__abs__", "__matmul__", "__rmatmul__",
    })
    # NumPy's operators leave expressions with tensors to the tensor's.
    __array_priority__ = 100

    def __init__(self, op, value_index, dtype):
        self._op = op
        self._value_index = value_index
        self._dtype = dtypes.as_dtype(dtype)

    @property
    def op(self):
        return self._op

    @property
    def dtype(self):
        return self._dtype

    @property
    def graph(self):
        return self._op._graph

    @property
    def name(self):
        return f"{self._op.name}:{self._value_index}"

    @property
    def device(self):
        return self._op.device

    @property
    def value_index(self):
        return self._value_index

    @property
    def shape(self):
        fact = self._op._graph._engine.fact(self._op._id, self._value_index)
        return tensor_shape.TensorShape(None if fact is None else fact[1])

    def get_shape(self):
        return self.shape

    def _shape_as_list(self):
        shape = self.shape
        return None if shape.ndims is None else shape.as_list()

    def _shape_tuple(self):
        shape = self._shape_as_list()
        return None if shape is None else tuple(shape)

    def _rank(self):
        return self.shape.ndims

    def set_shape(self, shape):
        """Says what the program knows of the shape, besides what was inferred.

        Raises:
          ValueError: where that contradicts what is known.
        """
        sizes = tensor_shape.TensorShape(shape)._dims
        if sizes is None:
            return
        with _errors_as_value_errors():
            self.graph._engine.set_shape(self._op._id, self._value_index, sizes)

    def consumers(self):
        """The operations that read it."""
        return self.graph._consumers(self)

    def eval(self, feed_dict=None, session=None):
        """Its value in `session`, or in the default session."""
        return _session_of(session, self.graph, "evaluate tensor", "eval").run(self, feed_dict)

    def __iter__(self):
        raise TypeError(
            "Tensor objects are only iterable when eager execution is enabled. To iterate over this tensor use tf.map_fn."
        )

    def __len__(self):
        raise TypeError(f"len is not well defined for symbolic Tensors. ({self.name}) "
                        "Please call `x.shape` rather than `len(x)` for shape information.")

    def __bool__(self):
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of `if t:` to test if a "
            "tensor is defined, and use TensorFlow ops such as tf.cond to execute subgraphs conditioned on the value of a "
            "tensor."
        )

    def __array__(self, *_, **__):
        raise NotImplementedError(f"Cannot convert a symbolic Tensor ({self.name}) to a numpy array.")

    def __copy__(self):
        return self

    def __deepcopy__(self, _):
        return self

    def __reduce__(self):
        raise TypeError(f"the tensor \"{self.name}\" is a part of its graph and cannot be pickled; save the graph, or the value")

    def _as_node_def_input(self):
        return self._op.name if self._value_index == 0 else self.name

    def _edge(self):
        return (self._op._id, self._value_index)

    def __str__(self):
        shape = self.shape
        known = "" if shape.ndims is None else f", shape={shape}"
        return f'Tensor("{self.name}"{known}, dtype={self._dtype.name})'

    def __repr__(self):
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self._dtype.name}>"

    def _repr_html_(self):
        from html import escape
        rows = (("name", self.name), ("op", self._op.type), ("dtype", self._dtype.name), ("shape", str(self.shape)))
        cells = "".join(f"<tr><th style='text-align:left'>{key}</th><td>{escape(value)}</td></tr>" for key, value in rows)
        return f"<table>{cells}</table>"

    @staticmethod
    def _override_operator(operator, function):
        if operator not in Tensor.OVERLOADABLE_OPERATORS:
            raise ValueError(f"Overriding {operator} is disallowed")
        setattr(Tensor, operator, function)


def _first_use(operator):
    """Operators come with the modules of their ops, which are imported when the first operator is used."""
    def use(self, *others):
        from tenseur.python.ops import array_ops, math_ops  # noqa: F401
        return getattr(self, operator)(*others)
    use.__name__ = operator
    return use


for _operator in Tensor.OVERLOADABLE_OPERATORS:
    setattr(Tensor, _operator, _first_use(_operator))


class EagerTensor:
    """There are none: tenseur is graphs and sessions."""


class Operation:
    """A node of a graph."""

    __slots__ = ("_graph", "_id", "_name", "_type", "_input_edges", "_control_ids", "_device", "_outputs", "_inputs",
                 "_control_flow_context", "_original_op", "_attrs", "_line", "__weakref__", "__dict__")

    def __init__(self, graph, node_id, name, op_type, input_edges, control_ids, device, facts):
        self._graph = graph
        self._id = node_id
        self._name = name
        self._type = op_type
        self._input_edges = input_edges
        self._control_ids = control_ids
        self._device = device
        self._inputs = None
        self._control_flow_context = None
        self._original_op = None
        self._attrs = None
        self._outputs = [Tensor(self, number, fact[0] or dtypes.variant) for number, fact in enumerate(facts)]

    @property
    def name(self):
        return self._name

    @property
    def type(self):
        return self._type

    @property
    def graph(self):
        return self._graph

    @property
    def device(self):
        return self._device or ""

    @property
    def outputs(self):
        return self._outputs

    @property
    def inputs(self):
        if self._inputs is None:
            self._inputs = [self._graph._tensor(edge) for edge in self._input_edges]
        return self._inputs

    @property
    def control_inputs(self):
        return [self._graph._operation(node) for node in self._control_ids]

    @property
    def traceback(self):
        return [("%s" % self._line[0], self._line[1], "", "")] if getattr(self, "_line", None) else []

    @property
    def values(self):
        return lambda: tuple(self._outputs)

    @property
    def op_def(self):
        from tenseur.python.framework import op_def_library
        return op_def_library.op_def(self._type)

    @property
    def node_def(self):
        from tenseur.core.framework import graph_pb2
        return next(node for node in graph_pb2.GraphDef.FromString(self._graph._engine.graph_def()).node
                    if node.name == self._name)

    def get_attr(self, name):
        """The attribute called `name`: a type as `DType`, a tensor as an array, a string as `bytes`.

        Raises:
          ValueError: where the operation has no such attribute.
        """
        if self._attrs is None:
            self._attrs = self._graph._engine.attributes(self._id)
        if name not in self._attrs:
            raise ValueError(f"Operation '{self._name}' has no attr named '{name}'.")
        return _attribute_from_engine(self._attrs[name])

    def colocation_groups(self):
        return [b"loc:@" + self._name.encode()]

    def run(self, feed_dict=None, session=None):
        """Runs it in `session`, or in the default session."""
        _session_of(session, self._graph, "execute operation", "run").run(self, feed_dict)

    def _set_control_flow_context(self, context):
        self._control_flow_context = context

    def _get_control_flow_context(self):
        return self._control_flow_context

    def __reduce__(self):
        raise TypeError(f"the operation \"{self._name}\" is a part of its graph and cannot be pickled")

    def __str__(self):
        inputs = "".join(f'input: "{tensor._as_node_def_input()}"\n' for tensor in self.inputs)
        inputs += "".join(f'input: "^{op.name}"\n' for op in self.control_inputs)
        return f'name: "{self._name}"\nop: "{self._type}"\n{inputs}'

    def __repr__(self):
        return f"<tf.Operation '{self._name}' type={self._type}>"


def _attribute_from_engine(value):
    if isinstance(value, list):
        return [_attribute_from_engine(item) for item in value]
    if isinstance(value, tuple):
        kind, inner = value
        if kind == "type":
            return dtypes.as_dtype(inner)
        if kind == "shape":
            return tensor_shape.TensorShape(inner)
        return inner
    return value


class _errors_as_value_errors:
    """What the engine refuses while a graph is built is a ValueError, as in TensorFlow."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if error is None:
            return False
        from tenseur.python.framework import errors_impl
        if isinstance(error, errors_impl.UnimplementedError):
            raise NotImplementedError(str(error)) from None
        if isinstance(error, errors_impl.OpError):
            raise ValueError(str(error)) from None
        return False


class IndexedSlices:
    """Rows of a tensor that is too large to write out: `values[i]` is row `indices[i]` of `dense_shape`."""

    def __init__(self, values, indices, dense_shape=None):
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self):
        return self._values

    @property
    def indices(self):
        return self._indices

    @property
    def dense_shape(self):
        return self._dense_shape

    @property
    def shape(self):
        from tenseur.python.framework import tensor_util
        if self._dense_shape is None:
            return tensor_shape.TensorShape(None)
        return tensor_util.constant_value_as_shape(self._dense_shape)

    def get_shape(self):
        return self.shape

    @property
    def name(self):
        return self._values.name

    @property
    def device(self):
        return self._values.device

    @property
    def op(self):
        return self._values.op

    @property
    def dtype(self):
        return self._values.dtype

    @property
    def graph(self):
        return self._values.graph

    def __neg__(self):
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self):
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"


class GraphKeys:
    """The names of the collections that TensorFlow keeps in a graph."""

    GLOBAL_VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    MODEL_VARIABLES = "model_variables"
    METRIC_VARIABLES = "metric_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    REGULARIZATION_LOSSES = "regularization_losses"
    CONCATENATED_VARIABLES = "concatenated_variables"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    UPDATE_OPS = "update_ops"
    LOSSES = "losses"
    SAVEABLE_OBJECTS = "saveable_objects"
    RESOURCES = "resources"
    LOCAL_RESOURCES = "local_resources"
    TRAINABLE_RESOURCE_VARIABLES = "trainable_resource_variables"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    READY_OP = "ready_op"
    READY_FOR_LOCAL_INIT_OP = "ready_for_local_init_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    EVAL_STEP = "eval_step"
    TRAIN_OP = "train_op"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"
    VARIABLES = "variables"
    _VARIABLE_COLLECTIONS = [GLOBAL_VARIABLES, LOCAL_VARIABLES, METRIC_VARIABLES, MODEL_VARIABLES, TRAINABLE_VARIABLES,
                             MOVING_AVERAGE_VARIABLES, CONCATENATED_VARIABLES, TRAINABLE_RESOURCE_VARIABLES]


class _NodeToPlace:
    """What a device function is told of a node that is about to be made."""

    def __init__(self, op_type, name, inputs, device):
        self.type = op_type
        self.name = name
        self.inputs = inputs
        self.device = device
        self.node_def = self


class _ControlDependencies:
    """An open `control_dependencies`."""

    def __init__(self, graph, operations, new_stack):
        self._graph = graph
        self.operations = operations
        self.seen = set()  # nodes made meanwhile: what reads one of them need not wait for `operations` itself
        self._new_stack = new_stack

    def __enter__(self):
        if self._new_stack:
            self._old_stack, self._graph._control_stack = self._graph._control_stack, []
            self._old_context, self._graph._control_flow_context = self._graph._control_flow_context, None
        self._graph._control_stack.append(self)
        return self

    def __exit__(self, *_):
        self._graph._control_stack.remove(self)
        if self._new_stack:
            self._graph._control_stack = self._old_stack
            self._graph._control_flow_context = self._old_context


class Graph:
    """A dataflow graph."""

    def __init__(self):
        self._engine = _core.Graph()
        self._handles = {}  # number → Operation, made when asked for
        self._by_name = {}
        self._synced = 0
        self._name_stack = ""
        self._control_stack = []
        self._device_stack = []
        self._control_flow_context = None
        self._collections = {}
        self._seed = None
        self._finalized = False
        self._building_function = False
        self._gradient_overrides = {}
        self._op_to_kernel_label_map = {}
        self._kept = []  # functions that nodes of the engine refer to weakly
        self._unfeedable = set()
        self._unfetchable = set()
        self._variable_scope_names = {}
        self._readers = ([], 0)
        self._lock = threading.RLock()

    # --- nodes -----------------------------------------------------------------------------------------------------

    def create_op(self, op_type, inputs, dtypes=None, input_types=None, name=None, attrs=None, op_def=None,
                  compute_shapes=True, compute_device=True, host=None):
        """Makes a node.

        Args:
          op_type: TensorFlow's op type.
          inputs: its input tensors.
          name: its name, made unique under the current name scope; one that ends in a slash is taken as it is.
          attrs: its attributes as the engine takes them (see `op_def_library`).
          host: for an op whose work is a Python function: (the types and shapes of its outputs, the function).

        Raises:
          ValueError: where the inputs do not fit.
        """
        self._check_not_finalized()
        name = op_type if name is None else name
        if name.endswith("/"):
            name = name[:-1]
        else:
            name = self.unique_name(name)
        if not _VALID_OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid node name")
        for tensor in inputs:
            if tensor.op._graph is not self:
                raise ValueError(f"Tensor {tensor!r} must be from the same graph as {self!r}")
        context = self._control_flow_context
        controls = self._current_controls(inputs)
        if context is not None:
            inputs, controls = context.prepare_op(self, op_type, name, inputs, controls)
        edges = [(tensor._op._id, tensor._value_index) for tensor in inputs]
        control_ids = [op._id for op in controls]
        file, line = _users_line()
        device = self._current_device(op_type, name, inputs) if self._device_stack else None
        with _errors_as_value_errors():
            if host is None:
                node, facts = self._engine.create(op_type, name, edges, control_ids, attrs or {}, device, file, line)
            else:
                facts, function = host
                self._kept.append(function)
                node, facts = self._engine.create_host(op_type, name, edges, control_ids, attrs or {}, device, file, line,
                                                       facts, weakref.ref(function))
        op = Operation(self, node, name, op_type, edges, control_ids, device, facts)
        op._inputs = list(inputs)
        op._line = (file, line)
        op._control_flow_context = context
        self._handles[node] = op
        self._by_name[name] = op
        self._record_op_seen_by_control_dependencies(op)
        if context is not None:
            context.op_made(op)
        if self._gradient_overrides:
            gradient = self._gradient_overrides.get(op_type)
            if gradient is not None:
                self._override_gradient(op, gradient)
        return op

    def _override_gradient(self, op, gradient):
        """Gradients go through the node by a function registered with `tf.RegisterGradient`."""
        if isinstance(gradient, str):
            gradient = _gradient_registry[gradient]
        graph = weakref.ref(self)
        number = op._id

        def rule(gradients):
            own = graph()
            given = [None if edge is None else own._tensor(edge) for edge in gradients]
            with own.as_default():
                made = gradient(own._operation(number), *[
                    _zeros_for(own._operation(number), place) if g is None else g for place, g in enumerate(given)
                ])
            made = list(made) if isinstance(made, (list, tuple)) else [made]
            return [None if g is None else convert_to_tensor(g)._edge() for g in made]

        self._kept.append(rule)
        self._engine.set_gradient(number, weakref.ref(rule))

    def _current_controls(self, inputs):
        if not self._control_stack:
            return []
        controls = []
        given = {tensor._op for tensor in inputs}
        for dependencies in self._control_stack:
            # What an input of the node has waited for, the node need not wait for again.
            if not dependencies.seen.isdisjoint(given):
                continue
            for op in dependencies.operations:
                if op not in controls and op not in given:
                    controls.append(op)
        return controls

    def _record_op_seen_by_control_dependencies(self, op):
        for dependencies in self._control_stack:
            dependencies.seen.add(op)

    def _operation(self, number):
        """The handle of node `number`."""
        op = self._handles.get(number)
        if op is None:
            name, op_type, inputs, controls, device, facts = self._engine.describe(number)
            op = Operation(self, number, name, op_type, inputs, controls, device, facts)
            self._handles[number] = op
            self._by_name[name] = op
        return op

    def _tensor(self, edge):
        return self._operation(edge[0])._outputs[edge[1]]

    def _consumers(self, tensor):
        readers, known = self._readers
        count = len(self._engine)
        for number in range(known, count):
            for edge in self._operation(number)._input_edges:
                while len(readers) <= edge[0]:
                    readers.append([])
                readers[edge[0]].append((edge[1], number))
        self._readers = (readers, count)
        found = readers[tensor._op._id] if tensor._op._id < len(readers) else []
        return [self._operation(number) for output, number in found if output == tensor._value_index]

    def _sync(self):
        """Makes handles of the nodes that the engine made by itself, gradients say."""
        count = len(self._engine)
        for number in range(self._synced, count):
            self._operation(number)
        self._synced = count

    def get_operations(self):
        """All operations, in the order in which they were made."""
        self._sync()
        return [self._handles[number] for number in range(len(self._engine))]

    def get_operation_by_name(self, name):
        """The operation called `name`.

        Raises:
          KeyError: where there is none.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)

    def get_tensor_by_name(self, name):
        """The tensor called `name` (`"logits:0"`).

        Raises:
          KeyError: where there is none.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)

    def as_graph_element(self, obj, allow_tensor=True, allow_operation=True):
        """The tensor or operation of this graph that `obj` is, or is the name of."""
        with self._lock:
            return self._as_graph_element(obj, allow_tensor, allow_operation)

    def _as_graph_element(self, obj, allow_tensor, allow_operation):
        kinds = " or ".join(kind for kind, allowed in (("Tensor", allow_tensor), ("Operation", allow_operation)) if allowed)
        element = getattr(obj, "_as_graph_element", None)
        if element is not None:
            obj = element()
        if isinstance(obj, (str, bytes)):
            name = obj.decode() if isinstance(obj, bytes) else obj
            if ":" in name and allow_tensor:
                op_name, _, number = name.rpartition(":")
                if not number.isdigit():
                    raise ValueError(f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must "
                                     "be of the form \"<op_name>:<output_index>\".")
                op = self._named(op_name)
                if op is None:
                    raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, "
                                   f"does not exist in the graph.{self._nearest(op_name)}")
                if int(number) >= len(op.outputs):
                    raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, "
                                   f"exists but only has {len(op.outputs)} outputs.")
                return op.outputs[int(number)]
            if ":" in name:
                raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a {kinds}.")
            if not allow_operation:
                if self._named(name) is not None:
                    raise ValueError(f"The name {name!r} refers to an Operation, not a {kinds}.")
                raise ValueError(f"The name {name!r} looks like an (invalid) Operation name, not a {kinds}. Tensor names must "
                                 "be of the form \"<op_name>:<output_index>\".")
            op = self._named(name)
            if op is None:
                raise KeyError(f"The name {name!r} refers to an Operation not in the graph.{self._nearest(name)}")
            return op
        if isinstance(obj, Tensor) and allow_tensor:
            if obj.graph is not self:
                raise ValueError(f"Tensor {obj} is not an element of this graph.")
            return obj
        if isinstance(obj, Operation) and allow_operation:
            if obj.graph is not self:
                raise ValueError(f"Operation {obj!r} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")

    def _named(self, name):
        op = self._by_name.get(name)
        if op is None and self._synced < len(self._engine):
            self._sync()
            op = self._by_name.get(name)
        return op

    def _nearest(self, name):
        import difflib
        near = difflib.get_close_matches(name, self._by_name, 1)
        return f" There is one called '{near[0]}'." if near else ""

    # --- names, devices, control dependencies ----------------------------------------------------------------------

    def unique_name(self, name, mark_as_used=True):
        """`name` under the current scope, made unique by TensorFlow's rule."""
        if self._name_stack:
            name = f"{self._name_stack}/{name}"
        if not _VALID_SCOPE_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid name: letters, digits and _ . - / > \\ only")
        return self._engine.unique_name(name, mark_as_used)

    @contextlib.contextmanager
    def name_scope(self, name):
        """Nodes made meanwhile are called `name/…`. A name that ends in a slash enters that very scope again."""
        if name:
            if isinstance(name, bytes):
                name = name.decode()
            if self._name_stack:
                if not _VALID_SCOPE_NAME.match(name):
                    raise ValueError(f"'{name}' is not a valid scope name")
            elif not _VALID_OP_NAME.match(name):
                raise ValueError(f"'{name}' is not a valid scope name")
        old = self._name_stack
        if not name:
            new = ""
        elif name.endswith("/"):
            new = name[:-1]
        else:
            new = self.unique_name(name)
        self._name_stack = new
        try:
            yield "" if not new else new + "/"
        finally:
            self._name_stack = old

    def get_name_scope(self):
        return self._name_stack

    def control_dependencies(self, control_inputs):
        """Nodes made meanwhile run after these operations; `None` forgets those of scopes around."""
        if control_inputs is None:
            return _ControlDependencies(self, [], True)
        operations = []
        for given in control_inputs:
            if isinstance(given, IndexedSlices):
                given = given.op
            else:
                given = self.as_graph_element(given)
            if isinstance(given, Tensor):
                given = given.op
            if given not in operations:
                operations.append(given)
        return _ControlDependencies(self, operations, False)

    @contextlib.contextmanager
    def device(self, device_name_or_function):
        """Says on which device nodes are to run; it is kept for files, and does not change where they run."""
        self._device_stack.append(device_name_or_function)
        try:
            yield
        finally:
            self._device_stack.pop()

    def _current_device(self, op_type, name, inputs):
        """The device for a node, by the scopes that are open: the inner ones say more."""
        device = ""
        for given in reversed(self._device_stack):
            if given is None:
                break
            if callable(given):
                device = given(_NodeToPlace(op_type, name, inputs, device)) or ""
            else:
                text = given if isinstance(given, str) else given.to_string()
                device = _merge_devices(text, device)
        return device or None

    @contextlib.contextmanager
    def colocate_with(self, op, ignore_existing=False):
        yield

    @contextlib.contextmanager
    def container(self, container_name):
        yield container_name

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map):
        """Gradients of ops made meanwhile go by the functions registered under these names, by op type."""
        old = self._gradient_overrides
        self._gradient_overrides = {**old, **op_type_map}
        try:
            yield
        finally:
            self._gradient_overrides = old

    @contextlib.contextmanager
    def _kernel_label_map(self, op_to_kernel_label_map):
        yield

    @contextlib.contextmanager
    def _original_op(self, op):
        yield

    # --- collections -----------------------------------------------------------------------------------------------

    def add_to_collection(self, name, value):
        self._check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names, value):
        names = (names,) if isinstance(names, str) else list(dict.fromkeys(names))
        for name in names:
            self.add_to_collection(name, value)

    def get_collection_ref(self, name):
        return self._collections.setdefault(name, [])

    def get_collection(self, name, scope=None):
        """The values of a collection; with `scope`, those whose names begin with it (a regular expression)."""
        values = self._collections.get(name, [])
        if not scope:
            return list(values)
        match = re.compile(scope).match
        return [value for value in values if hasattr(value, "name") and match(value.name)]

    def get_all_collection_keys(self):
        return [key for key in self._collections if isinstance(key, str)]

    def clear_collection(self, name):
        self._check_not_finalized()
        self._collections.pop(name, None)

    @property
    def collections(self):
        return self.get_all_collection_keys()

    # --- the whole -------------------------------------------------------------------------------------------------

    @property
    def version(self):
        return len(self._engine)

    @property
    def _version(self):
        return len(self._engine)

    @property
    def _last_id(self):
        return len(self._engine)

    @property
    def _nodes_by_name(self):
        self._sync()
        return self._by_name

    @property
    def seed(self):
        return self._seed

    @seed.setter
    def seed(self, seed):
        self._seed = seed

    @property
    def finalized(self):
        return self._finalized

    def finalize(self):
        """From now on nothing can be added."""
        self._finalized = True

    def _unsafe_unfinalize(self):
        self._finalized = False

    def _check_not_finalized(self):
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    @property
    def building_function(self):
        return self._building_function

    def as_default(self):
        """A context in which this is the default graph."""
        return _default_graph_stack.get_controller(self)

    def as_graph_def(self, from_version=None, add_shapes=False):
        """The graph as a GraphDef message."""
        from tenseur.core.framework import graph_pb2
        return graph_pb2.GraphDef.FromString(self._engine.graph_def())

    @property
    def graph_def_versions(self):
        return self.as_graph_def().versions

    def prevent_feeding(self, tensor):
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor):
        return tensor not in self._unfeedable

    def prevent_fetching(self, op):
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op):
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    def switch_to_thread_local(self):
        pass

    def _get_control_flow_context(self):
        return self._control_flow_context

    def _set_control_flow_context(self, context):
        self._control_flow_context = context

    def __reduce__(self):
        raise TypeError("a graph cannot be pickled; as_graph_def() gives what describes it")

    def _repr_html_(self):
        return self._engine.drawing()


def _merge_devices(outer, inner):
    """The parts of `inner`, and those of `outer` that it does not speak of."""
    def parts(text):
        found = {}
        for part in filter(None, text.split("/")):
            key, _, value = part.partition(":")
            key = key.lower()
            if key in ("cpu", "gpu", "tpu"):
                key, value = "device", f"{key.upper()}:{value}"
            found[key] = value
        return found
    merged = {**parts(outer), **parts(inner)}
    order = ("job", "replica", "task", "device")
    return "".join(f"/{key}:{merged[key]}" for key in order if key in merged)


def _zeros_for(op, output):
    from tenseur.python.ops import array_ops
    return array_ops.zeros_like(op.outputs[output])


# --- the default graph and session ---------------------------------------------------------------------------------


class _DefaultStack(threading.local):
    """Things of which the innermost is the default, for each thread."""

    def __init__(self):
        self.stack = []
        self._enforce_nesting = True

    def get_default(self):
        return self.stack[-1] if self.stack else None

    def is_cleared(self):
        return not self.stack

    def reset(self):
        self.stack = []

    @property
    def enforce_nesting(self):
        return self._enforce_nesting

    @enforce_nesting.setter
    def enforce_nesting(self, value):
        self._enforce_nesting = value

    @contextlib.contextmanager
    def get_controller(self, default):
        self.stack.append(default)
        try:
            yield default
        finally:
            if self._enforce_nesting:
                if self.stack and self.stack[-1] is not default:
                    raise AssertionError(f"Nesting violated for default stack of {type(default)} objects")
                self.stack.pop()
            elif default in self.stack:
                self.stack.remove(default)


class _DefaultGraphStack(_DefaultStack):
    """The default graphs; the one at the bottom is every thread's."""

    _global = None

    def get_default(self):
        if self.stack:
            return self.stack[-1]
        if _DefaultGraphStack._global is None:
            _DefaultGraphStack._global = Graph()
        return _DefaultGraphStack._global

    def reset(self):
        super().reset()
        _DefaultGraphStack._global = None


_default_session_stack = _DefaultStack()
_default_graph_stack = _DefaultGraphStack()


def get_default_graph():
    """The graph to which nodes are added now."""
    return _default_graph_stack.get_default()


def reset_default_graph():
    """Begins a new default graph."""
    if not _default_graph_stack.is_cleared():
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit "
                             "the nesting and create a new graph.")
    _default_graph_stack.reset()


def has_default_graph():
    return True


def get_default_session():
    """The session whose `with` block is the innermost, or `None`."""
    return _default_session_stack.get_default()


def default_session(session):
    return _default_session_stack.get_controller(session)


def _session_of(session, graph, what, method):
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(f"Cannot {what} using `{method}()`: No default session is registered. Use `with "
                             f"sess.as_default()` or pass an explicit session to `{method}(session=sess)`")
        if session.graph is not graph:
            raise ValueError(f"Cannot use the default session to {what}: the tensor's graph is different from the session's "
                             f"graph. Pass an explicit session to `{method}(session=sess)`.")
    elif session.graph is not graph:
        raise ValueError(f"Cannot use the given session to {what}: the tensor's graph is different from the session's graph.")
    return session


def _get_graph_from_inputs(op_input_list, graph=None):
    """The graph of the first input that has one, else the default graph."""
    if graph is not None:
        return graph
    default = get_default_graph()
    if default.building_function:
        return default  # It takes in the tensors of graphs around it.
    for value in op_input_list:
        own = getattr(value, "graph", None)
        if isinstance(own, Graph):
            return own
    return get_default_graph()


# --- conversion ----------------------------------------------------------------------------------------------------

_conversions = []
_conversion_cache = {}


def register_tensor_conversion_function(base_type, conversion_func, priority=100):
    """Lets instances of `base_type` stand where tensors are wanted: `conversion_func(value, dtype, name, as_ref)`."""
    _conversions.append((priority, len(_conversions), base_type, conversion_func))
    _conversions.sort(key=lambda item: item[:2])
    _conversion_cache.clear()


def _conversions_for(kind):
    found = _conversion_cache.get(kind)
    if found is None:
        from tenseur.python.framework import constant_op  # noqa: F401 (it registers what constants are made of)
        found = [function for _, _, base, function in _conversions if issubclass(kind, base)]
        _conversion_cache[kind] = found
    return found


def convert_to_tensor(value, dtype=None, name=None, preferred_dtype=None, dtype_hint=None, as_ref=False):
    """The value as a tensor: a tensor as it is, a variable's reading, anything else as a constant.

    Raises:
      TypeError: where the value is of no type that can be converted.
      ValueError: where a tensor is of another type than `dtype`.
    """
    if type(value) is Tensor and dtype is None:
        return value
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    preferred = dtype_hint if preferred_dtype is None else preferred_dtype
    if isinstance(value, Tensor):
        if dtype is not None and not dtype.base_dtype == value.dtype.base_dtype:
            raise ValueError(f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value.dtype.name}: "
                             f"{str(value)!r}")
        return value
    for function in _conversions_for(type(value)):
        result = NotImplemented
        if dtype is None and preferred is not None:
            try:
                result = function(value, dtype=dtypes.as_dtype(preferred), name=name, as_ref=as_ref)
            except (TypeError, ValueError, OverflowError):
                result = NotImplemented
        if result is NotImplemented:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if dtype is not None and result.dtype.base_dtype != dtype.base_dtype:
            raise RuntimeError(f"A conversion function of {type(value)} gave a tensor of {result.dtype.name} instead of "
                               f"{dtype.name}")
        return result
    raise TypeError(f"Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function registered.")


internal_convert_to_tensor = convert_to_tensor
convert_to_tensor_v2 = convert_to_tensor


def convert_n_to_tensor(values, dtype=None, name=None, preferred_dtype=None):
    return [convert_to_tensor(value, dtype, None if name is None else f"{name}_{number}", preferred_dtype)
            for number, value in enumerate(values)]


def convert_to_tensor_or_indexed_slices(value, dtype=None, name=None):
    """As `convert_to_tensor`, but leaves `IndexedSlices` and sparse tensors as they are."""
    if isinstance(value, IndexedSlices) or type(value).__name__ == "SparseTensor":
        return value
    return convert_to_tensor(value, dtype, name)


convert_to_tensor_or_composite = convert_to_tensor_or_indexed_slices
internal_convert_to_tensor_or_indexed_slices = convert_to_tensor_or_indexed_slices


def convert_n_to_tensor_or_indexed_slices(values, dtype=None, name=None):
    return [None if value is None else convert_to_tensor_or_indexed_slices(value, dtype, name) for value in values]


def _dense(slices, dtype=None, name=None, as_ref=False):
    """The rows as a whole tensor; rows that come twice are summed."""
    from tenseur.python.ops import math_ops
    if slices.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices without dense_shape: {slices}")
    return math_ops.unsorted_segment_sum(slices.values, slices.indices, slices.dense_shape[0], name=name)


register_tensor_conversion_function(IndexedSlices, _dense)

# --- gradients of one's own ----------------------------------------------------------------------------------------

_gradient_registry = {}


class RegisterGradient:
    """Registers a function `(op, *grads)` under a name, for `gradient_override_map`."""

    def __init__(self, op_type):
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, function):
        if self._op_type in _gradient_registry:
            raise KeyError(f"Registering two gradient with name '{self._op_type}'!")
        _gradient_registry[self._op_type] = function
        return function


def NotDifferentiable(op_type):
    _gradient_registry[op_type] = lambda op, *grads: [None] * len(op.inputs)


NoGradient = NotDifferentiable


def RegisterShape(op_type):
    return lambda function: function


# --- functions over the default graph ------------------------------------------------------------------------------


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

