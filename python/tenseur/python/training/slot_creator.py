"""Slots: what optimizers and averages keep for each variable, in variables called `VARIABLE/SLOT`."""

from tenseur.python.framework import dtypes, ops, tensor_shape
from tenseur.python.ops import resource_variable_ops, variable_scope, variables


def _create_slot_var(primary, val, scope, validate_shape, shape, dtype):
    """The variable itself, in the current scope; never in parts, for its primary may be a part already."""
    current = variable_scope.get_variable_scope()
    partitioner = current.partitioner
    current.set_partitioner(None)
    use_resource = True if resource_variable_ops.is_resource_variable(primary) else None
    slot = variable_scope.get_variable(
        scope, initializer=val, trainable=False, use_resource=use_resource, shape=shape if callable(val) else None,
        dtype=dtype, validate_shape=validate_shape)
    current.set_partitioner(partitioner)
    if isinstance(primary, variables.Variable) and primary._save_slice_info:
        # A slot of a part is a part itself.
        info = primary._save_slice_info
        own_name = slot.name[len(primary.op.name + "/"):-2]
        slot._set_save_slice_info(variables.Variable.SaveSliceInfo(
            info.full_name + "/" + own_name, info.full_shape[:], info.var_offset[:], info.var_shape[:]))
    return slot


def create_slot(primary, val, name, colocate_with_primary=True):
    """A variable that begins as the tensor `val`, called by `name` after the variable or tensor `primary`."""
    validate_shape = val.get_shape().is_fully_defined()
    with variable_scope.variable_scope(None, primary.op.name + "/" + name):
        return _create_slot_var(primary, val, "", validate_shape, None, None)


def create_slot_with_initializer(primary, initializer, shape, dtype, name, colocate_with_primary=True):
    """A variable that begins as `initializer` says, called by `name` after the variable or tensor `primary`."""
    validate_shape = tensor_shape.TensorShape(shape).is_fully_defined()
    with variable_scope.variable_scope(None, primary.op.name + "/" + name):
        return _create_slot_var(primary, initializer, "", validate_shape, shape, dtypes.as_dtype(dtype).base_dtype)


def create_zeros_slot(primary, name, dtype=None, colocate_with_primary=True):
    """A variable of zeros of the shape of `primary`, and called by `name` after it."""
    from tenseur.python.ops import array_ops, init_ops
    dtype = dtypes.as_dtype(primary.dtype if dtype is None else dtype).base_dtype
    shape = primary.get_shape()
    if shape.is_fully_defined():
        return create_slot_with_initializer(primary, init_ops.zeros_initializer(dtype), shape, dtype, name)
    if isinstance(primary, variables.Variable):
        primary_value = primary.initialized_value()
    else:
        primary_value = ops.convert_to_tensor(primary)
    return create_slot(primary, array_ops.zeros(array_ops.shape(primary_value), dtype=dtype), name)
