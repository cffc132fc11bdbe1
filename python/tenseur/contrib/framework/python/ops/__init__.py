"""`arg_scope` here is the function, as in TensorFlow, not the module of that name."""

from tenseur.contrib.framework.python.ops.arg_scope import (  # noqa: F401
    add_arg_scope, arg_scope, arg_scope_func_key, arg_scoped_arguments, current_arg_scope, has_arg_scope,
)


def __getattr__(name):
    """The functions of the module `variables`."""
    import importlib
    variables = importlib.import_module("tenseur.contrib.framework.python.ops.variables")
    if name != "variables" and hasattr(variables, name):
        return getattr(variables, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
