"""Python's handles to what is in a graph: tensors, operations, rows of tensors; and what of a graph's building is refused."""

from tenseur.python.framework import dtypes, tensor_shape
from tenseur.python.framework._default_stacks import session_of


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
        return session_of(session, self.graph, "evaluate tensor", "eval").run(self, feed_dict)

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
        session_of(session, self._graph, "execute operation", "run").run(self, feed_dict)

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
