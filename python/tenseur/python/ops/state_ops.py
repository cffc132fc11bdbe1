"""Operations that change variables: `tf.assign`, `tf.scatter_add`, …."""

import numpy as np

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops, tensor_shape


def variable_op(shape, dtype, name="Variable", set_shape=True, container="", shared_name=""):
    """Deprecated in TensorFlow in favour of `variable_op_v2`."""
    return raw_ops.VariableV2(shape=shape if set_shape else tensor_shape.unknown_shape(), dtype=dtype, name=name,
                              container=container, shared_name=shared_name)


def variable_op_v2(shape, dtype, name="Variable", container="", shared_name=""):
    """A reference to state that sessions keep."""
    return raw_ops.VariableV2(shape=shape, dtype=dtype, name=name, container=container, shared_name=shared_name)


def init_variable(v, init, name="init"):
    """Sets the variable `v` to `init`: a tensor, or a function of (shape, dtype)."""
    with ops.name_scope(None, v.op.name + "/", [v, init]):
        with ops.name_scope(name) as scope:
            if callable(init):
                if not v.get_shape().is_fully_defined():
                    raise ValueError("Variable shape must be fully defined, not " + str(v.get_shape()))
                init = init(v.get_shape().as_list(), v.dtype.base_dtype)
            return assign(v, ops.convert_to_tensor(init, name="init"), name=scope)


def is_reference(ref):
    """Whether `ref` is a variable of TensorFlow 1's kind, or a reference to one."""
    return getattr(ref, "dtype", None) is not None and dtypes.as_dtype(ref.dtype)._is_ref_dtype


def is_variable_initialized(ref, name=None):
    """Whether the variable has a value: a tensor of type bool."""
    if is_reference(ref):
        return raw_ops.IsVariableInitialized(ref=ref, name=name)
    return ref.is_initialized(name=name)


def assign(ref, value, validate_shape=None, use_locking=None, name=None):
    """Sets the variable `ref` to `value`, and gives it as it then is.

    Args:
      validate_shape: whether the value must have the variable's shape; otherwise the variable takes the value's.
    """
    if is_reference(ref):
        return raw_ops.Assign(ref=ref, value=value, use_locking=use_locking, name=name, validate_shape=validate_shape)
    return ref.assign(value, name=name)


def assign_add(ref, value, use_locking=None, name=None):
    """Adds `value` to the variable `ref`, and gives it as it then is."""
    if is_reference(ref):
        return raw_ops.AssignAdd(ref=ref, value=value, use_locking=use_locking, name=name)
    return ref.assign_add(value, name=name)


def assign_sub(ref, value, use_locking=None, name=None):
    """Subtracts `value` from the variable `ref`, and gives it as it then is."""
    if is_reference(ref):
        return raw_ops.AssignSub(ref=ref, value=value, use_locking=use_locking, name=name)
    return ref.assign_sub(value, name=name)


def count_up_to(ref, limit, name=None):
    """Increments the scalar variable `ref` and gives what it was before.

    Raises, in the run:
      OutOfRangeError: where it has reached `limit` already.
    """
    with ops.name_scope(name, "CountUpTo", [ref]) as scope:
        before = ops.convert_to_tensor(ref)
        before = raw_ops.Identity(input=before)

        def checked(inputs):
            from tenseur.python.framework import errors_impl
            if int(inputs[0]) >= limit:
                raise errors_impl.OutOfRangeError(None, None, f"Reached limit of {limit}")
            return [np.asarray(inputs[0])]

        graph = before.graph
        dtype = before.dtype.base_dtype
        below = graph.create_op("CheckBelowLimit", [before], name="below", attrs={},
                                host=([(dtype.as_datatype_enum, ())], checked)).outputs[0]
        below.set_shape(())
        with ops.control_dependencies([below]):
            after = assign(ref, raw_ops.Add(x=below, y=ops.convert_to_tensor(1, dtype=dtype)))
        with ops.control_dependencies([after.op]):
            return raw_ops.Identity(input=below, name=scope)


def _scatter(reference_op, resource_op):
    """The function for both kinds of variables: by TensorFlow's op on references, or by the variable's method."""
    def scatter(ref, indices, updates, use_locking=None, name=None):
        if is_reference(ref):
            return getattr(raw_ops, reference_op)(ref=ref, indices=indices, updates=updates,
                                                  use_locking=use_locking, name=name)
        return ref._scatter(resource_op, indices, updates, name)
    return scatter


def _documented(name, does, function):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = (f"{does}, and gives the variable as it then is. `updates` has the shape of `indices`, and then that of "
                        "a row.")
    return function


scatter_update = _documented("scatter_update", "Sets the rows `indices` of the variable `ref` to `updates`",
                             _scatter("ScatterUpdate", "ResourceScatterUpdate"))
scatter_add = _documented("scatter_add", "Adds `updates` to the rows `indices` of the variable `ref`",
                          _scatter("ScatterAdd", "ResourceScatterAdd"))
scatter_sub = _documented("scatter_sub", "Subtracts `updates` from the rows `indices` of the variable `ref`",
                          _scatter("ScatterSub", "ResourceScatterSub"))
scatter_mul = _documented("scatter_mul", "Multiplies the rows `indices` of the variable `ref` by `updates`",
                          _scatter("ScatterMul", "ResourceScatterMul"))
scatter_div = _documented("scatter_div", "Divides the rows `indices` of the variable `ref` by `updates`",
                          _scatter("ScatterDiv", "ResourceScatterDiv"))
scatter_min = _documented("scatter_min", "Sets the rows `indices` of the variable `ref` to the smaller of them and `updates`",
                          _scatter("ScatterMin", "ResourceScatterMin"))
scatter_max = _documented("scatter_max", "Sets the rows `indices` of the variable `ref` to the larger of them and `updates`",
                          _scatter("ScatterMax", "ResourceScatterMax"))
scatter_nd_update = _documented("scatter_nd_update", "Sets the elements or slices at the places `indices` to `updates`",
                                _scatter("ScatterNdUpdate", "ResourceScatterNdUpdate"))
scatter_nd_add = _documented("scatter_nd_add", "Adds `updates` to the elements or slices at the places `indices`",
                             _scatter("ScatterNdAdd", "ResourceScatterNdAdd"))
scatter_nd_sub = _documented("scatter_nd_sub", "Subtracts `updates` from the elements or slices at the places `indices`",
                             _scatter("ScatterNdSub", "ResourceScatterNdSub"))


def batch_scatter_update(ref, indices, updates, use_locking=True, name=None):
    """Sets `ref[i₀, …, indices[i₀, …, iₙ]]` to `updates[i₀, …, iₙ]`, where all but the last axis of `indices` are batches."""
    from tenseur.python.ops import array_ops, math_ops
    with ops.name_scope(name):
        indices = ops.convert_to_tensor(indices, name="indices")
        shape = array_ops.shape(indices)
        dimensions = indices.get_shape().ndims
        if dimensions is None:
            raise ValueError("batch_scatter_update needs indices of known rank")
        places = [indices]
        for axis in range(dimensions - 1):
            numbers = math_ops.range(math_ops.cast(shape[axis], indices.dtype.base_dtype))
            numbers = array_ops.reshape(numbers, [-1 if own == axis else 1 for own in range(dimensions)])
            places.insert(axis, numbers + array_ops.zeros_like(indices))
        return scatter_nd_update(ref, array_ops.stack(places, axis=-1), updates, use_locking, name)
