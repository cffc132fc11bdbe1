"""Variables by name, made once and shared: `tf.get_variable`, `tf.variable_scope`."""

import contextlib
import copy
import enum
import functools
import inspect
import threading
import traceback

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import variables
from tenseur.python.ops.variables import VariableAggregation, VariableSynchronization  # noqa: F401

_DEFAULT_USE_RESOURCE = False


class _ReuseMode(enum.Enum):
    """How `tf.get_variable` reuses variables, besides True and False."""

    AUTO_REUSE = 1

    def __repr__(self):
        return "_ReuseMode.AUTO_REUSE"


#: Variables are made where there are none, and reused where there are.
AUTO_REUSE = _ReuseMode.AUTO_REUSE


def enable_resource_variables():
    """From now on variables are resource variables where nothing else is said."""
    global _DEFAULT_USE_RESOURCE
    _DEFAULT_USE_RESOURCE = True


def disable_resource_variables():
    """From now on variables are references where nothing else is said."""
    global _DEFAULT_USE_RESOURCE
    _DEFAULT_USE_RESOURCE = False


def resource_variables_enabled():
    return _DEFAULT_USE_RESOURCE


class _PartitionInfo:
    """Which part of a variable an initializer is to fill."""

    def __init__(self, full_shape, var_offset):
        for what, value in (("full_shape", full_shape), ("var_offset", var_offset)):
            if not isinstance(value, (list, tuple)):
                raise TypeError(f"`{what}` must be a sequence (like tuple or list) instead of {type(value).__name__}")
        if len(var_offset) != len(full_shape):
            raise ValueError(f"Expected equal length, but `var_offset` is of length {len(var_offset)} while full_shape is of "
                             f"length {len(full_shape)}.")
        for offset, size in zip(var_offset, full_shape):
            if offset < 0 or offset >= size:
                raise ValueError(f"Expected 0 <= offset < shape but found offset={offset}, shape={size}")
        self.full_shape = list(full_shape)
        self.var_offset = list(var_offset)

    def single_offset(self, shape):
        """Where the part begins, along the axis along which it is a part."""
        return self.var_offset[self.single_slice_dim(shape) or 0]

    def single_slice_dim(self, shape):
        """The axis along which it is a part; `None` where it is the whole."""
        if not isinstance(shape, (list, tuple)):
            raise TypeError(f"`shape` must be a sequence (like tuple or list) instead of {type(shape).__name__}")
        if len(shape) != len(self.full_shape):
            raise ValueError(f"Expected equal length, but received shape={shape} of length {len(shape)} while self.full_shape="
                             f"{self.full_shape} is of length {len(self.full_shape)}.")
        for size, offset, whole in zip(shape, self.var_offset, self.full_shape):
            if offset + size > whole:
                raise ValueError(f"With self.var_offset={self.var_offset}, a partition of shape={shape} would exceed "
                                 f"self.full_shape={self.full_shape}.")
        found = [axis for axis, (full, own) in enumerate(zip(self.full_shape, shape)) if full != own]
        if len(found) > 1:
            raise ValueError(f"Cannot use single_slice_dim() with shape {shape} and partition spec {self.full_shape}: it is "
                             "partitioned along more than one dimension")
        return found[0] if found else None


# --- the variables that have been made -----------------------------------------------------------------------------


class _VariableStore:
    """The variables of a graph that `tf.get_variable` has made, by name."""

    def __init__(self):
        self._vars = {}
        self._partitioned_vars = {}

    def get_variable(self, name, shape=None, dtype=dtypes.float32, initializer=None, regularizer=None, reuse=None,
                     trainable=None, collections=None, caching_device=None, partitioner=None, validate_shape=True,
                     use_resource=None, custom_getter=None, constraint=None, synchronization=None, aggregation=None):
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = dtypes.as_dtype(dtype).base_dtype
        if trainable is None:
            # A custom getter is told what holds, not that nothing was said.
            trainable = synchronization != variables.VariableSynchronization.ON_READ
        arguments = dict(name=name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, reuse=reuse,
                         trainable=trainable, collections=collections, caching_device=caching_device,
                         partitioner=partitioner, validate_shape=validate_shape, use_resource=use_resource,
                         synchronization=synchronization, aggregation=aggregation)
        if custom_getter is None:
            return self._true_getter(constraint=constraint, **arguments)
        if _takes(custom_getter, "constraint"):
            arguments["constraint"] = constraint
        return custom_getter(getter=self._true_getter, **arguments)

    def _true_getter(self, name, shape=None, dtype=dtypes.float32, initializer=None, regularizer=None, reuse=None,
                     trainable=None, collections=None, caching_device=None, partitioner=None, validate_shape=True,
                     use_resource=None, constraint=None, synchronization=None, aggregation=None):
        common = dict(dtype=dtype, initializer=initializer, regularizer=regularizer, reuse=reuse, trainable=trainable,
                      collections=collections, caching_device=caching_device, validate_shape=validate_shape,
                      use_resource=use_resource, constraint=constraint, synchronization=synchronization,
                      aggregation=aggregation)
        is_scalar = isinstance(shape, (list, tuple)) and not shape
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with ops.name_scope(None):
                return self._get_partitioned_variable(name, partitioner, shape=shape, **common)
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self._get_partitioned_variable(name, None, shape=shape, **common)
        if f"{name}/part_0" in self._vars:
            raise ValueError(f"No partitioner was provided, but a partitioned version of the variable was found: {name}/part_0. "
                             f"Perhaps a variable of the same name was already created with partitioning?")
        return self._get_single_variable(name, shape=shape, **common)

    def _get_partitioned_variable(self, name, partitioner, shape=None, dtype=dtypes.float32, initializer=None, reuse=None,
                                  **common):
        shape = tensor_shape.as_shape(shape)
        from_value = initializer is not None and not callable(initializer)
        if from_value:
            shape = shape.merge_with(tensor_shape.TensorShape(ops.convert_to_tensor(initializer).shape))
        if name in self._partitioned_vars:
            if reuse is False:
                raise ValueError(f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or "
                                 "reuse=tf.AUTO_REUSE in VarScope?")
            existing = self._partitioned_vars[name]
            if not shape.is_compatible_with(existing.get_shape()):
                raise ValueError(f"Trying to reuse partitioned variable {name}, but specified shape {shape} and found shape "
                                 f"{existing.get_shape()}.")
            if not dtypes.as_dtype(dtype).is_compatible_with(existing.dtype):
                raise ValueError(f"Trying to reuse partitioned variable {name}, but specified dtype {dtype.name} and found "
                                 f"dtype {existing.dtype.name}.")
            wanted = None if partitioner is None else list(partitioner(shape=existing.get_shape(), dtype=dtype))
            if wanted is not None and wanted != list(existing._get_partitions()):
                raise ValueError(f"Trying to reuse partitioned variable {name}, but specified partitions {wanted} and found "
                                 f"partitions {existing._get_partitions()}.")
            return existing
        if reuse is True:
            raise ValueError(f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you "
                             "mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?")
        if not shape.is_fully_defined():
            raise ValueError(f"Shape of a new partitioned variable ({name}) must be fully defined, but instead was {shape}.")
        if not shape.ndims:
            raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
        partitions = partitioner(shape=shape, dtype=dtype)
        _check_partitions(partitions, shape.ndims)
        axis = next((axis for axis, count in enumerate(partitions) if count > 1), 0)
        parts = []
        for number, (offset, part_shape) in enumerate(_parts(shape.as_list(), axis, partitions[axis])):
            part_initializer, given_shape = initializer, part_shape
            if from_value:
                from tenseur.python.ops import array_ops
                part_initializer, given_shape = array_ops.slice(initializer, offset, part_shape), None
            elif initializer is None:
                part_initializer, given = self._get_default_initializer(name, tensor_shape.TensorShape(part_shape), dtype)
            variable = self._get_single_variable(
                f"{name}/part_{number}", shape=given_shape, dtype=dtype, initializer=part_initializer, reuse=reuse,
                partition_info=_PartitionInfo(shape.as_list(), offset), **common)
            variable._set_save_slice_info(variables.Variable.SaveSliceInfo(name, shape.as_list(), offset, part_shape))
            parts.append(variable)
        made = variables.PartitionedVariable(name, shape.as_list(), dtype, parts, partitions)
        self._partitioned_vars[name] = made
        return made

    def _get_single_variable(self, name, shape=None, dtype=dtypes.float32, initializer=None, regularizer=None, reuse=None,
                             trainable=None, collections=None, caching_device=None, validate_shape=True, use_resource=None,
                             constraint=None, synchronization=None, aggregation=None, partition_info=None):
        from_value = initializer is not None and not callable(initializer)
        if shape is not None and from_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = dtypes.as_dtype(dtype)
        shape = tensor_shape.as_shape(shape)
        if name in self._vars:
            return self._existing(name, shape, dtype, reuse)
        if reuse is True:
            raise ValueError(f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set "
                             "reuse=tf.AUTO_REUSE in VarScope?")
        if initializer is None:
            initializer, from_value = self._get_default_initializer(name, shape, dtype)
        with ops.init_scope():
            initial_value, variable_dtype = initializer, None
            if not from_value:
                if inspect.isclass(initializer):
                    initializer = initial_value = initializer()
                if shape.is_fully_defined():
                    initial_value = _bound(initializer, shape.as_list(), dtype.base_dtype, partition_info)
                    variable_dtype = dtype.base_dtype
                elif not _needs_arguments(initializer):
                    initial_value = initializer
                else:
                    raise ValueError("The initializer passed is not valid. It should be a callable with no arguments and the "
                                     "shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` "
                                     f"should be fully defined (the shape of {name} is {shape}).")
        if use_resource is None:
            use_resource = _DEFAULT_USE_RESOURCE
        variable = variables.VariableV1(
            initial_value=initial_value, name=name, trainable=trainable, collections=collections,
            caching_device=caching_device, dtype=variable_dtype, validate_shape=validate_shape, constraint=constraint,
            use_resource=use_resource, synchronization=synchronization, aggregation=aggregation)
        self._vars[name] = variable
        if regularizer:
            with ops.colocate_with(variable.op), ops.name_scope(name + "/Regularizer/"):
                with ops.init_scope():
                    loss = regularizer(variable)
                if loss is not None:
                    ops.add_to_collection(ops.GraphKeys.REGULARIZATION_LOSSES, loss)
        return variable

    def _existing(self, name, shape, dtype, reuse):
        found = self._vars[name]
        if reuse is False:
            lines = "".join(traceback.format_list([traceback.FrameSummary(file, line, own) for file, line, own, _ in
                                                   found.op.traceback[:3]]))
            raise ValueError(f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                             f"reuse=tf.AUTO_REUSE in VarScope? Originally defined at:\n\n{lines}")
        if not shape.is_compatible_with(found.get_shape()):
            raise ValueError(f"Trying to share variable {name}, but specified shape {shape} and found shape "
                             f"{found.get_shape()}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype "
                             f"{found.dtype.name}.")
        return found

    def _get_default_initializer(self, name, shape=None, dtype=dtypes.float32):
        """Glorot's uniform numbers for floats, zeros for the rest."""
        from tenseur.python.ops import init_ops
        dtype = dtypes.as_dtype(dtype)
        if dtype.is_floating:
            return init_ops.glorot_uniform_initializer(), False
        if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype == dtypes.string:
            return init_ops.zeros_initializer(), False
        raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _parameters(function):
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()


def _takes(function, name):
    return any(one.name == name or one.kind is one.VAR_KEYWORD for one in _parameters(function))


def _needs_arguments(function):
    return any(one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
               for one in _parameters(function))


def _bound(initializer, shape, dtype, partition_info):
    """The initializer as a function without arguments: it gets what it takes."""
    named = {}
    if _takes(initializer, "dtype") or not _parameters(initializer):
        named["dtype"] = dtype
    if any(one.name == "partition_info" for one in _parameters(initializer)):
        named["partition_info"] = partition_info
    return functools.partial(initializer, shape, **named)


def _check_partitions(partitions, rank):
    if not isinstance(partitions, (list, tuple)):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitions}")
    if len(partitions) != rank:
        raise ValueError(f"Partitioner returned a partition list that does not match the Variable's rank: {partitions} vs. rank "
                         f"{rank}")
    if any(count < 1 for count in partitions):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitions}")
    if sum(count > 1 for count in partitions) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: partitions = {partitions}")


def _parts(shape, axis, count):
    """Offset and shape of each part; the first ones are larger by one where the axis cannot be divided."""
    size, more = divmod(shape[axis], count)
    start = 0
    for number in range(count):
        own = size + (number < more)
        offset, part = [0] * len(shape), list(shape)
        offset[axis], part[axis] = start, own
        start += own
        yield offset, part


def no_regularizer(_):
    """A regularizer that adds nothing, against one that a scope around would add."""
    return None


# --- scopes --------------------------------------------------------------------------------------------------------


class VariableScope:
    """The name under which `tf.get_variable` makes variables, and the defaults it then takes."""

    def __init__(self, reuse, name="", initializer=None, regularizer=None, caching_device=None, partitioner=None,
                 custom_getter=None, name_scope="", dtype=dtypes.float32, use_resource=None, constraint=None):
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    name = property(lambda self: self._name)
    original_name_scope = property(lambda self: self._name_scope)
    reuse = property(lambda self: self._reuse)
    initializer = property(lambda self: self._initializer)
    dtype = property(lambda self: self._dtype)
    use_resource = property(lambda self: self._use_resource)
    regularizer = property(lambda self: self._regularizer)
    caching_device = property(lambda self: self._caching_device)
    partitioner = property(lambda self: self._partitioner)
    custom_getter = property(lambda self: self._custom_getter)
    constraint = property(lambda self: self._constraint)

    def reuse_variables(self):
        """From now on variables are reused in this scope and those in it."""
        self._reuse = True

    def set_initializer(self, initializer):
        self._initializer = initializer

    def set_dtype(self, dtype):
        self._dtype = dtype

    def set_use_resource(self, use_resource):
        self._use_resource = use_resource

    def set_regularizer(self, regularizer):
        self._regularizer = regularizer

    def set_caching_device(self, caching_device):
        self._caching_device = caching_device

    def set_partitioner(self, partitioner):
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter):
        self._custom_getter = custom_getter

    def get_collection(self, name):
        return ops.get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self):
        """The trainable variables of this scope."""
        return self.get_collection(ops.GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self):
        return self.get_collection(ops.GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self):
        return self.get_collection(ops.GraphKeys.LOCAL_VARIABLES)

    def get_variable(self, var_store, name, shape=None, dtype=None, initializer=None, regularizer=None, reuse=None,
                     trainable=None, collections=None, caching_device=None, partitioner=None, validate_shape=True,
                     use_resource=None, custom_getter=None, constraint=None, synchronization=None, aggregation=None):
        """The variable `name` in this scope, as `tf.get_variable` gives it."""
        if not isinstance(name, str):
            raise TypeError(f"the name of a variable is a string, not {name!r}")

        def first(value, default):
            return default if value is None else value

        full_name = self._name + "/" + name if self._name else name
        # The variable is called by the variable scope, whatever the name scope.
        with ops.name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                found = ops.convert_to_tensor(initializer).dtype.base_dtype
                if found != dtypes.as_dtype(dtype).base_dtype:
                    raise ValueError(f"Initializer type '{found}' and explicit dtype '{dtypes.as_dtype(dtype)}' don't match.")
            return var_store.get_variable(
                full_name, shape=shape, dtype=first(dtype, self._dtype), initializer=first(initializer, self._initializer),
                regularizer=first(regularizer, self._regularizer), reuse=first(reuse, self._reuse), trainable=trainable,
                collections=collections, caching_device=first(caching_device, self._caching_device),
                partitioner=first(partitioner, self._partitioner), validate_shape=validate_shape,
                use_resource=first(use_resource, self._use_resource),
                custom_getter=first(custom_getter, self._custom_getter), constraint=first(constraint, self._constraint),
                synchronization=synchronization, aggregation=aggregation)


class _VariableScopeStore(threading.local):
    """The current scope of a graph, and how often scopes of a name have been opened, for each thread."""

    def __init__(self):
        super().__init__()
        self.current_scope = VariableScope(False)
        self.variable_scopes_count = {}

    def open_variable_scope(self, scope_name):
        self.variable_scopes_count[scope_name] = self.variable_scopes_count.get(scope_name, 0) + 1

    def close_variable_subscopes(self, scope_name):
        for name in list(self.variable_scopes_count):
            if scope_name is None or name.startswith(scope_name + "/"):
                self.variable_scopes_count[name] = 0

    def variable_scope_count(self, scope_name):
        return self.variable_scopes_count.get(scope_name, 0)


def _of_graph(attribute, make):
    graph = ops.get_default_graph()
    found = graph.__dict__.get(attribute)
    if found is None:
        found = graph.__dict__.setdefault(attribute, make())
    return found


def get_variable_scope_store():
    return _of_graph("_variable_scope_store", _VariableScopeStore)


def _get_default_variable_store():
    return _of_graph("_variable_store", _VariableStore)


def get_variable_scope():
    """The current variable scope."""
    return get_variable_scope_store().current_scope


@contextlib.contextmanager
def with_variable_store(store):
    graph = ops.get_default_graph()
    old = _get_default_variable_store()
    graph._variable_store = store
    try:
        yield
    finally:
        graph._variable_store = old


def get_variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=None, collections=None,
                 caching_device=None, partitioner=None, validate_shape=True, use_resource=None, custom_getter=None,
                 constraint=None, synchronization=VariableSynchronization.AUTO, aggregation=VariableAggregation.NONE):
    """The variable `name` of the current variable scope: made, or found where the scope reuses variables.

    Args:
      shape: its shape, unless `initializer` is a value.
      dtype: its type, the scope's otherwise (float32).
      initializer: a function of (shape, dtype), a value, or the scope's; else Glorot's uniform numbers.
      regularizer: a function of the variable, whose value goes to `GraphKeys.REGULARIZATION_LOSSES`.
      partitioner: a function of (shape, dtype) that says into how many parts to divide each axis.
      custom_getter: a function that is called in place of this one, with this one as its first argument.

    Raises:
      ValueError: where the variable exists already and is not reused, or is to be reused and does not exist, or has another
        shape or type.
    """
    return get_variable_scope().get_variable(
        _get_default_variable_store(), name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer,
        trainable=trainable, collections=collections, caching_device=caching_device, partitioner=partitioner,
        validate_shape=validate_shape, use_resource=use_resource, custom_getter=custom_getter, constraint=constraint,
        synchronization=synchronization, aggregation=aggregation)


def get_local_variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=False, collections=None,
                       caching_device=None, partitioner=None, validate_shape=True, use_resource=None, custom_getter=None,
                       constraint=None, synchronization=VariableSynchronization.AUTO, aggregation=VariableAggregation.NONE):
    """As `get_variable`, but the variable is local: neither saved nor trained."""
    collections = [*(collections or ()), ops.GraphKeys.LOCAL_VARIABLES]
    return get_variable(name, shape, dtype, initializer, regularizer, False, collections, caching_device, partitioner,
                        validate_shape, use_resource, custom_getter, constraint, synchronization, aggregation)


def _composed(custom_getter, old_getter):
    """The inner getter, which calls the outer one as its getter."""
    if old_getter is None:
        return custom_getter

    def wrapped(getter, *arguments, **named):
        return custom_getter(functools.partial(old_getter, getter), *arguments, **named)

    return wrapped


_OVERRIDES = ("initializer", "regularizer", "caching_device", "partitioner", "dtype", "use_resource", "constraint")


class _pure_variable_scope:
    """A variable scope that opens no name scope."""

    def __init__(self, name_or_scope, reuse=None, initializer=None, regularizer=None, caching_device=None, partitioner=None,
                 custom_getter=None, old_name_scope=None, dtype=dtypes.float32, use_resource=None, constraint=None):
        self._name_or_scope = name_or_scope
        self._reuse = reuse
        self._custom_getter = custom_getter
        self._old_name_scope = old_name_scope
        self._given = dict(initializer=initializer, regularizer=regularizer, caching_device=caching_device,
                           partitioner=partitioner, dtype=dtype, use_resource=use_resource, constraint=constraint)
        self._store = get_variable_scope_store()
        self._last = None
        self._shared = None
        if isinstance(name_or_scope, VariableScope):
            # A jump to a scope that there is: a copy of it, with what is given here.
            self._shared = self._changed(name_or_scope, name_or_scope.name, self._reuse or name_or_scope.reuse,
                                         name_or_scope.original_name_scope if old_name_scope is None else old_name_scope)

    def _changed(self, scope, name, reuse, name_scope):
        facts = {key: getattr(scope, key) if self._given[key] is None else self._given[key] for key in _OVERRIDES}
        getter = scope.custom_getter
        if self._custom_getter is not None:
            getter = _composed(self._custom_getter, getter)
        return VariableScope(reuse, name=name, custom_getter=getter, name_scope=name_scope, **facts)

    def __enter__(self):
        store = self._store
        self._old = store.current_scope
        if self._shared is not None:
            store.open_variable_scope(self._shared.name)
            self._old_counts = copy.copy(store.variable_scopes_count)
            scope = self._shared
        else:
            name = self._old.name + "/" + self._name_or_scope if self._old.name else self._name_or_scope
            self._reuse = self._reuse or self._old.reuse
            name_scope = self._name_or_scope if self._old_name_scope is None else self._old_name_scope
            scope = self._changed(self._old, name, self._reuse, name_scope)
            store.open_variable_scope(name)
        self._new_name = scope.name
        store.current_scope = self._last = scope
        return scope

    def __exit__(self, *_):
        if self._store.current_scope is not self._last:
            raise RuntimeError("Improper nesting of variable_scope.")
        if self._shared is not None:
            self._store.variable_scopes_count = self._old_counts
        else:
            self._store.close_variable_subscopes(self._new_name)
        self._store.current_scope = self._old


def _get_unique_variable_scope(prefix):
    """`prefix`, or the first of `prefix_1`, `prefix_2`, … that has not been opened in the current scope."""
    store = get_variable_scope_store()
    current = get_variable_scope()
    name = current.name + "/" + prefix if current.name else prefix
    if store.variable_scope_count(name) == 0:
        return prefix
    number = 1
    while store.variable_scope_count(f"{name}_{number}") > 0:
        number += 1
    return f"{prefix}_{number}"


class variable_scope:
    """A context in which `tf.get_variable` makes variables called `name_or_scope/…`, and nodes too are called so.

    Args:
      name_or_scope: a name, or a scope that there is, to enter it again.
      default_name: a name that is made unique, where `name_or_scope` is `None`.
      reuse: `True` to find variables rather than make them, `tf.AUTO_REUSE` to do whatever is needed; else as around.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource, constraint: what
        `tf.get_variable` takes where it is told nothing else.
      auxiliary_name_scope: whether a name scope is opened too.
    """

    def __init__(self, name_or_scope, default_name=None, values=None, initializer=None, regularizer=None,
                 caching_device=None, partitioner=None, custom_getter=None, reuse=None, dtype=None, use_resource=None,
                 constraint=None, auxiliary_name_scope=True):
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if name_or_scope is not None and not isinstance(name_or_scope, (VariableScope, str)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}")
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        # A scope never forgets that the one around it reuses: False says as little as None.
        self._reuse = None if reuse is False else reuse
        if name_or_scope is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        self._auxiliary_name_scope = auxiliary_name_scope
        self._graph = ops._get_graph_from_inputs(values or [])
        self._given = dict(initializer=initializer, regularizer=regularizer, caching_device=caching_device,
                           partitioner=partitioner, custom_getter=custom_getter, dtype=dtype, use_resource=use_resource,
                           constraint=constraint)
        self._again = None  # (name scope, function that makes the pure scope), once entered
        self._entered = []

    def __enter__(self):
        contexts = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            undo.push(contexts)
            if self._graph is not ops.get_default_graph():
                contexts.enter_context(self._graph.as_default())
            scope = contexts.enter_context(self._pure(contexts))
            undo.pop_all()
        self._entered.append(contexts)
        return scope

    def _pure(self, contexts):
        if self._again is not None:
            name_scope, pure = self._again
            contexts.enter_context(ops.name_scope(name_scope))
            return pure()
        name_scope = None
        if not self._auxiliary_name_scope:
            name_scope = ops.get_name_scope()
            name_scope = name_scope + "/" if name_scope else name_scope
        if self._name_or_scope is None:
            own = contexts.enter_context(ops.name_scope(self._default_name if name_scope is None else name_scope))
            name = _get_unique_variable_scope(self._default_name)
            pure = functools.partial(_pure_variable_scope, name, old_name_scope=own, **self._given)
        else:
            by_name = isinstance(self._name_or_scope, str)
            last = self._name_or_scope if by_name else self._name_or_scope.name.split("/")[-1]
            own = ""
            if last or name_scope:
                own = contexts.enter_context(ops.name_scope(last if name_scope is None else name_scope))
                old = own if by_name else self._name_or_scope.original_name_scope
            else:
                old = None
            pure = functools.partial(_pure_variable_scope, self._name_or_scope, reuse=self._reuse, old_name_scope=old,
                                     **self._given)
        self._again = (own, pure)
        return pure()

    def __exit__(self, *error):
        return self._entered.pop().__exit__(*error)

    def __call__(self, function):
        """As a decorator: the function runs in the scope."""
        @functools.wraps(function)
        def inside(*arguments, **named):
            with variable_scope(self._name_or_scope, self._default_name, reuse=self._reuse,
                                auxiliary_name_scope=self._auxiliary_name_scope, **self._given):
                return function(*arguments, **named)
        return inside


@contextlib.contextmanager
def variable_op_scope(values, name_or_scope, default_name=None, initializer=None, regularizer=None, caching_device=None,
                      partitioner=None, custom_getter=None, reuse=None, dtype=None, use_resource=None, constraint=None):
    """Deprecated in TensorFlow: `variable_scope`."""
    with variable_scope(name_or_scope, default_name=default_name, values=values, initializer=initializer,
                        regularizer=regularizer, caching_device=caching_device, partitioner=partitioner,
                        custom_getter=custom_getter, reuse=reuse, dtype=dtype, use_resource=use_resource,
                        constraint=constraint) as scope:
        yield scope


@contextlib.contextmanager
def variable_creator_scope(variable_creator):
    """A context in which `variable_creator(next_creator, **arguments)` makes the variables."""
    graph = ops.get_default_graph()
    old = variables._creators(graph)
    graph._variable_creator_stack = (*old, variable_creator)
    try:
        yield
    finally:
        graph._variable_creator_stack = old


variable_creator_scope_v1 = variable_creator_scope


def variable(initial_value=None, trainable=None, collections=None, validate_shape=True, caching_device=None, name=None,
             dtype=None, use_resource=None, constraint=None, synchronization=None, aggregation=None):
    """`tf.Variable`, as a function."""
    return variables.VariableV1(initial_value=initial_value, trainable=trainable, collections=collections,
                                validate_shape=validate_shape, caching_device=caching_device, name=name, dtype=dtype,
                                use_resource=use_resource, constraint=constraint, synchronization=synchronization,
                                aggregation=aggregation)
