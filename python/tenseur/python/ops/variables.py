"""Variables: state that a session keeps from run to run, `tf.Variable`."""

import contextlib
import enum
import functools

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import constant_op, dtypes, ops, tensor_shape  # noqa: F401 — constants are converted there
from tenseur.python.ops import state_ops
from tenseur.python.ops._initial_values import _safe_initial_value, _variable_of  # noqa: F401 — optimizers look for variables
from tenseur.python.ops._partitioned_variable import PartitionedVariable  # noqa: F401


class VariableSynchronization(enum.Enum):
    """When copies of a variable are brought together; there is one copy here."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(enum.Enum):
    """How copies of a variable are brought together; there is one copy here."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = 3


VariableAggregationV2 = VariableAggregation


def validate_synchronization_aggregation_trainable(synchronization, aggregation, trainable, name):
    """The three with TensorFlow's defaults: a variable is trainable unless it says otherwise."""
    if aggregation is None:
        aggregation = VariableAggregation.NONE
    if synchronization is None:
        synchronization = VariableSynchronization.AUTO
    if synchronization == VariableSynchronization.ON_READ:
        if trainable:
            raise ValueError("Synchronization value can be set to VariableSynchronization.ON_READ only for non-trainable "
                             "variables. You have specified trainable=True and "
                             "synchronization=VariableSynchronization.ON_READ.")
        trainable = False
    return synchronization, aggregation, True if trainable is None else trainable


def default_variable_creator(next_creator=None, use_resource=None, **arguments):
    """A `ResourceVariable` where that is wanted, else a `RefVariable`."""
    from tenseur.python.ops import variable_scope
    if use_resource is None:
        use_resource = variable_scope.get_variable_scope().use_resource
    if use_resource is None:
        use_resource = variable_scope._DEFAULT_USE_RESOURCE
    if use_resource:
        from tenseur.python.ops import resource_variable_ops
        return resource_variable_ops.ResourceVariable(**arguments)
    return RefVariable(**arguments)


default_variable_creator_v2 = default_variable_creator


def _creators(graph):
    """The functions of the open `tf.variable_creator_scope`s, innermost last."""
    return getattr(graph, "_variable_creator_stack", ())


class _VariableMetaclass(type):
    """`tf.Variable(…)` makes a variable of the kind that is wanted, through the open `tf.variable_creator_scope`s."""

    def __call__(cls, *arguments, **named):
        if cls is not VariableV1 and cls is not Variable:
            return super().__call__(*arguments, **named)
        named.update(zip(_PARAMETERS, arguments))
        unknown = set(named) - set(_PARAMETERS)
        if unknown:
            raise TypeError(f"tf.Variable got an unexpected keyword argument '{sorted(unknown)[0]}'")
        create = default_variable_creator
        for creator in _creators(ops.get_default_graph()):
            create = functools.partial(creator, create)
        return create(**named) if create is default_variable_creator else create(**{**_DEFAULTS, **named})


_DEFAULTS = dict(initial_value=None, trainable=None, collections=None, validate_shape=True, caching_device=None, name=None,
                 variable_def=None, dtype=None, expected_shape=None, import_scope=None, constraint=None, use_resource=None,
                 synchronization=None, aggregation=None, shape=None)
_PARAMETERS = tuple(_DEFAULTS)


class Variable(metaclass=_VariableMetaclass):
    """State that sessions keep: made with an initial value, changed by `assign` and by optimizers.

    Args:
      initial_value: a value, a tensor, or a function without arguments that gives one.
      trainable: whether optimizers change it when they are not told which variables to change.
      collections: the graph's collections to which it is added; `[GraphKeys.GLOBAL_VARIABLES]`.
      validate_shape: whether its shape must be known, and stays.
      name: its name, made unique; "Variable".
      dtype: its type; else that of the initial value.
      constraint: a function of its value that optimizers apply after each change.
      use_resource: whether it is a `ResourceVariable`.

    Raises:
      ValueError: where there is no initial value or where its shape is not known.
    """

    __array_priority__ = 100

    class SaveSliceInfo:
        """Which part of a larger variable this is, for checkpoints."""

        def __init__(self, full_name=None, full_shape=None, var_offset=None, var_shape=None, save_slice_info_def=None,
                     import_scope=None):
            if save_slice_info_def is not None:
                full_name = ops.prepend_name_scope(save_slice_info_def.full_name, import_scope)
                full_shape = list(save_slice_info_def.full_shape)
                var_offset = list(save_slice_info_def.var_offset)
                var_shape = list(save_slice_info_def.var_shape)
            self.full_name, self.full_shape, self.var_offset, self.var_shape = full_name, full_shape, var_offset, var_shape

        @property
        def spec(self):
            """As text, the way TensorFlow's checkpoints say it: `4 8 0,2:0,8`."""
            sizes = " ".join(map(str, self.full_shape)) + " "
            return sizes + ":".join(f"{start},{size}" for start, size in zip(self.var_offset, self.var_shape))

        def to_proto(self, export_scope=None):
            from tenseur.core.framework import variable_pb2
            if export_scope and not self.full_name.startswith(export_scope):
                return None
            return variable_pb2.SaveSliceInfoDef(
                full_name=ops.strip_name_scope(self.full_name, export_scope), full_shape=list(self.full_shape),
                var_offset=list(self.var_offset), var_shape=list(self.var_shape))

    def _begin(self, initial_value, trainable, collections, synchronization, aggregation, constraint, name):
        """Checks the arguments that both kinds share, and gives the collections."""
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if collections is None:
            collections = [ops.GraphKeys.GLOBAL_VARIABLES]
        if not isinstance(collections, (list, tuple, set)):
            raise ValueError("collections argument to Variable constructor must be a list, tuple, or set. Got "
                             f"{collections} of type {type(collections)}")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        if isinstance(initial_value, ops.Tensor) and initial_value.op._get_control_flow_context() is not None:
            raise ValueError(f"Initializer for variable {name} is from inside a control-flow construct, such as a loop or "
                             "conditional. When creating a variable inside a loop or conditional, use a lambda as the "
                             "initializer.")
        self._synchronization, self._aggregation, self._trainable = validate_synchronization_aggregation_trainable(
            synchronization, aggregation, trainable, name)
        self._constraint = constraint
        if self._trainable and ops.GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections = list(collections) + [ops.GraphKeys.TRAINABLE_VARIABLES]
        return collections

    def _finish(self, caching_device):
        self._caching_device = caching_device
        self._save_slice_info = None

    def _restore_facts(self, variable_def, import_scope):
        self._synchronization, self._aggregation, self._trainable = validate_synchronization_aggregation_trainable(
            None, None, variable_def.trainable, variable_def.variable_name)
        self._constraint = self._caching_device = self._save_slice_info = None
        self._safe_value = self._initial_value
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = Variable.SaveSliceInfo(
                save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope)

    @property
    def name(self):
        return self._name

    @property
    def _shared_name(self):
        return self._name[: self._name.index(":")]

    _unique_id = _shared_name

    @property
    def initializer(self):
        """The operation that sets it to its initial value."""
        return self._initializer_op

    @property
    def initial_value(self):
        """The tensor that its initializer sets it to."""
        return self._initial_value

    @property
    def trainable(self):
        return self._trainable

    @property
    def constraint(self):
        return self._constraint

    @property
    def synchronization(self):
        return self._synchronization

    @property
    def aggregation(self):
        return self._aggregation

    @property
    def device(self):
        return self.op.device

    def get_shape(self):
        return self.shape

    def _shape_as_list(self):
        return None if self.shape.ndims is None else self.shape.as_list()

    def set_shape(self, shape):
        """Says what the program knows of its shape."""
        self.value().set_shape(shape)

    def initialized_value(self):
        """Its value, or its initial value where it is not initialized yet: to make other variables from."""
        from tenseur.python.ops import control_flow_ops
        with ops.init_scope():
            return control_flow_ops.cond(is_variable_initialized(self), self.read_value, lambda: self._safe_value)

    def eval(self, session=None):
        """Its value in `session`, or in the default session."""
        element = self._as_graph_element()
        return ops._session_of(session, element.graph, "evaluate tensor", "eval").run(self)

    def load(self, value, session=None):
        """Sets it to the array `value` in `session`, or in the default session; the graph stays as it is."""
        session = session or ops.get_default_session()
        if session is None:
            raise ValueError("Either session argument should be provided or default session should be established")
        initializer = self.initializer
        session.run(initializer, {initializer.inputs[1]: value})

    def count_up_to(self, limit):
        """Increments it, and gives what it was before; OutOfRangeError in the run where it has reached `limit`."""
        return state_ops.count_up_to(self, limit)

    def scatter_add(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterAdd", sparse_delta, name)

    def scatter_sub(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterSub", sparse_delta, name)

    def scatter_update(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterUpdate", sparse_delta, name)

    def scatter_max(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterMax", sparse_delta, name)

    def scatter_min(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterMin", sparse_delta, name)

    def scatter_mul(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterMul", sparse_delta, name)

    def scatter_div(self, sparse_delta, use_locking=False, name=None):
        return self._slices("ScatterDiv", sparse_delta, name)

    def scatter_nd_add(self, indices, updates, name=None):
        return self._scatter("ScatterNdAdd", indices, updates, name)

    def scatter_nd_sub(self, indices, updates, name=None):
        return self._scatter("ScatterNdSub", indices, updates, name)

    def scatter_nd_update(self, indices, updates, name=None):
        return self._scatter("ScatterNdUpdate", indices, updates, name)

    def gather_nd(self, indices, name=None):
        """The elements or slices at the places `indices`."""
        return raw_ops.GatherNd(params=self.value(), indices=indices, name=name)

    def sparse_read(self, indices, name=None):
        """The rows `indices`."""
        return raw_ops.GatherV2(params=self.value(), indices=indices, axis=0, name=name)

    def ref(self):
        """Something hashable that stands for it."""
        return _Reference(self)

    experimental_ref = ref

    def _get_save_slice_info(self):
        return self._save_slice_info

    def _set_save_slice_info(self, save_slice_info):
        self._save_slice_info = save_slice_info

    def _gather_saveables_for_checkpoint(self):
        return {"VARIABLE_VALUE": self}

    def to_proto(self, export_scope=None):
        """As TensorFlow's VariableDef message; `None` where it is not within `export_scope`."""
        from tenseur.core.framework import variable_pb2
        if export_scope is not None and not self.name.startswith(export_scope):
            return None
        stripped = functools.partial(ops.strip_name_scope, export_scope=export_scope)
        message = variable_pb2.VariableDef(
            variable_name=stripped(self.name), initializer_name=stripped(self.initializer.name),
            snapshot_name=stripped(self._snapshot_tensor().name), trainable=self._trainable,
            is_resource=not isinstance(self, RefVariable))
        if self._initial_value is not None:
            message.initial_value_name = stripped(self._initial_value.name)
        if self._save_slice_info is not None:
            message.save_slice_info_def.MergeFrom(self._save_slice_info.to_proto(export_scope))
        return message

    @staticmethod
    def from_proto(variable_def, import_scope=None):
        """The variable that a VariableDef message describes, whose nodes are in the default graph."""
        if variable_def.is_resource:
            from tenseur.python.ops import resource_variable_ops
            return resource_variable_ops.ResourceVariable(variable_def=variable_def, import_scope=import_scope)
        return RefVariable(variable_def=variable_def, import_scope=import_scope)

    def __iter__(self):
        raise TypeError("'Variable' object is not iterable.")

    def __eq__(self, other):
        return self is other

    def __ne__(self, other):
        return self is not other

    def __hash__(self):
        return id(self)

    def __copy__(self):
        return self

    def __deepcopy__(self, _):
        return self

    def __reduce__(self):
        raise TypeError(f"the variable \"{self.name}\" is a part of its graph and cannot be pickled; save its value with "
                        "tf.train.Saver")

    def __repr__(self):
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    __str__ = __repr__

    def __getitem__(self, key):
        """A part of it, as of a tensor; one that can be assigned to where it is a slice of rows and columns."""
        part = self.value()[key]
        part.assign = lambda value, name=None: self._assign_part(key, value, name)
        return part

    def _assign_part(self, key, value, name=None):
        """Sets the part `self[key]` to `value`, and gives the variable as it then is."""
        from tenseur.python.ops import array_ops, math_ops
        with ops.name_scope(name, "strided_slice_assign", [value]):
            now = self.value()
            places = array_ops.reshape(math_ops.range(array_ops.size(now)), array_ops.shape(now))[key]
            value = ops.convert_to_tensor(value, dtype=now.dtype.base_dtype)
            value = array_ops.broadcast_to(value, array_ops.shape(places))
            flat = raw_ops.TensorScatterUpdate(
                tensor=array_ops.reshape(now, [-1]), indices=array_ops.reshape(places, [-1, 1]),
                updates=array_ops.reshape(value, [-1]))
            return self.assign(array_ops.reshape(flat, array_ops.shape(now)))

    @staticmethod
    def _OverloadAllOperators():
        """Gives variables the operators of tensors: they act on the value."""
        for operator in sorted(ops.Tensor.OVERLOADABLE_OPERATORS - {"__getitem__"}):
            setattr(Variable, operator, _operator_on_value(operator))


def _operator_on_value(operator):
    def run(self, *arguments):
        from tenseur.python.ops import math_ops  # noqa: F401 — it gives tensors their operators
        return getattr(ops.Tensor, operator)(self.value(), *arguments)
    run.__name__ = operator
    return run


class _Reference:
    """What stands for a variable in sets and dictionaries."""

    __slots__ = ("_variable",)

    def __init__(self, variable):
        self._variable = variable

    def deref(self):
        return self._variable

    def __eq__(self, other):
        return isinstance(other, _Reference) and other._variable is self._variable

    def __hash__(self):
        return id(self._variable)


class VariableV1(Variable):
    """`tf.Variable` in TensorFlow 1."""


class RefVariable(VariableV1):
    """A variable of TensorFlow 1's kind: a reference that `Assign` changes in place, and one node that reads it."""

    def __init__(self, initial_value=None, trainable=None, collections=None, validate_shape=True, caching_device=None,
                 name=None, variable_def=None, dtype=None, expected_shape=None, import_scope=None, constraint=None,
                 synchronization=None, aggregation=None, shape=None):
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            return
        collections = self._begin(initial_value, trainable, collections, synchronization, aggregation, constraint, name)
        from_function = callable(initial_value)
        with ops.init_scope():
            with ops.name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
                if from_function:
                    with ops.name_scope("Initializer"):
                        self._initial_value = ops.convert_to_tensor(initial_value(), name="initial_value", dtype=dtype)
                else:
                    self._initial_value = ops.convert_to_tensor(initial_value, name="initial_value", dtype=dtype)
                if shape is None:
                    shape = self._initial_value.get_shape() if validate_shape else tensor_shape.unknown_shape()
                if validate_shape and not self._initial_value.get_shape().is_fully_defined():
                    raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
                self._variable = state_ops.variable_op_v2(shape, self._initial_value.dtype.base_dtype, name=scope)
                self._name = self._variable.name
                self._safe_value = _safe_initial_value(scope[:-1], self._initial_value)
                self._initializer_op = state_ops.assign(self._variable, self._safe_value, validate_shape=validate_shape).op
                with ops.device(caching_device) if caching_device is not None else contextlib.nullcontext():
                    self._snapshot = raw_ops.Identity(input=self._variable, name="read")
            ops.add_to_collections(collections, self)
        self._finish(caching_device)

    def _init_from_proto(self, variable_def, import_scope=None):
        graph = ops.get_default_graph()

        def named(name):
            return graph.as_graph_element(ops.prepend_name_scope(name, import_scope))

        self._variable = named(variable_def.variable_name)
        self._name = self._variable.name
        self._initializer_op = named(variable_def.initializer_name)
        self._initial_value = named(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._snapshot = named(variable_def.snapshot_name)
        self._restore_facts(variable_def, import_scope)

    @property
    def dtype(self):
        return self._variable.dtype

    @property
    def shape(self):
        return self._variable.get_shape()

    @property
    def op(self):
        return self._variable.op

    @property
    def graph(self):
        return self._variable.graph

    def set_shape(self, shape):
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def value(self):
        """Its value, as the node that reads it gives it."""
        return self._snapshot

    def read_value(self):
        """Its value at the moment at which this node runs."""
        return raw_ops.Identity(input=self._variable, name="read")

    def is_initialized(self, name=None):
        return state_ops.is_variable_initialized(self, name)

    def _ref(self):
        return self._variable

    def _as_graph_element(self):
        return self._variable

    def _AsTensor(self):
        return self._snapshot

    def _snapshot_tensor(self):
        return self._snapshot

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Sets it to `value`, and gives it as it then is."""
        assign = state_ops.assign(self._variable, value, use_locking=use_locking, name=name)
        return assign if read_value else assign.op

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Adds `delta` to it, and gives it as it then is."""
        assign = state_ops.assign_add(self._variable, delta, use_locking=use_locking, name=name)
        return assign if read_value else assign.op

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtracts `delta` from it, and gives it as it then is."""
        assign = state_ops.assign_sub(self._variable, delta, use_locking=use_locking, name=name)
        return assign if read_value else assign.op

    def _scatter(self, op_type, indices, updates, name=None):
        return getattr(raw_ops, op_type)(ref=self._variable, indices=indices, updates=updates, name=name)

    def _slices(self, op_type, sparse_delta, name):
        if not isinstance(sparse_delta, ops.IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return self._scatter(op_type, sparse_delta.indices, sparse_delta.values, name)


def _converted(variable, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type "
                         f"'{variable.dtype.name}'")
    return variable._ref() if as_ref else variable.value()


ops.register_tensor_conversion_function(RefVariable, _converted)
Variable._OverloadAllOperators()


# --- the variables of the default graph ----------------------------------------------------------------------------


def global_variables(scope=None):
    """The variables that are shared and saved; with `scope`, those whose names it matches."""
    return ops.get_collection(ops.GraphKeys.GLOBAL_VARIABLES, scope)


def all_variables():
    """Deprecated in TensorFlow: `global_variables`."""
    return global_variables()


def local_variables(scope=None):
    """The variables that are not saved: counters of epochs, sums of metrics."""
    return ops.get_collection(ops.GraphKeys.LOCAL_VARIABLES, scope)


def model_variables(scope=None):
    return ops.get_collection(ops.GraphKeys.MODEL_VARIABLES, scope)


def trainable_variables(scope=None):
    """The variables that optimizers change."""
    return ops.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES, scope)


def moving_average_variables(scope=None):
    return ops.get_collection(ops.GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def _all_saveable_objects(scope=None):
    return global_variables(scope) + ops.get_collection(ops.GraphKeys.SAVEABLE_OBJECTS, scope)


def variables_initializer(var_list, name="init"):
    """The operation that initializes these variables, all at once."""
    initializers = [variable.initializer for variable in var_list or []]
    with ops.control_dependencies(initializers):
        return raw_ops.NoOp(name=name)


def initialize_variables(var_list, name="init"):
    """Deprecated in TensorFlow: `variables_initializer`."""
    return variables_initializer(var_list, name)


def global_variables_initializer():
    """The operation that initializes all global variables of the default graph that there are so far."""
    return variables_initializer(global_variables())


def initialize_all_variables():
    """Deprecated in TensorFlow: `global_variables_initializer`."""
    return global_variables_initializer()


def local_variables_initializer():
    """The operation that initializes all local variables of the default graph that there are so far."""
    return variables_initializer(local_variables())


def initialize_local_variables():
    """Deprecated in TensorFlow: `local_variables_initializer`."""
    return local_variables_initializer()


def is_variable_initialized(variable):
    """A tensor that says whether the variable has a value."""
    return state_ops.is_variable_initialized(variable)


def report_uninitialized_variables(var_list=None, name="report_uninitialized_variables"):
    """A tensor of strings: the names of those variables that have no value yet."""
    if var_list is None:
        var_list = global_variables() + local_variables()
    from tenseur.python.ops import array_ops
    with ops.name_scope(name):
        if not var_list:
            return ops.convert_to_tensor([], dtype=dtypes.string)
        initialized = array_ops.stack([state_ops.is_variable_initialized(variable) for variable in var_list])
        missing = raw_ops.LogicalNot(x=initialized)
        names = ops.convert_to_tensor([variable.op.name for variable in var_list], dtype=dtypes.string)
        return array_ops.boolean_mask(names, missing)


def assert_variables_initialized(var_list=None):
    """A tensor that fails, in the run, where one of the variables has no value; it names them all."""
    if var_list is None:
        var_list = global_variables() + local_variables()
    if not var_list:
        var_list = [op.outputs[0] for op in ops.get_default_graph().get_operations()
                    if op.type in ("Variable", "VariableV2", "AutoReloadVariable")]
    if not var_list:
        return None
    missing = report_uninitialized_variables(var_list, name="assert_variables_initialized")

    def check(inputs):
        names = [name.decode() for name in inputs[0].tolist()]
        if names:
            from tenseur.python.framework import errors_impl
            raise errors_impl.FailedPreconditionError(
                None, None, "Attempting to use uninitialized value " + ", ".join(names))
        return [np.zeros(len(var_list), np.int32)]

    return missing.graph.create_op("CheckInitialized", [missing], name="assert_variables_initialized", attrs={},
                                   host=([(dtypes.int32.as_datatype_enum, (len(var_list),))], check)).outputs[0]
