"""The definitions of ops, by type."""

from tenseur.python.framework import op_def_library


def get(name):
    """The definition, or `None`."""
    return get_registered_ops().get(name)


def get_registered_ops():
    """Type to definition."""
    return {op_type: op_def_library.op_def(op_type) for op_type in op_def_library.op_types()}


def sync():
    pass


def register_op_list(op_list):
    raise NotImplementedError("op_def_registry.register_op_list is not there: ops are those of tenseur.raw_ops")
