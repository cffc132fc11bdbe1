"""The graph: how nodes are made, named, placed and found. They live in the engine (`tenseur._core.Graph`), by number."""

import contextlib
import re
import sys
import threading
import weakref

from tenseur import _core
from tenseur.python.framework import device as device_lib
from tenseur.python.framework._default_stacks import default_graph_stack
from tenseur.python.framework._gradient_registry import gradient_registry
from tenseur.python.framework._tensor_conversion import convert_to_tensor
from tenseur.python.framework._tensors import IndexedSlices, Operation, Tensor, _errors_as_value_errors

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


class _NodeToPlace:
    """What a device function is told of a node that is about to be made."""

    def __init__(self, op_type, name, inputs, device):
        # An operation has a type, and its NodeDef calls that op: this stands for both.
        self.type = self.op = op_type
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
            gradient = gradient_registry[gradient]
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
                device = device_lib.merged(text, device)
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
        return default_graph_stack.get_controller(self)

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


def _zeros_for(op, output):
    from tenseur.python.ops import array_ops
    return array_ops.zeros_like(op.outputs[output])
