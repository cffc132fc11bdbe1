"""What a graph holds besides variables and must be initialized: tables and the like, in collections."""

import collections

from tenseur import raw_ops
from tenseur.python.framework import dtypes, ops

_Resource = collections.namedtuple("_Resource", ["handle", "create", "is_initialized"])


def register_resource(handle, create_op, is_initialized_op, is_shared=True):
    """Adds something to what `initialize_resources` initializes."""
    key = ops.GraphKeys.RESOURCES if is_shared else ops.GraphKeys.LOCAL_RESOURCES
    ops.add_to_collection(key, _Resource(handle, create_op, is_initialized_op))


def shared_resources():
    return ops.get_collection(ops.GraphKeys.RESOURCES)


def local_resources():
    return ops.get_collection(ops.GraphKeys.LOCAL_RESOURCES)


def report_uninitialized_resources(resource_list=None, name="report_uninitialized_resources"):
    """A tensor of strings: the names of those that are not initialized."""
    from tenseur.python.ops import array_ops, math_ops
    if resource_list is None:
        resource_list = shared_resources() + local_resources()
    with ops.name_scope(name):
        if not resource_list:
            return ops.convert_to_tensor([], dtype=dtypes.string)
        missing = math_ops.logical_not(array_ops.stack([one.is_initialized for one in resource_list]))
        names = ops.convert_to_tensor([one.handle.name for one in resource_list])
        return array_ops.boolean_mask(names, missing)


def initialize_resources(resource_list, name="init"):
    """The operation that initializes them."""
    with ops.control_dependencies([one.create for one in resource_list]):
        return raw_ops.NoOp(name=name)
