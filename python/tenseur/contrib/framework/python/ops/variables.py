"""Variables of models, and which of them to save: `tf.contrib.framework.model_variable` and its kin."""

import re

from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import control_flow_ops, variable_scope
from tenseur.python.training.training_util import (  # noqa: F401
    assert_global_step, create_global_step, get_global_step, get_or_create_global_step,
)


def _collections(collections, default):
    collections = list(collections) if collections is not None else [default]
    return list(dict.fromkeys(collections))


@add_arg_scope
def variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True, collections=None,
             caching_device=None, device=None, partitioner=None, custom_getter=None, use_resource=None, synchronization=None,
             aggregation=None):
    """The variable of this name, made where there is none yet."""
    collections = _collections(collections, ops.GraphKeys.GLOBAL_VARIABLES)
    getter = variable_scope.get_variable if custom_getter is None else custom_getter
    extra = {key: value for key, value in (("synchronization", synchronization), ("aggregation", aggregation)) if value is not None}
    with ops.device(device or ""):
        return getter(name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
                      collections=collections, caching_device=caching_device, partitioner=partitioner, use_resource=use_resource,
                      **extra)


@add_arg_scope
def model_variable(name, shape=None, dtype=dtypes.float32, initializer=None, regularizer=None, trainable=True, collections=None,
                   caching_device=None, device=None, partitioner=None, custom_getter=None, use_resource=None,
                   synchronization=None, aggregation=None):
    """As `variable`, in the collection of models' variables too."""
    collections = list(collections or []) + [ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.MODEL_VARIABLES]
    return variable(name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
                    collections=collections, caching_device=caching_device, device=device, partitioner=partitioner,
                    custom_getter=custom_getter, use_resource=use_resource, synchronization=synchronization,
                    aggregation=aggregation)


def local_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A variable that is not saved."""
    return variable_scope.variable(initial_value, trainable=False, collections=[ops.GraphKeys.LOCAL_VARIABLES],
                                   validate_shape=validate_shape, use_resource=use_resource, name=name)


def global_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A variable that is saved and not trained."""
    return variable_scope.variable(initial_value, trainable=False, collections=[ops.GraphKeys.GLOBAL_VARIABLES],
                                   validate_shape=validate_shape, use_resource=use_resource, name=name)


def add_model_variable(var):
    """Adds a variable to the collection of models' variables."""
    if not any(var is other for other in ops.get_collection(ops.GraphKeys.MODEL_VARIABLES)):
        ops.add_to_collection(ops.GraphKeys.MODEL_VARIABLES, var)


def get_variables(scope=None, suffix=None, collection=ops.GraphKeys.GLOBAL_VARIABLES):
    """The variables whose names begin with `scope` and end in `suffix`."""
    if isinstance(scope, variable_scope.VariableScope):
        scope = scope.name
    if suffix is not None:
        scope = f"{scope or ''}.*{suffix if ':' in suffix else suffix + ':[0-9]*'}$"
    return ops.get_collection(collection, scope)


def get_model_variables(scope=None, suffix=None):
    return get_variables(scope, suffix, ops.GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope=None, suffix=None):
    return get_variables(scope, suffix, ops.GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope=None, suffix=None):
    return get_variables(scope, suffix, ops.GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_suffix(suffix, scope=None):
    return get_variables(scope=scope, suffix=suffix)


def get_variables_by_name(given_name, scope=None):
    """The variables that are called so, in whatever scope."""
    suffix = f"/{given_name}:|^{given_name}:"
    return [v for v in get_variables(scope=scope) if re.search(suffix, v.name)]


def get_variable_full_name(var):
    """The name under which it is saved."""
    return var._save_slice_info.full_name if getattr(var, "_save_slice_info", None) else var.op.name


def get_unique_variable(var_op_name):
    """The variable of this name.

    Raises:
      ValueError: where there is none, or several.
    """
    candidates = get_variables(scope=var_op_name)
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable" if candidates
                     else f"Couldn't find variable {var_op_name}")


def filter_variables(var_list, include_patterns=None, exclude_patterns=None, reg_search=True):
    """The variables whose names a regular expression matches, without those that another does."""
    match = re.search if reg_search else re.match
    found = list(var_list)
    if include_patterns is not None:
        found = [v for v in found if any(match(pattern, v.op.name) for pattern in include_patterns)]
    if exclude_patterns is not None:
        found = [v for v in found if not any(match(pattern, v.op.name) for pattern in exclude_patterns)]
    return found


def get_variables_to_restore(include=None, exclude=None):
    """The variables in the scopes `include` (all unless said), without those in the scopes `exclude`."""
    if include is None:
        found = get_variables()
    else:
        found = [v for scope in include for v in get_variables(scope)]
    left_out = {id(v) for scope in exclude or () for v in get_variables(scope)}
    return [v for v in dict((id(v), v) for v in found).values() if id(v) not in left_out]


def assign_from_values_fn(var_names_to_values):
    """A function of a session that gives variables these values."""
    def assign(session):
        for name, value in var_names_to_values.items():
            get_unique_variable(name).load(value, session)
    return assign


def assign_from_values(var_names_to_values):
    """(an operation that gives variables these values, what to feed it)."""
    from tenseur.python.ops import array_ops, state_ops
    feeds, assigned = {}, []
    for name, value in var_names_to_values.items():
        var = get_unique_variable(name)
        placeholder = array_ops.placeholder(var.dtype.base_dtype, var.get_shape(), name="placeholder/" + var.op.name)
        assigned.append(state_ops.assign(var, placeholder))
        feeds[placeholder] = value
    return control_flow_ops.group(*assigned), feeds


def _by_name(var_list):
    if isinstance(var_list, dict):
        return var_list
    return {get_variable_full_name(var): var for var in var_list}


def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
    """(an operation that gives variables a checkpoint's values, what to feed it)."""
    from tenseur.python.training import checkpoint_utils
    reader = checkpoint_utils.load_checkpoint(model_path)
    values = {}
    for name, var in _by_name(var_list).items():
        if not reader.has_tensor(name):
            if ignore_missing_vars:
                continue
            raise ValueError(f"Checkpoint is missing variable [{name}]")
        for one in var if isinstance(var, (list, tuple)) else [var]:
            values[one.op.name] = reader.get_tensor(name)
    return assign_from_values(values)


def assign_from_checkpoint_fn(model_path, var_list, ignore_missing_vars=False, reshape_variables=False):
    """A function of a session that gives variables a checkpoint's values."""
    from tenseur.python.training import checkpoint_utils, saver
    wanted = _by_name(var_list)
    if ignore_missing_vars:
        reader = checkpoint_utils.load_checkpoint(model_path)
        wanted = {name: var for name, var in wanted.items() if reader.has_tensor(name)}
        if not wanted:
            return None
    restorer = saver.Saver(wanted, reshape=reshape_variables)
    return lambda session: restorer.restore(session, model_path)


def zero_initializer(ref, use_locking=True, name="zero_initializer"):
    """An operation that makes a variable zero."""
    from tenseur.python.ops import array_ops, state_ops
    return state_ops.assign(ref, array_ops.zeros(ref.get_shape(), ref.dtype.base_dtype), name=name)


class VariableDeviceChooser:
    """On which device each variable goes: where all is on one machine, on that."""

    def __init__(self, num_tasks=0, job_name="ps", device_type="CPU", device_index=0, replica=None):
        self._device = f"/device:{device_type}:{device_index}"

    def __call__(self, op):
        return self._device


