"""What all optimizers share: gradients of a loss, and variables changed by them."""

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import resource_variable_ops, state_ops, variable_scope, variables
from tenseur.python.training import slot_creator


def _var_key(var):
    """What stands for the variable in slots: its graph and its name."""
    return (var.graph, var.op.name)


def _cast(value, dtype):
    """A tensor of this type; a variable gives its value."""
    value = ops.convert_to_tensor(value)
    if value.dtype.base_dtype == dtype:
        return value
    return raw_ops.Cast(x=value, DstT=dtype)


def _deduplicate_indexed_slices(values, indices):
    """Each index once, with the sum of the rows that had it."""
    unique_indices, places = raw_ops.Unique(x=indices)
    count = raw_ops.StridedSlice(input=raw_ops.Shape(input=unique_indices), begin=[0], end=[1], strides=[1],
                                 shrink_axis_mask=1)
    return raw_ops.UnsortedSegmentSum(data=values, segment_ids=places, num_segments=count), unique_indices


class _Processor:
    """How one variable is changed, by its kind."""

    def __init__(self, variable):
        self._v = variable

    def target(self):
        """What gradients are taken with respect to."""
        return self._v

    def update_op(self, optimizer, grad):
        """The operation that changes the variable."""
        resource = isinstance(self._v, resource_variable_ops.ResourceVariable)
        if isinstance(grad, ops.IndexedSlices):
            if self._v.constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if resource:
                return optimizer._resource_apply_sparse_duplicate_indices(grad.values, self._v, grad.indices)
            return optimizer._apply_sparse_duplicate_indices(grad, self._v)
        if resource:
            update = optimizer._resource_apply_dense(grad, self._v)
        else:
            update = optimizer._apply_dense(grad, self._v)
        if self._v.constraint is None:
            return update
        with ops.control_dependencies([update]):
            return self._v.assign(self._v.constraint(self._v))


class _StreamingModelPortProcessor(_Processor):
    def update_op(self, optimizer, grad):
        return grad


class _TensorProcessor(_Processor):
    """A tensor that is no variable: its gradient can be taken, but it cannot be changed."""

    def update_op(self, optimizer, grad):
        raise NotImplementedError(f"Trying to update a Tensor {self._v}")


def _get_processor(v):
    if isinstance(v, variables.Variable):
        return _Processor(v)
    if isinstance(v, ops.Tensor):
        if v.op.type in ("VariableV2", "Variable"):
            owner = variables._variable_of(v.op)
            if owner is not None:
                return _Processor(owner)
        return _TensorProcessor(v)
    raise NotImplementedError(f"Trying to optimize unsupported type {v!r}")


def _group(operations, name):
    """The operation that waits for all of these."""
    with ops.control_dependencies(operations):
        return raw_ops.NoOp(name=name or "group_deps")


class Optimizer:
    """Base class of optimizers.

    A subclass says how a variable changes by its gradient, `_apply_dense` and `_apply_sparse` (and `_resource_apply_…`), and
    what it keeps for that, `_create_slots` and `_prepare`.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking, name):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots = {}  # slot's name → variable's key → slot
        self._non_slot_dict = {}  # (name, graph) → variable

    def get_name(self):
        return self._name

    def minimize(self, loss, global_step=None, var_list=None, gate_gradients=GATE_OP, aggregation_method=None,
                 colocate_gradients_with_ops=False, name=None, grad_loss=None):
        """The operation of one step of training: `compute_gradients` and then `apply_gradients`.

        Args:
          loss: what to make small.
          global_step: a variable that counts the steps.
          var_list: the variables to change; all trainable ones.

        Raises:
          ValueError: where the loss depends on none of the variables.
        """
        grads_and_vars = self.compute_gradients(
            loss, var_list=var_list, gate_gradients=gate_gradients, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops, grad_loss=grad_loss)
        if all(grad is None for grad, _ in grads_and_vars):
            raise ValueError("No gradients provided for any variable, check your graph for ops that do not support gradients, "
                             f"between variables {[str(v) for _, v in grads_and_vars]} and loss {loss}.")
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(self, loss, var_list=None, gate_gradients=GATE_OP, aggregation_method=None,
                          colocate_gradients_with_ops=False, grad_loss=None):
        """A list of pairs (gradient of the loss, variable); the gradient is `None` where the loss does not depend on the
        variable, and `IndexedSlices` where it depends on rows of it."""
        from tenseur.python.ops import gradients_impl
        from tenseur.python.util import nest
        if callable(loss):
            loss = loss()
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError(f"gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH. "
                             f"Not {gate_gradients}")
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            var_list = variables.trainable_variables() + ops.get_collection(ops.GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
        else:
            var_list = [part for one in nest.flatten(var_list)
                        for part in (one if isinstance(one, variables.PartitionedVariable) else [one])]
        processors = [_get_processor(v) for v in var_list]
        if not var_list:
            raise ValueError("No variables to optimize.")
        grads = gradients_impl.gradients(
            loss, [processor.target() for processor in processors], grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops)
        grads_and_vars = list(zip(grads, var_list))
        self._assert_valid_dtypes([v for g, v in grads_and_vars if g is not None and v.dtype != dtypes.resource])
        return grads_and_vars

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """The operation that changes each variable by its gradient, and adds one to `global_step`.

        Raises:
          ValueError: where there are no gradients.
          TypeError: where a gradient is no tensor.
        """
        grads_and_vars = tuple(grads_and_vars)
        if not grads_and_vars:
            raise ValueError("No variables provided.")
        converted = []
        for grad, var in grads_and_vars:
            if grad is not None:
                try:
                    grad = ops.convert_to_tensor_or_indexed_slices(grad)
                except TypeError:
                    raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {grad}") from None
                if not isinstance(grad, (ops.Tensor, ops.IndexedSlices)):
                    raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {grad}")
            processor = _get_processor(var)
            converted.append((grad, processor._v, processor))
        var_list = [var for grad, var, _ in converted if grad is not None]
        if not var_list:
            raise ValueError(f"No gradients provided for any variable: {[str(var) for _, var, _ in converted]}.")
        with ops.init_scope():
            self._create_slots(var_list)
        updates = []
        with ops.name_scope(name, self._name) as scope:
            self._prepare()
            for grad, var, processor in converted:
                if grad is None:
                    continue
                with ops.name_scope("update_" + var.op.name):
                    updates.append(processor.update_op(self, grad))
            if global_step is None:
                done = self._finish(updates, scope)
            else:
                with ops.control_dependencies([self._finish(updates, "update")]):
                    if isinstance(global_step, resource_variable_ops.ResourceVariable):
                        done = raw_ops.AssignAddVariableOp(
                            resource=global_step.handle, value=ops.convert_to_tensor(1, dtype=global_step.dtype), name=scope)
                    else:
                        done = state_ops.assign_add(global_step, 1, name=scope)
            if isinstance(done, ops.Tensor):
                done = done.op
            train_ops = ops.get_collection_ref(ops.GraphKeys.TRAIN_OP)
            if done not in train_ops:
                train_ops.append(done)
            return done

    def get_slot(self, var, name):
        """The slot `name` of a variable, or `None`."""
        return self._slots.get(name, {}).get(_var_key(var))

    def get_slot_names(self):
        return sorted(self._slots)

    def variables(self):
        """The variables that the optimizer keeps for itself in the default graph."""
        graph = ops.get_default_graph()
        found = [variable for (_, own), variable in self._non_slot_dict.items() if own is graph]
        for slots in self._slots.values():
            found += [slot for (own, _), slot in slots.items() if own is graph]
        return sorted(found, key=lambda variable: variable.name)

    def _create_non_slot_variable(self, initial_value, name, colocate_with):
        """A variable that goes with no single variable: powers of the decays, say."""
        key = (name, colocate_with.graph)
        found = self._non_slot_dict.get(key)
        if found is None:
            found = self._non_slot_dict[key] = variable_scope.variable(
                initial_value, name=name, trainable=False,
                use_resource=resource_variable_ops.is_resource_variable(colocate_with))
        return found

    def _get_non_slot_variable(self, name, graph=None):
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self):
        return self._non_slot_dict.values()

    def _assert_valid_dtypes(self, tensors):
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(f"Invalid type {dtype!r} for {tensor.name}, expected: {[v for v in valid]}.")

    def _valid_dtypes(self):
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _create_slots(self, var_list):
        """Makes what the optimizer keeps."""

    def _prepare(self):
        """Makes the tensors that all updates use."""

    def _apply_dense(self, grad, var):
        raise NotImplementedError(f"{type(self).__name__} does not say how a variable changes: _apply_dense")

    def _resource_apply_dense(self, grad, handle):
        raise NotImplementedError(f"{type(self).__name__} does not say how a resource variable changes: _resource_apply_dense")

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        values, unique_indices = _deduplicate_indexed_slices(grad, indices)
        return self._resource_apply_sparse(values, handle, unique_indices)

    def _resource_apply_sparse(self, grad, handle, indices):
        raise NotImplementedError(f"{type(self).__name__} does not say how rows of a resource variable change: "
                                  "_resource_apply_sparse")

    def _apply_sparse_duplicate_indices(self, grad, var):
        values, unique_indices = _deduplicate_indexed_slices(grad.values, grad.indices)
        return self._apply_sparse(ops.IndexedSlices(values, unique_indices, grad.dense_shape), var)

    def _apply_sparse(self, grad, var):
        raise NotImplementedError(f"{type(self).__name__} does not say how rows of a variable change: _apply_sparse")

    def _finish(self, update_ops, name_scope):
        """The operation that waits for all updates."""
        return _group(update_ops, name_scope)

    # --- what subclasses are written with --------------------------------------------------------------------------

    def _slot_dict(self, slot_name):
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var, val, slot_name, op_name):
        """The slot, which begins as the tensor `val`."""
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_slot(var, val, op_name)
        return slots[_var_key(var)]

    def _get_or_make_slot_with_initializer(self, var, initializer, shape, dtype, slot_name, op_name):
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        return slots[_var_key(var)]

    def _zeros_slot(self, var, slot_name, op_name):
        """The slot, which begins as zeros."""
        slots = self._slot_dict(slot_name)
        if _var_key(var) not in slots:
            slots[_var_key(var)] = slot_creator.create_zeros_slot(var, op_name)
        return slots[_var_key(var)]

    def _call_if_callable(self, param):
        return param() if callable(param) else param

    def _update(self, kind, var, slots, grad, scalars, indices=None, **attributes):
        """The op `ApplyKIND` (`SparseApply…`, `Resource…`) on a variable, its slots by name and scalars by name."""
        resource = isinstance(var, resource_variable_ops.ResourceVariable)
        op_type = ("Resource" if resource else "") + ("Apply" if indices is None else "SparseApply") + kind
        dtype = var.dtype.base_dtype
        arguments = {"var": var, **slots}
        if resource:
            arguments = {name: variable.handle for name, variable in arguments.items()}
        if indices is not None:
            arguments["indices"] = indices
        for name, value in scalars.items():
            arguments[name] = _cast(value, dtype)
        grad_name = "delta" if kind in ("GradientDescent", "ProximalGradientDescent") and indices is None else "grad"
        done = getattr(raw_ops, op_type)(**arguments, **{grad_name: grad}, use_locking=self._use_locking, **attributes)
        return done.op if isinstance(done, ops.Tensor) else done
