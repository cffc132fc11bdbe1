"""Variables that models are made of, by scope and collection: `tf.contrib.framework`."""

import re

from tenseur.contrib.framework.python.ops.arg_scope import add_arg_scope
from tenseur.python.framework import dtypes, ops
from tenseur.python.ops import variable_scope


@add_arg_scope
def variable(name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True, collections=None,
             caching_device=None, device=None, partitioner=None, custom_getter=None, use_resource=None, **_):
    """The variable of this name: an existing one where the scope reuses, else a new one."""
    collections = list(collections or [ops.GraphKeys.GLOBAL_VARIABLES])
    if ops.GraphKeys.GLOBAL_VARIABLES not in collections and ops.GraphKeys.LOCAL_VARIABLES not in collections:
        collections.append(ops.GraphKeys.GLOBAL_VARIABLES)
    getter = variable_scope.get_variable if custom_getter is None else _through(custom_getter)
    with ops.device(device):
        return getter(name, shape=shape, dtype=dtype or dtypes.float32, initializer=initializer, regularizer=regularizer,
                      trainable=trainable, collections=collections)


def _through(custom_getter):
    def getter(name, **options):
        return custom_getter(variable_scope.get_variable, name, **options)
    return getter


@add_arg_scope
def model_variable(name, shape=None, dtype=dtypes.float32, initializer=None, regularizer=None, trainable=True, collections=None,
                   **options):
    """A variable that is part of a model: in the collection MODEL_VARIABLES too."""
    collections = list(collections or []) + [ops.GraphKeys.GLOBAL_VARIABLES, ops.GraphKeys.MODEL_VARIABLES]
    return variable(name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
                    collections=collections, **options)


def local_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    """A variable that checkpoints do not hold."""
    from tenseur.python.ops import variables
    return variables.Variable(initial_value, trainable=False, collections=[ops.GraphKeys.LOCAL_VARIABLES],
                              validate_shape=validate_shape, name=name)


def global_variable(initial_value, validate_shape=True, name=None, use_resource=None):
    from tenseur.python.ops import variables
    return variables.Variable(initial_value, trainable=False, collections=[ops.GraphKeys.GLOBAL_VARIABLES],
                              validate_shape=validate_shape, name=name)


def get_variables(scope=None, suffix=None, collection=ops.GraphKeys.GLOBAL_VARIABLES):
    """The variables of a collection whose name begins with the scope and ends with the suffix."""
    if isinstance(scope, variable_scope.VariableScope):
        scope = scope.name
    if suffix is not None:
        pattern = f"{scope or ''}.*{suffix}$" if ":" in suffix else f"{scope or ''}.*{suffix}:\\d*$"
        return [one for one in ops.get_collection(collection) if re.match(pattern, one.name)]
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
    """The variables whose last name, without its scopes, is this one."""
    return [one for one in get_variables(scope) if one.op.name.rpartition("/")[2] == given_name]


def get_unique_variable(var_op_name):
    """The one variable of this name.

    Raises:
      ValueError: where there is none, or several.
    """
    found = [one for one in get_variables(var_op_name) if one.op.name == var_op_name]
    if len(found) != 1:
        raise ValueError(f"Variable {var_op_name} {'does not uniquely identify a variable' if found else 'could not be found'}")
    return found[0]


def get_variables_to_restore(include=None, exclude=None):
    """The global variables under the scopes `include`, without those under the scopes `exclude`."""
    included = get_variables() if include is None else [one for scope in include for one in get_variables(scope)]
    excluded = {id(one) for scope in exclude or () for one in get_variables(scope)}
    return [one for one in included if id(one) not in excluded]


def filter_variables(var_list, include_patterns=None, exclude_patterns=None, reg_search=True):
    """The variables whose names match one of the first patterns and none of the second."""
    find = re.search if reg_search else re.match
    names = [(one, one.op.name) for one in var_list]
    if include_patterns:
        names = [(one, name) for one, name in names if any(find(pattern, name) for pattern in include_patterns)]
    return [one for one, name in names if not any(find(pattern, name) for pattern in exclude_patterns or ())]


def add_model_variable(var):
    if var not in ops.get_collection(ops.GraphKeys.MODEL_VARIABLES):
        ops.add_to_collection(ops.GraphKeys.MODEL_VARIABLES, var)


def assign_from_values(var_names_to_values):
    """An operation that sets variables by name, and what to feed to it."""
    from tenseur.python.ops import array_ops, control_flow_ops
    assigns, feeds = [], {}
    for name, value in var_names_to_values.items():
        one = get_unique_variable(name)
        fed = array_ops.placeholder(one.dtype.base_dtype, one.get_shape())
        assigns.append(one.assign(fed))
        feeds[fed] = value
    return control_flow_ops.group(*assigns), feeds


def assign_from_values_fn(var_names_to_values):
    """A function of a session that sets variables by name."""
    operation, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(operation, feeds)


def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
    """An operation that reads variables from a checkpoint, and what to feed to it."""
    from tenseur.python.training import checkpoint_utils
    reader = checkpoint_utils.load_checkpoint(model_path)
    names = var_list if isinstance(var_list, dict) else {one.op.name: one for one in var_list}
    values = {}
    for name, one in names.items():
        if reader.has_tensor(name):
            values[(one if not isinstance(one, (list, tuple)) else one[0]).op.name] = reader.get_tensor(name)
        elif not ignore_missing_vars:
            raise ValueError(f"Checkpoint is missing variable [{name}]")
    return assign_from_values(values)


def assign_from_checkpoint_fn(model_path, var_list, ignore_missing_vars=False, reshape_variables=False):
    """A function of a session that reads variables from a checkpoint."""
    from tenseur.python.training import checkpoint_utils, saver
    if ignore_missing_vars:
        reader = checkpoint_utils.load_checkpoint(model_path)
        names = var_list if isinstance(var_list, dict) else {one.op.name: one for one in var_list}
        var_list = {name: one for name, one in names.items() if reader.has_tensor(name)}
    if not var_list:
        return None
    reading = saver.Saver(var_list)
    return lambda session: reading.restore(session, model_path)
