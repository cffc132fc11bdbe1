"""Variables by handle, TensorFlow's `use_resource=True`: every reading is a node of its own, with its own moment."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import variables


def is_resource_variable(var):
    """Whether it is a `ResourceVariable`."""
    return isinstance(var, ResourceVariable)


def var_handle_op(dtype, shape, container="", shared_name="", name=None):
    """A handle to state that sessions keep."""
    return raw_ops.VarHandleOp(dtype=dtype, shape=shape, container=container, shared_name=shared_name, name=name)


def var_is_initialized_op(resource, name=None):
    return raw_ops.VarIsInitializedOp(resource=resource, name=name)


def assign_variable_op(resource, value, name=None):
    return raw_ops.AssignVariableOp(resource=resource, value=value, name=name)


def assign_add_variable_op(resource, value, name=None):
    return raw_ops.AssignAddVariableOp(resource=resource, value=value, name=name)


def assign_sub_variable_op(resource, value, name=None):
    return raw_ops.AssignSubVariableOp(resource=resource, value=value, name=name)


def read_variable_op(resource, dtype, name=None):
    return raw_ops.ReadVariableOp(resource=resource, dtype=dtype, name=name)


def variable_shape(handle, out_type=dtypes.int32):
    return raw_ops.VariableShape(input=handle, out_type=out_type)


def resource_gather(resource, indices, dtype, batch_dims=0, validate_indices=True, name=None):
    return raw_ops.ResourceGather(resource=resource, indices=indices, dtype=dtype, batch_dims=batch_dims,
                                  validate_indices=validate_indices, name=name)


def resource_scatter_add(resource, indices, updates, name=None):
    return raw_ops.ResourceScatterAdd(resource=resource, indices=indices, updates=updates, name=name)


def resource_scatter_update(resource, indices, updates, name=None):
    return raw_ops.ResourceScatterUpdate(resource=resource, indices=indices, updates=updates, name=name)


class ResourceVariable(variables.VariableV1):
    """A variable that is read by `ReadVariableOp` whenever its value is wanted."""

    def __init__(self, initial_value=None, trainable=None, collections=None, validate_shape=True, caching_device=None,
                 name=None, dtype=None, variable_def=None, import_scope=None, constraint=None, distribute_strategy=None,
                 synchronization=None, aggregation=None, shape=None, expected_shape=None, use_resource=None):
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._init_from_proto(variable_def, import_scope)
            return
        collections = self._begin(initial_value, trainable, collections, synchronization, aggregation, constraint, name)
        from_function = callable(initial_value)
        with ops.init_scope():
            with ops.name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
                own_name = scope[:-1]
                with ops.name_scope("Initializer"):
                    self._initial_value = ops.convert_to_tensor(
                        initial_value() if from_function else initial_value, name="initial_value", dtype=dtype)
                if validate_shape and not self._initial_value.get_shape().is_fully_defined():
                    raise ValueError(f"initial_value must have a shape specified: {self._initial_value}")
                if shape is None:
                    shape = self._initial_value.get_shape() if validate_shape else tensor_shape.unknown_shape()
                self._dtype = self._initial_value.dtype.base_dtype
                self._shape = tensor_shape.TensorShape(shape)
                self._handle = raw_ops.VarHandleOp(shape=self._shape, dtype=self._dtype, shared_name=own_name,
                                                   name=scope)
                self._name = self._handle.name
                with ops.name_scope("IsInitialized"):
                    self._is_initialized_op = raw_ops.VarIsInitializedOp(resource=self._handle)
                with ops.name_scope("Assign") as assign_scope:
                    self._safe_value = variables._safe_initial_value(own_name, self._initial_value)
                    self._initializer_op = raw_ops.AssignVariableOp(
                        resource=self._handle, value=self._safe_value, name=assign_scope)
                with ops.name_scope("Read"):
                    self._graph_element = self._read()
                self._cached_value = None
                if caching_device is not None:
                    self._cached_value = self._read()
            ops.add_to_collections(collections, self)
        self._finish(caching_device)

    def _init_from_proto(self, variable_def, import_scope=None):
        graph = ops.get_default_graph()

        def named(name):
            return graph.as_graph_element(ops.prepend_name_scope(name, import_scope))

        self._handle = named(variable_def.variable_name)
        self._name = self._handle.name
        self._dtype = self._handle.op.get_attr("dtype")
        self._shape = self._handle.op.get_attr("shape")
        self._initializer_op = named(variable_def.initializer_name)
        self._initial_value = named(variable_def.initial_value_name) if variable_def.initial_value_name else None
        self._graph_element = named(variable_def.snapshot_name) if variable_def.snapshot_name else self._read()
        self._is_initialized_op = raw_ops.VarIsInitializedOp(resource=self._handle)
        self._cached_value = None
        self._restore_facts(variable_def, import_scope)

    def _read(self, name=None):
        read = raw_ops.ReadVariableOp(resource=self._handle, dtype=self._dtype, name=name)
        read.set_shape(self._shape)
        return read

    @property
    def handle(self):
        return self._handle

    @property
    def dtype(self):
        return self._dtype

    @property
    def shape(self):
        return self._shape

    @property
    def op(self):
        return self._handle.op

    @property
    def graph(self):
        return self._handle.graph

    @property
    def create(self):
        return self._initializer_op

    def value(self):
        """Its value, read anew."""
        if self._cached_value is not None:
            return self._cached_value
        return self._read()

    def read_value(self):
        """Its value at the moment at which this node runs."""
        with ops.name_scope("Read"):
            value = self._read()
        return raw_ops.Identity(input=value)

    def is_initialized(self, name=None):
        return raw_ops.VarIsInitializedOp(resource=self._handle, name=name)

    def sparse_read(self, indices, name=None):
        """The rows `indices`."""
        with ops.name_scope("Gather" if name is None else name) as scope:
            value = raw_ops.ResourceGather(resource=self._handle, indices=indices, dtype=self._dtype, name=scope)
        return raw_ops.Identity(input=value)

    def _as_graph_element(self):
        return self._graph_element

    def _dense_var_to_tensor(self, dtype=None, name=None, as_ref=False):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(self._dtype):
            raise ValueError(f"Incompatible type conversion requested to type {dtypes.as_dtype(dtype).name} for variable of "
                             f"type {self._dtype.name}")
        return self.value()

    def _value_to_assign(self, value):
        value = ops.convert_to_tensor(value, dtype=self._dtype)
        if not self._shape.is_compatible_with(value.get_shape()):
            raise ValueError(f"Cannot assign to variable {self._name} due to variable shape {self._shape} and value shape "
                             f"{value.get_shape()} are incompatible")
        return value

    def _after(self, op, read_value, name):
        if not read_value:
            return op
        return _UnreadVariable(self, op)

    def assign(self, value, use_locking=None, name=None, read_value=True):
        """Sets it to `value`."""
        value = self._value_to_assign(value)
        return self._after(raw_ops.AssignVariableOp(resource=self._handle, value=value, name=name), read_value, name)

    def assign_add(self, delta, use_locking=None, name=None, read_value=True):
        """Adds `delta` to it."""
        delta = ops.convert_to_tensor(delta, dtype=self._dtype)
        return self._after(raw_ops.AssignAddVariableOp(resource=self._handle, value=delta, name=name), read_value, name)

    def assign_sub(self, delta, use_locking=None, name=None, read_value=True):
        """Subtracts `delta` from it."""
        delta = ops.convert_to_tensor(delta, dtype=self._dtype)
        return self._after(raw_ops.AssignSubVariableOp(resource=self._handle, value=delta, name=name), read_value, name)

    def _scatter(self, op_type, indices, updates, name=None):
        op_type = op_type if op_type.startswith("Resource") else "Resource" + op_type
        updates = ops.convert_to_tensor(updates, dtype=self._dtype)
        target = {"ref" if "Nd" in op_type else "resource": self._handle}
        op = getattr(raw_ops, op_type)(**target, indices=indices, updates=updates, name=name)
        return self._after(op, True, name)

    def _slices(self, op_type, sparse_delta, name):
        if not isinstance(sparse_delta, ops.IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return self._scatter(op_type, sparse_delta.indices, sparse_delta.values, name)

    def _snapshot_tensor(self):
        return self._graph_element

    def __bool__(self):
        # A tensor has no truth value, and says so; a variable of the older kind is simply there.
        return bool(self.value())


class _UnreadVariable(ResourceVariable):
    """A resource variable after an operation on it: what reads it waits for that operation."""

    def __init__(self, variable, op):
        self.__dict__.update(variable.__dict__)
        self._cached_value = None
        self._parent_op = op
        self._after_op = None

    def _read(self, name=None):
        with ops.control_dependencies([self._parent_op]):
            return super()._read(name)

    def value(self):
        return self._read()

    def read_value(self):
        return self._read()

    def _as_graph_element(self):
        if self._after_op is None:
            self._after_op = self._read()
        return self._after_op

    @property
    def op(self):
        return self._parent_op


def shape_safe_assign_variable_handle(handle, shape, value, name=None):
    """Sets the variable behind `handle` to a value of a shape that fits."""
    tensor_shape.TensorShape(shape).assert_is_compatible_with(ops.convert_to_tensor(value).get_shape())
    return raw_ops.AssignVariableOp(resource=handle, value=value, name=name)


ops.register_tensor_conversion_function(
    ResourceVariable, lambda value, dtype=None, name=None, as_ref=False: value._dense_var_to_tensor(dtype, name, as_ref))
